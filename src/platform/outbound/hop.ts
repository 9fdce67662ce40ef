import type { Credentials } from './credentials';
import { outboundUrl } from './outbound-url';
import { OutboundError } from './outbound.errors';

/** One address on the way to a file. */
export interface Hop {
  readonly url: URL;
  /** Only as long as the way has not left the origin that they were given for. */
  readonly credentials: Credentials | undefined;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * Where a redirect leads. Encryption is never given up on the way, and credentials stay behind when the origin changes, for
 * good: a way that comes back may have been chosen by somebody else. @throws OutboundError
 */
export function nextHop(hop: Hop, location: string | undefined): Hop {
  if (location === undefined) throw new OutboundError('failed', 'redirects to nowhere');
  const url = outboundUrl(location, hop.url);
  if (hop.url.protocol === 'https:' && url.protocol !== 'https:')
    throw new OutboundError('forbidden', 'redirects from https to http');
  return { url, credentials: url.origin === hop.url.origin ? hop.credentials : undefined };
}
