import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new secret of 256 bits. The prefix tells people and secret scanners what it is. */
export function newToken(prefix: 'rk' | 'rkg' | 'rkt'): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** Tokens are long and random, so a plain SHA-256 is enough to store them by (3 µs, not argon2's 37 ms). */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares two hashes in constant time. */
export function isSameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
