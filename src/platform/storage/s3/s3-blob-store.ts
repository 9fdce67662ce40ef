import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Clock } from '../../clock/clock';
import { assertRange, assertTenantId, storedBlobOf } from '../blob-key';
import {
  type BlobDigest,
  type BlobRange,
  BlobStore,
  type ListedBlob,
  type PresignOptions,
  type StagedBlob,
  type StagingOptions,
} from '../blob-store';
import { collected } from '../exactly';
import { DigestingPass } from '../hashing';
import { interruptible } from '../interruptible';
import {
  BlobMissingError,
  BlobTooLargeError,
  InvalidBlobKeyError,
  StorageUnavailableError,
  type StorageError,
} from '../storage.errors';
import { copyObject } from './object-copy';
import { objectsBelow } from './object-list';
import { partBytesFor, PartUpload } from './part-upload';
import type { Patience } from './bucket/patience';
import { attachmentNamed } from './presigned-headers';
import { S3Bucket } from './bucket/s3-bucket';
import { codeOf, isMissingKey, storageErrorOf } from './bucket/s3-failure';
import type { S3Options } from './bucket/s3-options';
import { probe } from './s3-probe';
import { sweepStaging } from './staging-sweep';

/** A load balancer asks every few seconds; each question costs four requests that are paid for. */
const PROBE_HOLDS_MS = 10_000;

/**
 * What is done under a lock ends before Postgres ends the transaction, and the lock with it (after 15 s in which it hears
 * nothing): else a removal that the store carries out late takes bytes that somebody placed meanwhile.
 */
const UNDER_LOCK_MS = 10_000;

/** What a staged object may have done with its bytes. */
interface StagingStore {
  read(key: string, offset: number, length: number): Promise<Buffer>;
  remove(key: string): Promise<void>;
}

class StagedObject implements StagedBlob {
  /** Of the copy, once it was made. */
  copyEtag: string | undefined;

  constructor(
    readonly tenantId: string,
    readonly key: string,
    readonly digest: BlobDigest,
    private readonly store: StagingStore,
  ) {}

  async read(offset: number, length: number): Promise<Buffer> {
    return this.store.read(this.key, offset, length);
  }

  async discard(): Promise<void> {
    await this.store.remove(this.key).catch(() => undefined);
  }
}

/**
 * Blobs as objects: `<prefix>staging/<uuid>` while they come in, `<prefix>blobs/<tenantId>/<aa>/<sha256>` afterwards. The
 * step between them is a copy inside the store, since S3 knows no rename; a copy is there whole or not at all.
 */
export class S3BlobStore extends BlobStore implements OnApplicationBootstrap {
  private readonly logger = new Logger(S3BlobStore.name);
  private readonly bucket: S3Bucket;
  private lastTold = '';
  private probedAtMs = -Infinity;
  private probing: Promise<void> | undefined;

  constructor(
    private readonly options: S3Options,
    private readonly clock: Clock,
  ) {
    super();
    this.bucket = new S3Bucket(options, clock);
  }

  /** Says at the start what is wrong, without waiting for it: the store may come later than the server. */
  onApplicationBootstrap(): void {
    this.checkWritable().catch(() => undefined);
  }

  async stage(tenantId: string, source: AsyncIterable<Buffer>, options: StagingOptions): Promise<StagedBlob> {
    assertTenantId(tenantId);
    options.signal?.throwIfAborted();
    const key = this.bucket.stagingKey(randomUUID());
    const upload = new PartUpload(this.bucket, key, partBytesFor(options.maxBytes));
    try {
      const digest = await this.takeIn(upload, source, options);
      return new StagedObject(tenantId, key, digest, {
        read: (...part) => this.readKey(...part),
        remove: (one) => this.removeKey(one),
      });
    } catch (error) {
      await upload.abandon();
      throw error;
    }
  }

  override async prepare(tenantId: string, staged: StagedBlob): Promise<void> {
    await this.copy(mine(tenantId, staged), this.bucket, this.bucket.patience);
  }

  async promote(tenantId: string, staged: StagedBlob): Promise<void> {
    const object = mine(tenantId, staged);
    const bucket = this.bucket.until(AbortSignal.timeout(UNDER_LOCK_MS));
    const isInPlace =
      object.copyEtag !== undefined && (await this.etagOf(object, bucket)) === object.copyEtag;
    if (!isInPlace) await this.copy(object, bucket, bucket.briefly);
  }

  async open(tenantId: string, sha256: string, range?: BlobRange): Promise<Readable> {
    const key = this.bucket.blobKey(tenantId, sha256);
    if (range !== undefined) assertRange(range);
    const { client, name, patience } = this.bucket;
    const [offset, length] =
      range === undefined ? [0, 0] : [range.start, range.endInclusive - range.start + 1];
    return this.onS3(sha256, async () => {
      try {
        return await patience.for(() => client.getPartialObject(name, key, offset, length));
      } catch (error) {
        // Nothing of the range is there, as with any range of an empty blob.
        if (codeOf(error) === 'InvalidRange') return Readable.from([]);
        throw error;
      }
    });
  }

  async has(tenantId: string, sha256: string): Promise<boolean> {
    const key = this.bucket.blobKey(tenantId, sha256);
    return this.onS3(sha256, async () => (await this.find(key, this.bucket)) !== undefined);
  }

