import type { S3Bucket, S3Client } from './bucket/s3-bucket';
import { codeOf } from './bucket/s3-failure';

/** S3 takes at most so many parts, and none below 5 MiB but the last. */
const MOST_PARTS = 10_000;
const LEAST_PART_BYTES = 6 * 1024 * 1024;
const MIB = 1024 * 1024;
/** Parts on their way while the next one fills: so many buffers and one more are all that an upload holds. */
const PARTS_UNDER_WAY = 2;

interface Part {
  readonly part: number;
  readonly etag: string;
}

/** Large enough that the limit fits into the parts that S3 allows. */
export function partBytesFor(maxBytes: number): number {
  return Math.max(LEAST_PART_BYTES, Math.ceil(maxBytes / MOST_PARTS / MIB) * MIB);
}

/**
 * One object of unknown length, written piece by piece in flat memory. What fits into one part is sent whole; all else in
 * parts, which nobody sees before {@link PartUpload.finish}. The client library's own way keeps every part until its end.
 */
export class PartUpload {
  private readonly cut = new AbortController();
  private readonly client: S3Client;
  private readonly free: Buffer[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private readonly parts: Part[] = [];
  private filling: Buffer | undefined;
  private filled = 0;
  private started = 0;
  private sizeBytes = 0;
  private failure: { readonly cause: unknown } | undefined;
  private uploadId: string | undefined;

  constructor(
    private readonly bucket: S3Bucket,
    readonly key: string,
    private readonly partBytes: number,
  ) {
    this.client = bucket.clientWith(this.cut.signal);
  }

  /** Resolves when there is room for more. Copies, so the chunk belongs to the caller again. */
  async write(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length;) {
      this.filling ??= this.free.pop() ?? Buffer.allocUnsafeSlow(this.partBytes);
      const taken = chunk.copy(this.filling, this.filled, offset);
      offset += taken;
      this.sizeBytes += taken;
      this.filled += taken;
      if (this.filled === this.partBytes) await this.send();
    }
  }

  /** The object is there, durably, under its key. */
  async finish(): Promise<void> {
    const { uploadId } = this;
    if (uploadId === undefined) return this.sendWhole();
    if (this.filled > 0) await this.send();
    await this.settled(0);
    const parts = this.parts.sort((one, other) => one.part - other.part);
    await this.bucket.patience.for(() => this.complete(uploadId, parts), this.cut.signal);
  }

  /** Ends what is under way and leaves nothing behind, as far as the store can be reached. Never rejects. */
  async abandon(): Promise<void> {
    const { client, name, briefly } = this.bucket;
    this.cut.abort();
    await Promise.all(this.underWay);
    const { uploadId } = this;
    if (uploadId === undefined) return;
    const steps = [
      () => client.abortMultipartUpload(name, this.key, uploadId),
      () => client.removeObject(name, this.key),
    ];
    // What is left over then is swept.
    for (const step of steps) await briefly.for(step).catch(() => undefined);
  }

  private async send(): Promise<void> {
    const buffer = this.filling;
    if (buffer === undefined) return;
    const uploadId = (this.uploadId ??= await this.begin());
    this.started += 1;
    const sending = this.sendPart(uploadId, this.started, buffer.subarray(0, this.filled))
      // Kept, since nobody may be waiting for it now: an upload that lacks a part must not be completed.
      .catch((error: unknown) => void (this.failure ??= { cause: error }))
      .finally(() => {
        this.underWay.delete(sending);
        this.free.push(buffer);
      });
    this.underWay.add(sending);
    [this.filling, this.filled] = [undefined, 0];
    await this.settled(PARTS_UNDER_WAY - 1);
  }

  /** Resolves when no more than so many parts are under way; rejects when one of them all has failed. */
  private async settled(most: number): Promise<void> {
    while (this.failure === undefined && this.underWay.size > most) await Promise.race(this.underWay);
    if (this.failure !== undefined) throw this.failure.cause;
  }

  /**
   * An empty object under the same key first: the sweep finds it, and by its key the parts. MinIO lists unfinished
   * uploads of a key, but not of a prefix.
   */
  private async begin(): Promise<string> {
    const { name, encryptionHeaders } = this.bucket;
    await this.retried(() =>
      this.client.putObject(name, this.key, Buffer.alloc(0), 0, { ...encryptionHeaders }),
    );
    return this.retried(() =>
      this.client.initiateNewMultipartUpload(name, this.key, { ...encryptionHeaders }),
    );
  }

  private async sendPart(uploadId: string, part: number, bytes: Buffer): Promise<void> {
    const target = {
      bucketName: this.bucket.name,
      objectName: this.key,
      uploadID: uploadId,
      partNumber: part,
    };
    const { etag } = await this.retried(() => this.client.uploadPart({ ...target, headers: {} }, bytes));
    this.parts.push({ part, etag });
  }

  private async sendWhole(): Promise<void> {
    const bytes = (this.filling ?? Buffer.alloc(0)).subarray(0, this.filled);
    const { name, encryptionHeaders } = this.bucket;
    await this.retried(() =>
      this.client.putObject(name, this.key, bytes, bytes.length, { ...encryptionHeaders }),
    );
  }

  /** Repeated after an answer that got lost, there is no such upload any more: then the object must have its whole length. */
  private async complete(uploadId: string, parts: Part[]): Promise<void> {
    try {
      await this.client.completeMultipartUpload(this.bucket.name, this.key, uploadId, parts);
    } catch (error) {
      if (codeOf(error) !== 'NoSuchUpload') throw error;
      const { size } = await this.client.statObject(this.bucket.name, this.key);
      if (size !== this.sizeBytes) throw error;
    }
  }

  private async retried<T>(request: () => Promise<T>): Promise<T> {
    return this.bucket.patience.for(request, this.cut.signal);
  }
}
