import { randomBytes } from 'node:crypto';

const { imul } = Math;
/** Room for a fleet of a hundred thousand: 4 MiB. */
const SETS = 2 ** 19;

/**
 * The credentials that were right lately, as fingerprints under a key of this process: a client that is known good is not made
 * to pay for its neighbours. It is remembered always and not only while somebody fails, or a device that polls every few
 * minutes would be a stranger when that begins. Two places for each hash, of which the one used longer ago gives way. That a
 * wrong one is taken for good is next to impossible, and would only have it judged rather than turned away.
 */
export class GoodCredentials {
  private readonly marks = new Uint32Array(SETS * 2);
  private readonly seeds: readonly [number, number];
  /** Where the credential that was looked at last has its place, and by which mark it is known there. */
  private at = 0;
  private mark = 0;

  constructor(key: Buffer = randomBytes(8)) {
    this.seeds = [key.readUInt32LE(0), key.readUInt32LE(4)];
  }

  /** `subject`: for whom the credential is good, if not for all. */
  has(credential: string, subject = ''): boolean {
    this.look(credential, subject);
    return this.marks[this.at] === this.mark || this.marks[this.at + 1] === this.mark;
  }

  remember(credential: string, subject = ''): void {
    this.look(credential, subject);
    if (this.marks[this.at] === this.mark) return;
    this.marks[this.at + 1] = this.marks[this.at] ?? 0;
    this.marks[this.at] = this.mark;
  }

  /** It was found wrong: revoked, ended, or never good. */
  forget(credential: string, subject = ''): void {
    this.look(credential, subject);
    if (this.marks[this.at] === this.mark) this.marks[this.at] = 0;
    if (this.marks[this.at + 1] === this.mark) this.marks[this.at + 1] = 0;
  }

  /** Two sums of FNV's kind in one walk, each with a secret start: a fifth of a microsecond where SHA-256 takes two. */
  private look(credential: string, subject: string): void {
    let [place, mark] = this.seeds;
    for (const text of [credential, subject]) {
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        place = imul(place ^ code, 0x01000193);
        mark = imul(mark ^ code, 0x85ebca6b);
        mark ^= mark >>> 15;
      }
      // Or "ab" for "c" would be "a" for "bc".
      place = imul(place ^ text.length ^ (place >>> 15), 0x2c1b3c6d);
      mark = imul(mark ^ text.length, 0x297a2d39);
    }
    this.at = (((place ^ (place >>> 13)) >>> 0) % SETS) << 1;
    // Never 0, which is an empty place.
    this.mark = mark >>> 0 || 1;
  }
}
