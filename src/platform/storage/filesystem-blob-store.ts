import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, opendir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock/clock';
import { assertRange, assertTenantId, blobKey, storedBlobOf } from './blob-key';
import { BufferStock, FileOutlet, type BlobOutlet } from './blob-outlet';
import {
  type BlobDigest,
  type BlobRange,
  BlobStore,
  type ListedBlob,
  type StagedBlob,
  type StagingOptions,
} from './blob-store';
import {
  FILE_MODE,
  hasErrno,
  makeDirectory,
  onDisk,
  removeFile,
  linkDurably,
  syncDirectories,
  writeFully,
} from './durable-files';
import { collected } from './exactly';
import { DigestingPass } from './hashing';
import { interruptible } from './interruptible';
import { BlobMissingError, BlobTooLargeError, InvalidBlobKeyError } from './storage.errors';

/**
 * Large reads cost less CPU, since each wakes a thread and is waited for; but a slow client holds two of them, and 10 000
 * slow downloads must fit into memory too. So reads shrink as downloads grow in number.
 */
const READ_SIZES = [
  { upTo: 32, bytes: 1024 * 1024 },
  { upTo: 256, bytes: 256 * 1024 },
] as const;
const LEAST_READ_BYTES = 64 * 1024;

class StagedFile implements StagedBlob {
  constructor(
    readonly tenantId: string,
    readonly path: string,
    readonly digest: BlobDigest,
  ) {}

  async read(offset: number, length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    const part = { start: offset, end: offset + length - 1, highWaterMark: length };
    return onDisk(() => collected(createReadStream(this.path, part), length));
  }

  async discard(): Promise<void> {
    await removeFile(this.path).catch(() => undefined);
  }
}

/**
 * Blobs as files: `<root>/staging/<uuid>` while they come in, `<root>/blobs/<tenantId>/<aa>/<sha256>` afterwards. Both
 * must lie on one file system, since the step between them is a rename; `checkWritable` proves it.
 */
export class FilesystemBlobStore extends BlobStore {
  private readonly stagingRoot: string;
  private readonly blobsRoot: string;

  private reading = 0;
  private readonly stock = new BufferStock();

  constructor(
    private readonly root: string,
    private readonly clock: Clock,
  ) {
    super();
    this.stagingRoot = join(root, 'staging');
    this.blobsRoot = join(root, 'blobs');
  }

  async stage(tenantId: string, source: AsyncIterable<Buffer>, options: StagingOptions): Promise<StagedBlob> {
    assertTenantId(tenantId);
    options.signal?.throwIfAborted();
    const path = join(this.stagingRoot, randomUUID());
    const file = await onDisk(async () => {
      await makeDirectory(this.stagingRoot);
      return open(path, 'wx', FILE_MODE);
    });
    try {
      return new StagedFile(tenantId, path, await takeIn(file, source, options));
    } catch (error) {
      // The first failure is the one to tell; should the removal fail too, the sweep gets the file.
      await removeFile(path).catch(() => undefined);
      throw error;
    }
  }

  async promote(tenantId: string, staged: StagedBlob): Promise<void> {
    if (!(staged instanceof StagedFile) || staged.tenantId !== tenantId) {
      throw new InvalidBlobKeyError('staged blob');
    }
    const target = this.pathOf(tenantId, staged.digest.sha256);
    await onDisk(async () => {
      try {
        // Also over a blob that is there already: the content is the same, and fresh bytes heal a damaged file.
        await linkDurably(staged.path, target, this.root);
      } catch (error) {
        if (!hasErrno(error, 'ENOENT')) throw error;
        if (!(await exists(target))) throw new BlobMissingError(staged.digest.sha256);
        await syncDirectories(dirname(target), this.root);
      }
    });
  }

  async open(tenantId: string, sha256: string, range?: BlobRange): Promise<Readable> {
    const path = this.pathOf(tenantId, sha256);
    if (range !== undefined) assertRange(range);
    return onDisk(async () => {
      try {
        const file = await open(path, 'r');
        const part = range === undefined ? {} : { start: range.start, end: range.endInclusive };
        const stream = file.createReadStream({ highWaterMark: this.readSize(), ...part });
        this.reading += 1;
        stream.once('close', () => (this.reading -= 1));
        return stream;
      } catch (error) {
        throw hasErrno(error, 'ENOENT') ? new BlobMissingError(sha256) : error;
      }
    });
  }

  override async outlet(tenantId: string, sha256: string, range?: BlobRange): Promise<BlobOutlet> {
    const path = this.pathOf(tenantId, sha256);
    if (range !== undefined) assertRange(range);
    return onDisk(async () => {
      try {
        const file = await open(path, 'r');
        const { size } = await file.stat();
        const start = range?.start ?? 0;
        const end = range === undefined ? size : Math.min(range.endInclusive + 1, size);
        const readBytes = this.readSize(end - start);
        return this.counted(new FileOutlet(file, { start, end }, this.stock, readBytes));
      } catch (error) {
        throw hasErrno(error, 'ENOENT') ? new BlobMissingError(sha256) : error;
      }
    });
  }

