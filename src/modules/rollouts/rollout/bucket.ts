import { hash } from 'node:crypto';

/** How finely a percentage cuts a fleet: 1 bucket = 0.01 %. */
export const BUCKETS = 10_000;
/** What one in the upper half of 64 bits counts. */
const HIGH_HALF = 2 ** 32 % BUCKETS;

/**
 * The bucket of a device, 0…9999: the first 8 bytes of SHA-256(salt ‖ controllerId) mod 10 000, the same in SQL. It
 * depends on nothing else, so raising a percentage never removes a device.
 */
export function bucketOf(salt: string, controllerId: string): number {
  const digest = hash('sha256', salt + controllerId, 'buffer');
  return ((digest.readUInt32BE(0) % BUCKETS) * HIGH_HALF + digest.readUInt32BE(4)) % BUCKETS;
}

/**
 * The same as SQL over the expressions `salt` and `controllerId`. The digest's first 64 bits are more than a bigint holds without a
 * sign, so they are taken in two halves: 2^32 mod 10 000 is 7296.
 */
export function bucketSql(salt: string, controllerId: string): string {
  const digest = `encode(sha256(convert_to(${salt} || ${controllerId}, 'UTF8')), 'hex')`;
  const half = (from: number): string => `('x' || substr(${digest}, ${from}, 8))::bit(32)::bigint`;
  return `((${half(1)} * 7296 + ${half(9)}) % ${BUCKETS})::int`;
}
