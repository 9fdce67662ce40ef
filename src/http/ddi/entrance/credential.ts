import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { DeviceCredential } from '../../../modules/updates/sightings/sighting';

const SCHEME = /^(GatewayToken|TargetToken) +(\S+)$/;

/** Reads the Authorization header of a device (contract 1.11; the scheme words are case-sensitive). */
export function parseCredential(header: string | undefined): DeviceCredential | undefined {
  const match = header === undefined ? null : SCHEME.exec(header);
  if (match?.[2] === undefined) return undefined;
  return { kind: match[1] === 'GatewayToken' ? 'gateway' : 'target', token: match[2] };
}

/** Where a proxy writes what it saw: hawkBit's names since 1.0.0, or those before. Never both: see below. */
export type CertificateHeaders = 'current' | 'legacy';

const WORDS = {
  current: { name: 'x-controller-id', list: 'x-authority', numbered: /^x-authority-\d{1,2}$/ },
  legacy: { name: 'x-ssl-client-cn', list: undefined, numbered: /^x-ssl-issuer-hash-\d{1,2}$/ },
} as const;
const MOST_AUTHORITIES = 20;

/**
 * What a reverse proxy that has checked the device's certificate says of it (contract 1.11). An empty name is none: proxies
 * send it for devices without a certificate. Only the headers of one generation are read, and numbered authorities only when
 * there is no list: a proxy overwrites what it writes itself, and the rest may come from the device.
 */
export function certificateCredential(
  headers: IncomingHttpHeaders,
  generation: CertificateHeaders,
): DeviceCredential | undefined {
  const { name, list, numbered } = WORDS[generation];
  const commonName = headers[name];
  if (typeof commonName !== 'string' || commonName === '') return undefined;
  const isListed = list !== undefined && headers[list] !== undefined;
  const authorities = Object.keys(headers)
    .filter((header) => (isListed ? header === list : numbered.test(header)))
    .flatMap((header) => String(headers[header]).split(/[,;]/))
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '');
  return { kind: 'certificate', commonName, authorities: authorities.slice(0, MOST_AUTHORITIES) };
}

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/** Whether it was sent on this very machine, as far as can be told: not through a proxy that stands here and says so. */
export function isOpenBench({ socket, headers }: IncomingMessage): boolean {
  return (
    LOOPBACK.test(socket.remoteAddress ?? '') && FORWARDED.every((header) => headers[header] === undefined)
  );
}
