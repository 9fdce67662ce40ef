import type { FileHandle } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exactly } from './exactly';

/** Opened bytes that are about to go out. Ends with exactly one call of either method. */
export interface BlobOutlet {
  /**
   * Sends the bytes at the pace of the sink and ends it. Rejects when the sink or the store goes away in the middle, and when
   * the store has other than `sizeBytes`: a sink that was promised these is never ended with fewer, since who waits for the
   * rest would take the next answer for it.
   */
  pourInto(sink: Writable, sizeBytes: number): Promise<void>;
  /** Sends nothing. */
  close(): Promise<void>;
}

/** The outlet of a store that has only streams to give. */
export function streamOutlet(stream: Readable): BlobOutlet {
  return {
    pourInto: (sink, sizeBytes) =>
      pipeline(stream, (bytes: AsyncIterable<Buffer>) => exactly(bytes, sizeBytes), sink),
    close: () => {
      stream.destroy();
      return Promise.resolve();
    },
  };
}

/** Bytes of free buffers that are kept of each size. */
const MOST_FREE_BYTES = 16 * 1024 * 1024;

/**
 * Buffers that are used again. A new one for each read made the garbage collector walk through the whole process for every
 * few of them, since it counts what lies outside of its heap: three quarters of the CPU of a download.
 */
export class BufferStock {
  private readonly free = new Map<number, Buffer[]>();

  take(bytes: number): Buffer {
    return this.free.get(bytes)?.pop() ?? Buffer.allocUnsafeSlow(bytes);
  }

  /** Only what nobody will write or read any more. */
  giveBack(buffer: Buffer): void {
    const known = this.free.get(buffer.length) ?? [];
    this.free.set(buffer.length, known);
    if ((known.length + 1) * buffer.length <= MOST_FREE_BYTES) known.push(buffer);
  }
}

/** A part of a file: its first byte and the one after its last. */
export interface FilePart {
  readonly start: number;
  readonly end: number;
}

/** Reads a file with two buffers in turns: one fills while the other goes out. */
export class FileOutlet implements BlobOutlet {
  constructor(
    private readonly file: FileHandle,
    private readonly part: FilePart,
    private readonly stock: BufferStock,
    private readonly readBytes: number,
  ) {}

  async pourInto(sink: Writable, sizeBytes: number): Promise<void> {
    const buffers = [this.stock.take(this.readBytes), this.stock.take(this.readBytes)] as const;
    try {
      if (this.part.end - this.part.start !== sizeBytes) throw new Error('the file has another size');
      await this.pour(sink, buffers);
      // Not after a failure: the sink may still hold on to what it could not write.
      for (const buffer of buffers) this.stock.giveBack(buffer);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async pour(sink: Writable, [first, second]: readonly [Buffer, Buffer]): Promise<void> {
    let [filling, leaving] = [first, second];
    let position = this.part.start;
    let left = Promise.resolve();
    while (position < this.part.end) {
      const wanted = Math.min(filling.length, this.part.end - position);
      const { bytesRead } = await this.file.read(filling, 0, wanted, position);
      if (bytesRead === 0) break;
      await left;
      left = passed(sink, filling.subarray(0, bytesRead));
      // Looked at in the next turn; until then nobody would hear of a failure.
      left.catch(() => undefined);
      position += bytesRead;
      [filling, leaving] = [leaving, filling];
    }
    await left;
    if (position < this.part.end) throw new Error('the file ended early');
    sink.end();
  }
}

/** Resolves when the sink needs the bytes no longer. */
function passed(sink: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the other side went away'));
    if (sink.destroyed) return gone();
    sink.once('close', gone);
    sink.write(bytes, (error) => {
      sink.off('close', gone);
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}
