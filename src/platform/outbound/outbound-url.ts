import { OutboundError } from './outbound.errors';

const LONGEST = 4096;
const WEB_PORTS = new Set(['', '80', '443']);
/** Below it lie the ports of mail, databases' elders and remote shells, which might understand a request by accident. */
const FIRST_FREE_PORT = 1024;

/**
 * Reads an address that this server is asked to visit. Numbers in any form (decimal, octal, hexadecimal, short, full-width)
 * come out as plain IPv4 addresses: that is the URL standard's own rule. @throws OutboundError
 */
export function outboundUrl(text: string, base?: URL): URL {
  if (text.length > LONGEST) throw bad(`must not have more than ${LONGEST} characters`);
  if (!URL.canParse(text, base?.href)) throw bad('is no URL');
  const url = new URL(text, base?.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '')
    throw bad('must not hold a user or password: they have a field of their own');
  refusePort(url.port);
  url.hash = '';
  return url;
}

function refusePort(port: string): void {
  if (WEB_PORTS.has(port) || Number(port) >= FIRST_FREE_PORT) return;
  throw bad(`names port ${port}: only 80, 443 and those from ${FIRST_FREE_PORT} on are visited`);
}

/** The host as a connection takes it: IPv6 without brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function bad(why: string): OutboundError {
  return new OutboundError('bad_url', why);
}