  async *list(untouchedForMs = -Infinity): AsyncIterable<ListedBlob> {
    const prefix = this.bucket.blobPrefix;
    const bound = this.clock.epochMs() - untouchedForMs;
    try {
      for await (const { key, touchedAtMs } of objectsBelow(this.bucket, prefix)) {
        if (touchedAtMs >= bound) continue;
        const blob = storedBlobOf(key.slice(prefix.length));
        if (blob !== undefined) yield { ...blob, touchedAtMs };
      }
    } catch (error) {
      throw this.told(storageErrorOf(error, this.options));
    }
  }

  async remove(tenantId: string, sha256: string): Promise<void> {
    const bucket = this.bucket.until(AbortSignal.timeout(UNDER_LOCK_MS));
    await this.removeKey(this.bucket.blobKey(tenantId, sha256), bucket);
  }

  async sweepStaging(olderThanMs: number): Promise<number> {
    return this.onS3('', () => sweepStaging(this.bucket, this.clock.epochMs() - olderThanMs));
  }

  async checkWritable(): Promise<void> {
    if (this.clock.monotonicMs() - this.probedAtMs < PROBE_HOLDS_MS) return;
    // One at a time, also while the store is silent and the balancer goes on asking.
    this.probing ??= this.probe().finally(() => (this.probing = undefined));
    return this.probing;
  }

  private async probe(): Promise<void> {
    await this.onS3('', () => probe(this.bucket));
    this.probedAtMs = this.clock.monotonicMs();
    if (this.lastTold !== '') this.logger.warn(`The store works again: ${this.options.endpoint}`);
    this.lastTold = '';
  }

  override async presign(tenantId: string, sha256: string, options: PresignOptions): Promise<string> {
    const key = this.bucket.blobKey(tenantId, sha256);
    return this.bucket.presign(key, options.expirySeconds, attachmentNamed(options.fileName));
  }

  /** One chunk at a time: the source waits until there is room, so memory stays flat. */
  private async takeIn(
    upload: PartUpload,
    source: AsyncIterable<Buffer>,
    options: StagingOptions,
  ): Promise<BlobDigest> {
    const pass = new DigestingPass();
    for await (const chunk of interruptible(source, options.signal)) {
      if (pass.sizeBytes + chunk.length > options.maxBytes) throw new BlobTooLargeError(options.maxBytes);
      options.tap?.(chunk);
      const written = this.onS3('', () => upload.write(chunk));
      pass.update(chunk);
      await unlessAborted(written, options.signal);
    }
    await unlessAborted(
      this.onS3('', () => upload.finish()),
      options.signal,
    );
    return pass.digest();
  }

  /** Also over a blob that is there already: the content is the same, and fresh bytes heal a damaged object. */
  private async copy(object: StagedObject, bucket: S3Bucket, patience: Patience): Promise<void> {
    const { sha256, sizeBytes } = object.digest;
    const to = bucket.blobKey(object.tenantId, sha256);
    await this.onS3(sha256, async () => {
      try {
        object.copyEtag = await copyObject(bucket, { from: object.key, to, sizeBytes }, patience);
      } catch (error) {
        // Promoted before, and perhaps the answer was lost.
        if (!isMissingKey(error) || (await this.find(to, bucket)) === undefined) throw error;
      }
    });
  }

  private async etagOf({ tenantId, digest }: StagedObject, bucket: S3Bucket): Promise<string | undefined> {
    return this.onS3(digest.sha256, () => this.find(bucket.blobKey(tenantId, digest.sha256), bucket));
  }

  /** The ETag of an object, or undefined. An answer without a body does not tell a missing bucket from a missing key. */
  private async find(key: string, { client, name, briefly }: S3Bucket): Promise<string | undefined> {
    try {
      return (await briefly.for(() => client.statObject(name, key))).etag;
    } catch (error) {
      if (codeOf(error) !== 'NotFound') throw error;
      if (await client.bucketExists(name)) return undefined;
      throw Object.assign(new Error('there is no such bucket'), { code: 'NoSuchBucket' });
    }
  }

  private async readKey(key: string, offset: number, length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    const { client, name, patience } = this.bucket;
    return this.onS3('', () =>
      patience.for(async () => {
        const stream = await client.getPartialObject(name, key, offset, length);
        return collected(stream as AsyncIterable<Buffer>, length);
      }),
    );
  }

  private async removeKey(key: string, { client, name, briefly } = this.bucket): Promise<void> {
    await this.onS3('', async () => {
      try {
        await briefly.for(() => client.removeObject(name, key));
      } catch (error) {
        if (!isMissingKey(error)) throw error;
      }
    });
  }

  private async onS3<T>(sha256: string, requests: () => Promise<T>): Promise<T> {
    try {
      return await requests();
    } catch (error) {
      throw isMissingKey(error)
        ? new BlobMissingError(sha256)
        : this.told(storageErrorOf(error, this.options));
    }
  }

  /** The caller is only told that it does not work. Why is for the log, once and not at each request. */
  private told(error: StorageError): StorageError {
    if (!(error instanceof StorageUnavailableError) || !(error.cause instanceof Error)) return error;
    this.probedAtMs = -Infinity;
    if (error.cause.message !== this.lastTold) this.logger.error(`Artifacts in S3: ${error.cause.message}`);
    this.lastTold = error.cause.message;
    return error;
  }
}

function mine(tenantId: string, staged: StagedBlob): StagedObject {
  if (staged instanceof StagedObject && staged.tenantId === tenantId) return staged;
  throw new InvalidBlobKeyError('staged blob');
}

/** An abort does not wait for a store that is slow; what is under way is cut by whoever clears up. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}
