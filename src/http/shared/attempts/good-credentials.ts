import { randomBytes } from 'node:crypto';

/** Room for a fleet of a hundred thousand: 4 MiB. */
const SETS = 2 ** 19;
const PRIME = 0x01000193;

/**
 * The credentials that were right lately, as fingerprints under a key of this process: a client that is known good is not made
 * to pay for its neighbours. It is remembered always and not only while somebody fails, or a device that polls every few
 * minutes would be a stranger when that begins. Two places for each hash, of which the one used longer ago gives way. That a
 * wrong one is taken for good is next to impossible, and would only have it judged rather than turned away.
 */
export class GoodCredentials {
  private readonly marks = new Uint32Array(SETS * 2);
  private readonly seeds: readonly [number, number];

  constructor(key: Buffer = randomBytes(8)) {
    this.seeds = [key.readUInt32LE(0), key.readUInt32LE(4)];
  }

  has(credential: string, subject = ''): boolean {
    const at = this.placeOf(credential, subject);
    const mark = this.markOf(credential, subject);
    return this.marks[at] === mark || this.marks[at + 1] === mark;
  }

  remember(credential: string, subject = ''): void {
    const at = this.placeOf(credential, subject);
    const mark = this.markOf(credential, subject);
    if (this.marks[at] === mark) return;
    this.marks[at + 1] = this.marks[at] ?? 0;
    this.marks[at] = mark;
  }

  /** It was found wrong: revoked, ended, or never good. */
  forget(credential: string, subject = ''): void {
    const at = this.placeOf(credential, subject);
    const mark = this.markOf(credential, subject);
    if (this.marks[at] === mark) this.marks[at] = 0;
    if (this.marks[at + 1] === mark) this.marks[at + 1] = 0;
  }

  private placeOf(credential: string, subject: string): number {
    return (hashOf(credential, hashOf(subject, this.seeds[0])) % SETS) * 2;
  }

  /** Never 0, which is an empty place. */
  private markOf(credential: string, subject: string): number {
    return hashOf(subject, hashOf(credential, this.seeds[1])) || 1;
  }
}

/** FNV-1a with a secret start and a last stir: a tenth of a microsecond where SHA-256 takes two. */
function hashOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13) ^ text.length) >>> 0;
}
