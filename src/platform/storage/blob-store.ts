import type { Readable } from 'node:stream';
import { streamOutlet, type BlobOutlet } from './blob-outlet';

/** What one pass over the bytes yields; every digest is lower-case hex (crc32: 8 digits). */
export interface BlobDigest {
  sha256: string;
  sha1: string;
  md5: string;
  crc32: string;
  sizeBytes: number;
}

/** Bytes that are durable but not yet visible; whoever staged them ends with `discard`, also after `promote`. */
export interface StagedBlob {
  readonly digest: BlobDigest;

  /** These bytes, which have to lie within the file, all of them in memory: ask for few. */
  read(offset: number, length: number): Promise<Buffer>;

  /**
   * Forgets the staged bytes, which {@link BlobStore.promote} does not. Idempotent; a promoted blob stays. Never rejects: what
   * cannot be removed now is swept, and what came of the upload counts.
   */
  discard(): Promise<void>;
}

/** Both ends count: `{ start: 0, endInclusive: 0 }` is the first byte. */
export interface BlobRange {
  start: number;
  endInclusive: number;
}

/** A blob as a store names it. */
export interface StoredBlob {
  readonly tenantId: string;
  readonly sha256: string;
}

/** The same, and since when it lies there. */
export interface ListedBlob extends StoredBlob {
  readonly touchedAtMs: number;
}

/** How much may be staged, who may stop it, who else reads along. */
export interface StagingOptions {
  maxBytes: number;

  /** Aborting rejects `stage` with the signal's reason, even while the source is silent. */
  signal?: AbortSignal | undefined;

  /** Sees every chunk once, in order, before it is stored; what it throws ends the staging and is rethrown as it is. */
  tap?: ((chunk: Buffer) => void) | undefined;
}

/** How long an address that needs no credentials shall work, and what the file behind it is called. */
export interface PresignOptions {
  /** 1 second to 7 days. */
  expirySeconds: number;
  fileName?: string | undefined;
}

/**
 * Content-addressed bytes, one namespace per tenant. Abstract class rather than interface, so that it is its own
 * injection token. `tenantId` is the decimal id, `sha256` 64 lower-case hex digits; anything else is refused with
 * `InvalidBlobKeyError` before it can become part of a path or an object key.
 */
export abstract class BlobStore {
  /**
   * Takes the source in at the pace of the store, in flat memory, and leaves the bytes durable but unreadable. Fails
   * with `BlobTooLargeError`, `StorageFullError`, or whatever the source or the tap threw; in all of these nothing
   * stays behind. The source is told to stop but not waited for.
   */
  abstract stage(
    tenantId: string,
    source: AsyncIterable<Buffer>,
    options: StagingOptions,
  ): Promise<StagedBlob>;

  /**
   * Does ahead what of {@link BlobStore.promote} takes long, outside of any transaction and lock: a store without a rename
   * copies the bytes. They may be readable from then on, so remove them again, under the lock, when no row comes to
   * name them. May be left out or repeated.
   */
  prepare(_tenantId: string, _staged: StagedBlob): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Makes staged bytes readable under their sha256, durably, before it resolves. Call it inside the transaction that
   * inserts the blob row, under the blob's advisory lock. The staged bytes stay until they are discarded, so repeating it is
   * fine, also after the blob was removed again, and when the content is already there. A rollback after it leaves a blob
   * without a row: remove it under the same lock, or keep it for the next upload of the same content.
   */
  abstract promote(tenantId: string, staged: StagedBlob): Promise<void>;

  /**
   * The bytes, or a part of them, as a stream. Rejects with `BlobMissingError` rather than handing out a stream
   * that fails later. A range that ends beyond the blob gives what there is. The caller consumes or destroys it.
   */
  abstract open(tenantId: string, sha256: string, range?: BlobRange): Promise<Readable>;

  /** The same for bytes that go straight to whoever asked: the cheapest way that the store knows. */
  async outlet(tenantId: string, sha256: string, range?: BlobRange): Promise<BlobOutlet> {
    return streamOutlet(await this.open(tenantId, sha256, range));
  }

  /**
   * An address from which anybody who has it may GET the bytes, with ranges and without credentials, until it expires;
   * undefined when the store has no such addresses. Does not ask whether the blob is there.
   */
  presign(_tenantId: string, _sha256: string, _options: PresignOptions): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  /**
   * Where the bytes lie below the root of the store, with slashes, for a web server that sends them itself
   * (X-Accel-Redirect); undefined when they are no files. Does not ask whether the blob is there.
   */
  internalPath(_tenantId: string, _sha256: string): string | undefined {
    return undefined;
  }

  abstract has(tenantId: string, sha256: string): Promise<boolean>;

  /**
   * Every blob that can be read, in no order; what comes and goes meanwhile may be missed. A store where {@link BlobStore.prepare}
   * does something leaves out what was touched since so long: somebody may be about to promote it.
   */
  abstract list(untouchedForMs?: number): AsyncIterable<ListedBlob>;

  /** Idempotent. Downloads under way keep their bytes on a file system; on S3 they may be cut. */
  abstract remove(tenantId: string, sha256: string): Promise<void>;

  /**
   * Deletes staged bytes that nobody touched for this long (uploads that died with their process) and says how many.
   * Choose it longer than any upload may pause and any transaction may wait, or a live one is swept.
   */
  abstract sweepStaging(olderThanMs: number): Promise<number>;

  /** For readiness: resolves when staging and promoting would work, else `StorageFullError` or `StorageUnavailableError`. */
  abstract checkWritable(): Promise<void>;
}
