import { FormatError } from '../format.error';
import { GrowingBuffer } from './growing-buffer';

/**
 * The content of one member while it passes: counted, summed when the archive has checksums, kept when
 * asked for.
 */
export class MemberContent {
  private missing: number;
  private sum = 0;
  private readonly kept = new GrowingBuffer();

  /**
   * @param sizeBytes as the header declares
   * @param checksum sum of all bytes modulo 2^32 as the header declares, if it does
   * @param isKept whether `close` hands the bytes over
   */
  constructor(
    private readonly sizeBytes: number,
    private readonly checksum: number | undefined,
    private readonly isKept: boolean,
  ) {
    this.missing = sizeBytes;
  }

  /** How many bytes are still to come. */
  get missingBytes(): number {
    return this.missing;
  }

  /** How many bytes have passed. */
  get passedBytes(): number {
    return this.sizeBytes - this.missing;
  }

  /** Takes what belongs to this member from the front of a chunk and says how much that was. */
  append(chunk: Buffer): number {
    const part = chunk.subarray(0, Math.min(this.missing, chunk.length));
    if (this.checksum !== undefined) this.sum = (this.sum + byteSum(part)) % 2 ** 32;
    if (this.isKept) this.kept.append(part);
    this.missing -= part.length;
    return part.length;
  }

  /**
   * The kept bytes, once none are missing.
   * @throws FormatError when the checksum differs
   */
  close(): Buffer {
    if (this.checksum !== undefined && this.checksum !== this.sum) {
      throw new FormatError(
        `the checksum of the content is ${hex(this.sum)}, the header says ${hex(this.checksum)}. ` +
          'The content is damaged: build or send the file again.',
      );
    }
    return this.kept.take();
  }
}

function byteSum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) sum += bytes[at] as number;
  return sum;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
