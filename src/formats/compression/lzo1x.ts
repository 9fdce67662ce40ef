import { FormatError } from '../format.error';
import { copyWithin } from './match';

/** The distance that the instruction 0001 counts from; exactly this one ends the stream. */
const FAR = 16_384;
/** What the last instruction left behind: 0 to 3 literals that rode on a match, or a run of more. */
const RUN = 4;

/**
 * Unpacks one block of LZO1X, as squashfs stores it (the stream format is written down in the Linux kernel's
 * documentation, "LZO stream format as understood by Linux' LZO decompressor").
 * @param maxBytes the most it may unpack to
 * @throws FormatError, without a place, when it is damaged or unpacks to more
 */
export function unpackLzo1x(packed: Buffer, maxBytes: number): Buffer {
  return new Lzo1xStream(packed, maxBytes).unpack();
}

class Lzo1xStream {
  private readonly output: Buffer;
  private filled = 0;
  private at = 0;
  private state = 0;

  constructor(
    private readonly packed: Buffer,
    maxBytes: number,
  ) {
    this.output = Buffer.alloc(maxBytes);
  }

  unpack(): Buffer {
    const first = this.packed[0] ?? 0;
    if (first > 17) {
      this.at = 1;
      this.literals(first - 17);
      this.state = Math.min(first - 17, RUN);
    }
    while (this.instruction(this.next()));
    if (this.at !== this.packed.length) throw new FormatError('the LZO block goes on behind its end mark.');
    return this.output.subarray(0, this.filled);
  }

  /** Whether there are more. */
  private instruction(code: number): boolean {
    if (code >= 64) this.nearMatch(code);
    else if (code >= 32) this.middleMatch(code);
    else if (code >= 16) return this.farMatch(code);
    else if (this.state === 0) this.run(code);
    else this.shortMatch(code);
    return true;
  }

  private nearMatch(code: number): void {
    const length = code >= 128 ? 5 + ((code >> 5) & 3) : 3 + ((code >> 5) & 1);
    this.match((this.next() << 3) + ((code >> 2) & 7) + 1, length, code & 3);
  }

  private middleMatch(code: number): void {
    const length = 2 + this.length(code & 31, 31);
    const word = this.word();
    this.match((word >> 2) + 1, length, word & 3);
  }

  private farMatch(code: number): boolean {
    const length = 2 + this.length(code & 7, 7);
    const word = this.word();
    const distance = FAR + ((code & 8) << 11) + (word >> 2);
    if (distance === FAR) {
      if (length === 3) return false;
      throw new FormatError('the LZO block has a spoilt end mark.');
    }
    this.match(distance, length, word & 3);
    return true;
  }

  private run(code: number): void {
    this.literals(3 + this.length(code, 15));
    this.state = RUN;
  }

  private shortMatch(code: number): void {
    const distance = (this.next() << 2) + (code >> 2) + 1;
    if (this.state === RUN) this.match(distance + 2048, 3, code & 3);
    else this.match(distance, 2, code & 3);
  }

  /** A length of zero goes on in the bytes that follow. */
  private length(bits: number, base: number): number {
    if (bits !== 0) return bits;
    for (let total = base; ; total += 255) {
      const byte = this.next();
      if (byte !== 0) return total + byte;
    }
  }

  private match(distance: number, length: number, literals: number): void {
    this.filled = copyWithin(this.output, { filled: this.filled, distance, length }, 'LZO');
    this.literals(literals);
    this.state = literals;
  }

  private literals(count: number): void {
    if (count > this.packed.length - this.at) throw cutShort();
    if (count > this.output.length - this.filled) {
      throw new FormatError(
        `the LZO block unpacks to more than the ${this.output.length} bytes it may have.`,
      );
    }
    this.filled += this.packed.copy(this.output, this.filled, this.at, this.at + count);
    this.at += count;
  }

  private word(): number {
    return this.next() | (this.next() << 8);
  }

  private next(): number {
    const byte = this.packed[this.at++];
    if (byte === undefined) throw cutShort();
    return byte;
  }
}

function cutShort(): FormatError {
  return new FormatError('the LZO block is cut short.');
}
