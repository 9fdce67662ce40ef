const FIRST_BYTES = 4096;

/** Collects bytes that arrive in pieces; memory follows what arrived, not what was announced. */
export class GrowingBuffer {
  private bytes = Buffer.alloc(0);
  private used = 0;

  append(chunk: Buffer): void {
    const needed = this.used + chunk.length;
    if (needed > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(FIRST_BYTES, needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.used);
    this.used = needed;
  }

  /** How many bytes it holds. */
  get length(): number {
    return this.used;
  }

  /** The collected bytes; the next collection starts with fresh memory. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.used);
    this.bytes = Buffer.alloc(0);
    this.used = 0;
    return taken;
  }
}
