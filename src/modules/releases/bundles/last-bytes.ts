import type { ByteSource } from '../../../formats/byte-source';

/** Keeps the last bytes of what goes by. */
export class LastBytes {
  private held = Buffer.alloc(0);
  private heldBytes = 0;

  constructor(private readonly mostBytes: number) {}

  /** Takes the next bytes; the caller may use the buffer again. */
  write(chunk: Buffer): void {
    if (this.held.length === 0) this.held = Buffer.alloc(2 * this.mostBytes);
    const bytes = chunk.subarray(-this.mostBytes);
    if (this.heldBytes + bytes.length > this.held.length) {
      this.held.copyWithin(0, this.heldBytes - this.mostBytes, this.heldBytes);
      this.heldBytes = this.mostBytes;
    }
    this.heldBytes += bytes.copy(this.held, this.heldBytes);
  }

  /** Fewer when there were fewer. */
  get bytes(): Buffer {
    return this.held.subarray(Math.max(0, this.heldBytes - this.mostBytes), this.heldBytes);
  }
}

/** A file of which the last bytes are known: they are not read again. */
export function withEnd(source: ByteSource, end: Buffer): ByteSource {
  const endsAt = source.size - end.length;
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const known = end.subarray(Math.max(0, offset - endsAt), Math.max(0, offset + length - endsAt));
    if (known.length === length) return known;
    const before = await source.read(offset, length - known.length);
    return known.length === 0 ? before : Buffer.concat([before, known]);
  };
  return { size: source.size, read };
}
