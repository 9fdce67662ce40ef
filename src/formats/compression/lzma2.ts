import { FormatError } from '../format.error';
import { LzmaDecoder } from './lzma.decoder';

/** What a chunk may need to have happened before it. */
type Need = 'dictionary' | 'properties' | 'nothing';

/**
 * Unpacks LZMA2: chunks of LZMA or of stored bytes (as liblzma's `lzma2_decoder` reads them).
 * @param packed begins with the first chunk; what follows the end is not looked at
 * @returns the bytes and how many bytes of `packed` they took
 * @throws FormatError, without a place, when it is damaged or unpacks to more than `maxBytes`
 */
export function unpackLzma2(packed: Buffer, maxBytes: number): { bytes: Buffer; length: number } {
  return new Lzma2Stream(packed, maxBytes).unpack();
}

class Lzma2Stream {
  private readonly output: Buffer;
  private readonly decoder: LzmaDecoder;
  private at = 0;
  private need: Need = 'dictionary';

  constructor(
    private readonly packed: Buffer,
    maxBytes: number,
  ) {
    this.output = Buffer.alloc(maxBytes);
    this.decoder = new LzmaDecoder(this.output);
  }

  unpack(): { bytes: Buffer; length: number } {
    for (;;) {
      const [control = 0] = this.take(1);
      if (control === 0) return { bytes: this.output.subarray(0, this.decoder.filled), length: this.at };
      if (control >= 0x80) this.compressed(control);
      else if (control <= 2) this.stored(control === 1);
      else throw damaged();
    }
  }

  private stored(resetsDictionary: boolean): void {
    if (resetsDictionary) this.resetDictionary();
    else if (this.need === 'dictionary') throw damaged();
    const size = this.take(2).readUInt16BE(0) + 1;
    this.requireRoom(size);
    this.decoder.store(this.take(size));
  }

  private compressed(control: number): void {
    const header = this.take(4);
    const size = ((control & 0x1f) << 16) + header.readUInt16BE(0) + 1;
    this.requireRoom(size);
    this.reset((control >> 5) & 3);
    const chunk = this.take(header.readUInt16BE(2) + 1);
    const end = this.decoder.filled + size;
    const { endMark, finished } = this.decoder.unpack(chunk, end);
    if (endMark || !finished) throw damaged();
  }

  /** @param kind 0: all lives on, 1: new state, 2: new properties too, 3: new dictionary too */
  private reset(kind: number): void {
    if (kind === 3) this.resetDictionary();
    if (kind < 2 && this.need !== 'nothing') throw damaged();
    if (kind >= 2) {
      if (this.need === 'dictionary') throw damaged();
      this.decoder.setProperties(this.take(1)[0] ?? 0);
      this.need = 'nothing';
    } else if (kind === 1) this.decoder.resetState();
  }

  private resetDictionary(): void {
    this.decoder.resetDictionary();
    this.need = 'properties';
  }

  private requireRoom(size: number): void {
    if (size > this.output.length - this.decoder.filled) {
      throw new FormatError(
        `the LZMA2 stream unpacks to more than the ${this.output.length} bytes it may have.`,
      );
    }
  }

  private take(length: number): Buffer {
    if (length > this.packed.length - this.at) throw new FormatError('the LZMA2 stream is cut short.');
    this.at += length;
    return this.packed.subarray(this.at - length, this.at);
  }
}

function damaged(): FormatError {
  return new FormatError('the LZMA2 stream is damaged.');
}
