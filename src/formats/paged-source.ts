import type { ByteSource } from './byte-source';
import { FormatError } from './format.error';

/** The tables of a squashfs lie side by side at its end: one or two pages of this size hold most of them. */
const PAGE_BYTES = 64 * 1024;
const HELD_PAGES = 16;

/**
 * Turns many small reads into few: what is asked for comes with the rest of its page, and the last pages are kept,
 * 1 MiB at most. Ranges larger than a page pass through.
 */
export class PagedSource implements ByteSource {
  private readonly pages = new Map<number, Buffer>();
  private readBytes = 0;

  /** @param maxBytes how much may be read from the source in all */
  constructor(
    private readonly source: ByteSource,
    private readonly maxBytes: number,
  ) {}

  get size(): number {
    return this.source.size;
  }

  /** @throws FormatError when the reader has had more than it may */
  async read(offset: number, length: number): Promise<Buffer> {
    if (length > 2 * PAGE_BYTES) return this.fetch(offset, length);
    const first = Math.floor(offset / PAGE_BYTES);
    const last = Math.floor((offset + Math.max(length, 1) - 1) / PAGE_BYTES);
    await this.hold(first, last);
    const start = first * PAGE_BYTES;
    const held: Buffer[] = [];
    for (let page = first; page <= last; page++) held.push(this.pages.get(page) ?? Buffer.alloc(0));
    const [only] = held;
    const bytes = held.length === 1 && only ? only : Buffer.concat(held);
    return bytes.subarray(offset - start, offset - start + length);
  }

  /** Fetches the missing ones among a few neighbouring pages, all in one read. */
  private async hold(first: number, last: number): Promise<void> {
    let [from, to] = [first, last];
    while (from <= to && this.pages.has(from)) from++;
    while (to >= from && this.pages.has(to)) to--;
    if (from <= to) {
      const start = from * PAGE_BYTES;
      const bytes = await this.fetch(start, Math.min((to + 1) * PAGE_BYTES, this.size) - start);
      for (let page = from; page <= to; page++) {
        const at = (page - from) * PAGE_BYTES;
        this.pages.set(page, bytes.subarray(at, at + PAGE_BYTES));
      }
    }
    for (let page = first; page <= last; page++) this.refresh(page);
    for (const page of this.pages.keys()) {
      if (this.pages.size <= HELD_PAGES) break;
      this.pages.delete(page);
    }
  }

  /** Makes it the last to be dropped. */
  private refresh(page: number): void {
    const bytes = this.pages.get(page);
    if (!bytes) return;
    this.pages.delete(page);
    this.pages.set(page, bytes);
  }

  private fetch(offset: number, length: number): Promise<Buffer> {
    this.readBytes += length;
    if (this.readBytes > this.maxBytes) {
      throw new FormatError(
        `its tables lead to more than ${this.maxBytes} bytes, far more than a bundle needs. ` +
          'The file is damaged or was made to do harm: build it again.',
        { offset },
      );
    }
    return this.source.read(offset, length);
  }
}
