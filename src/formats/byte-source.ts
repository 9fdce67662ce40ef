/** Random access to a file that may lie behind a network: ask for few and small ranges. */
export interface ByteSource {
  /** Bytes in the whole file; it does not change while it is read. */
  readonly size: number;
  /**
   * Exactly these bytes, never fewer. The range lies within the file; asking for another is the reader's mistake.
   * What comes back may be shared: it is read, never written to.
   */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A file that is in memory already. */
export class BufferSource implements ByteSource {
  constructor(private readonly bytes: Buffer) {}

  get size(): number {
    return this.bytes.length;
  }

  read(offset: number, length: number): Promise<Buffer> {
    if (!isWithin(this, offset, length))
      return Promise.reject(new RangeError(`no bytes ${offset}+${length} here`));
    return Promise.resolve(this.bytes.subarray(offset, offset + length));
  }
}

/** Whether a source has these bytes; false also for what is no whole number. */
export function isWithin(source: ByteSource, offset: number, length: number): boolean {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) return false;
  return offset >= 0 && length >= 0 && offset <= source.size - length;
}
