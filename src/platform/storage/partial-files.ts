import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock/clock';
import {
  FILE_MODE,
  hasErrno,
  makeDirectory,
  onDisk,
  removeFile,
  syncDirectories,
  writeFully,
} from './durable-files';
import { BlobTooLargeError, InvalidBlobKeyError } from './storage.errors';

/** What may be lost of an upload when the server dies: as much as came since bytes were last made durable. */
const DURABLE_EVERY_BYTES = 16 * 1024 * 1024;
const DURABLE_EVERY_MS = 5_000;

const ID = /^[0-9a-f]{32}$/;

/** Where to go on, and who is told. */
export interface Continuation {
  /** Bytes that are there and stay; what lies behind them was never acknowledged and goes. */
  readonly offset: number;
  /** The file in the end. */
  readonly sizeBytes: number;
  /** Told after bytes became durable, how many there are now; awaited. */
  readonly onDurable: (receivedBytes: number) => Promise<void>;
}

/** Files that grow over several requests: `<root>/<id>`, on the disk of the data folder whatever the blob store is. */
export class PartialFiles {
  constructor(
    private readonly root: string,
    private readonly clock: Clock,
  ) {}

  /** An empty file, with a name that outlives a power cut. */
  async create(id: string): Promise<void> {
    const path = this.pathOf(id);
    await onDisk(async () => {
      await makeDirectory(this.root);
      await (await open(path, 'wx', FILE_MODE)).close();
      await syncDirectories(this.root, this.root);
    });
  }

  /**
   * Adds what the source gives. Also when it fails, what came before is durable and told: that is what the caller goes on from.
   * @throws BlobTooLargeError, StorageFullError, or what the source threw
   */
  async append(id: string, source: AsyncIterable<Buffer>, from: Continuation): Promise<number> {
    const file = await onDisk(() => open(this.pathOf(id), 'r+'));
    const growth = new Growth(file, this.clock, from);
    try {
      await onDisk(() => file.truncate(from.offset));
      for await (const chunk of source) await growth.take(chunk);
    } finally {
      await growth.end();
    }
    return growth.receivedBytes;
  }

  /** Its length; undefined when it is not there, or not on this machine. */
  async sizeOf(id: string): Promise<number | undefined> {
    const path = this.pathOf(id);
    return onDisk(async () => {
      try {
        return (await stat(path)).size;
      } catch (error) {
        if (hasErrno(error, 'ENOENT')) return undefined;
        throw error;
      }
    });
  }

  async open(id: string): Promise<Readable> {
    return onDisk(async () => (await open(this.pathOf(id), 'r')).createReadStream());
  }

  /** Idempotent. */
  async remove(id: string): Promise<void> {
    await onDisk(() => removeFile(this.pathOf(id)));
  }

  /** Those that nobody touched for this long. */
  async listOlderThan(idleMs: number): Promise<string[]> {
    const bound = this.clock.epochMs() - idleMs;
    return onDisk(async () => {
      await makeDirectory(this.root);
      const names = (await readdir(this.root)).filter((name) => ID.test(name));
      const old: string[] = [];
      for (const name of names) {
        const { mtimeMs } = await stat(join(this.root, name)).catch(() => ({ mtimeMs: Infinity }));
        if (mtimeMs < bound) old.push(name);
      }
      return old;
    });
  }

  private pathOf(id: string): string {
    if (!ID.test(id)) throw new InvalidBlobKeyError('upload id');
    return join(this.root, id);
  }
}

/** One file while it grows. */
class Growth {
  receivedBytes: number;
  private durableBytes: number;
  private durableAtMs: number;

  constructor(
    private readonly file: FileHandle,
    private readonly clock: Clock,
    private readonly from: Continuation,
  ) {
    this.receivedBytes = this.durableBytes = from.offset;
    this.durableAtMs = clock.monotonicMs();
  }

  async take(chunk: Buffer): Promise<void> {
    const { sizeBytes } = this.from;
    if (this.receivedBytes + chunk.length > sizeBytes) throw new BlobTooLargeError(sizeBytes);
    await onDisk(() => writeFully(this.file, chunk, this.receivedBytes));
    this.receivedBytes += chunk.length;
    const isDue =
      this.receivedBytes - this.durableBytes >= DURABLE_EVERY_BYTES ||
      this.clock.monotonicMs() - this.durableAtMs >= DURABLE_EVERY_MS;
    if (isDue) await this.makeDurable();
  }

  async end(): Promise<void> {
    try {
      await this.makeDurable();
    } finally {
      await onDisk(() => this.file.close());
    }
  }

  private async makeDurable(): Promise<void> {
    if (this.receivedBytes === this.durableBytes) return;
    await onDisk(() => this.file.sync());
    await this.from.onDurable(this.receivedBytes);
    this.durableBytes = this.receivedBytes;
    this.durableAtMs = this.clock.monotonicMs();
  }
}
