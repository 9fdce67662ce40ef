import { createHash } from 'node:crypto';

/** How finely a percentage cuts a fleet: 1 bucket = 0.01 %. */
export const BUCKETS = 10_000;

/**
 * The bucket of a device, 0…9999: the first 8 bytes of SHA-256(salt ‖ controllerId) mod 10 000, the same in SQL. It
 * depends on nothing else, so raising a percentage never removes a device.
 */
export function bucketOf(salt: string, controllerId: string): number {
  const digest = createHash('sha256').update(salt).update(controllerId).digest();
  return Number(digest.readBigUInt64BE(0) % BigInt(BUCKETS));
}
