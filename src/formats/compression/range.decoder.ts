import { FormatError } from '../format.error';

const START_BYTES = 5;
const NORMAL = 0x1000000;

/** The arithmetic decoder below LZMA (LZMA SDK, "LZMA specification", range decoder). */
export class RangeDecoder {
  private range = 0xffffffff;
  private code = 0;
  private at = START_BYTES;

  constructor(private readonly packed: Buffer) {
    if (packed.length < START_BYTES) throw new FormatError('the LZMA stream is cut short.');
    if (packed[0] !== 0) throw new FormatError('the LZMA stream is damaged.');
    this.code = packed.readUInt32BE(1);
  }

  /** Whether all bytes were used, as they are at the end of a stream that is whole. */
  get isFinished(): boolean {
    return this.at === this.packed.length && this.code === 0;
  }

  bit(probabilities: Uint16Array, index: number): number {
    const probability = probabilities[index] ?? 0;
    const bound = (this.range >>> 11) * probability;
    if (this.code < bound) {
      this.range = bound;
      probabilities[index] = probability + ((2048 - probability) >> 5);
      if (bound < NORMAL) this.normalize();
      return 0;
    }
    this.range -= bound;
    this.code -= bound;
    probabilities[index] = probability - (probability >> 5);
    if (this.range < NORMAL) this.normalize();
    return 1;
  }

  /** `count` bits, the highest first, each with a probability of its own for those before it. */
  tree(probabilities: Uint16Array, base: number, count: number): number {
    let symbol = 1;
    for (let bit = 0; bit < count; bit++) symbol = (symbol << 1) | this.bit(probabilities, base + symbol);
    return symbol - (1 << count);
  }

  /** As `tree`, the lowest first. */
  reverseTree(probabilities: Uint16Array, base: number, count: number): number {
    let [symbol, value] = [1, 0];
    for (let at = 0; at < count; at++) {
      const bit = this.bit(probabilities, base + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << at;
    }
    return value;
  }

  /** `count` bits that are as likely 0 as 1. */
  direct(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++) {
      this.range = this.range >>> 1;
      const isOne = this.code >= this.range;
      if (isOne) this.code -= this.range;
      value = value * 2 + (isOne ? 1 : 0);
      if (this.range < NORMAL) this.normalize();
    }
    return value;
  }

  private normalize(): void {
    const byte = this.packed[this.at++];
    if (byte === undefined) throw new FormatError('the LZMA stream is cut short.');
    this.range = this.range * 256;
    this.code = (this.code * 256 + byte) % 0x100000000;
  }
}
