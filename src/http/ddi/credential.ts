import type { DeviceCredential } from '../../modules/updates/sighting';

const SCHEME = /^(GatewayToken|TargetToken) +(\S+)$/;

/** Reads the Authorization header of a device (contract 1.11; the scheme words are case-sensitive). */
export function parseCredential(header: string | undefined): DeviceCredential | undefined {
  const match = header === undefined ? null : SCHEME.exec(header);
  if (match?.[2] === undefined) return undefined;
  return { kind: match[1] === 'GatewayToken' ? 'gateway' : 'target', token: match[2] };
}