  /** As long as the bytes go out, it is one of those that are being read. */
  private counted(outlet: BlobOutlet): BlobOutlet {
    this.reading += 1;
    const done = (): void => void (this.reading -= 1);
    return {
      pourInto: (sink, sizeBytes) => outlet.pourInto(sink, sizeBytes).finally(done),
      close: () => outlet.close().finally(done),
    };
  }

  /** For a part of so many bytes. A small one takes the smallest buffers that hold it. */
  private readSize(bytes = Infinity): number {
    const most = READ_SIZES.find((size) => this.reading < size.upTo)?.bytes ?? LEAST_READ_BYTES;
    const enough = READ_SIZES.findLast((size) => size.bytes >= bytes)?.bytes ?? most;
    return Math.min(most, enough);
  }

  async has(tenantId: string, sha256: string): Promise<boolean> {
    const path = this.pathOf(tenantId, sha256);
    return onDisk(() => exists(path));
  }

  async *list(): AsyncIterable<ListedBlob> {
    for await (const tenant of entriesOf(this.blobsRoot))
      for await (const shard of entriesOf(join(this.blobsRoot, tenant)))
        for await (const name of entriesOf(join(this.blobsRoot, tenant, shard))) {
          const blob = storedBlobOf(`${tenant}/${shard}/${name}`);
          if (blob === undefined) continue;
          const touchedAtMs = await modifiedAtMs(join(this.blobsRoot, tenant, shard, name));
          if (touchedAtMs !== undefined) yield { ...blob, touchedAtMs };
        }
  }

  async remove(tenantId: string, sha256: string): Promise<void> {
    const path = this.pathOf(tenantId, sha256);
    // Not synced: a blob that comes back after a power cut is one without a row, which harms nobody.
    await onDisk(() => removeFile(path));
  }

  async sweepStaging(olderThanMs: number): Promise<number> {
    const bound = this.clock.epochMs() - olderThanMs;
    return onDisk(async () => {
      await makeDirectory(this.stagingRoot);
      let swept = 0;
      for (const name of await readdir(this.stagingRoot)) {
        const path = join(this.stagingRoot, name);
        // Writing moves mtime on, so an upload that is alive looks young however long it takes.
        const touchedAtMs = await modifiedAtMs(path);
        if (touchedAtMs !== undefined && touchedAtMs < bound && (await removeFile(path))) swept += 1;
      }
      return swept;
    });
  }

  async checkWritable(): Promise<void> {
    const staged = join(this.stagingRoot, `${randomUUID()}.probe`);
    const promoted = join(this.blobsRoot, '.probe');
    await onDisk(async () => {
      await makeDirectory(this.stagingRoot);
      await makeDirectory(this.blobsRoot);
      try {
        await writeFile(staged, 'probe', { flag: 'wx', mode: FILE_MODE });
        await rename(staged, promoted);
      } catch (error) {
        await removeFile(staged).catch(() => undefined);
        throw error;
      }
      await removeFile(promoted);
    });
  }

  override internalPath(tenantId: string, sha256: string): string {
    return `blobs/${blobKey(tenantId, sha256)}`;
  }

  private pathOf(tenantId: string, sha256: string): string {
    return join(this.blobsRoot, blobKey(tenantId, sha256));
  }
}

/** One chunk at a time from source to disk: the source waits for the write, so memory stays flat. Closes the file. */
async function takeIn(
  file: FileHandle,
  source: AsyncIterable<Buffer>,
  options: StagingOptions,
): Promise<BlobDigest> {
  const pass = new DigestingPass();
  try {
    for await (const chunk of interruptible(source, options.signal)) {
      if (pass.sizeBytes + chunk.length > options.maxBytes) throw new BlobTooLargeError(options.maxBytes);
      options.tap?.(chunk);
      // The write runs on another thread while this one hashes.
      const written = onDisk(() => writeFully(file, chunk));
      pass.update(chunk);
      await written;
    }
    await onDisk(() => file.sync());
  } finally {
    // Network file systems may tell only here that the quota is exhausted.
    await onDisk(() => file.close());
  }
  return pass.digest();
}

/** The names in a folder; none when it is not there, or no folder. */
async function* entriesOf(folder: string): AsyncIterable<string> {
  try {
    for await (const entry of await opendir(folder)) yield entry.name;
  } catch (error) {
    if (!hasErrno(error, 'ENOENT') && !hasErrno(error, 'ENOTDIR')) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await modifiedAtMs(path)) !== undefined;
}

async function modifiedAtMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
