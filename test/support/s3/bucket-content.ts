import { createHash, randomUUID } from 'node:crypto';

export interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedAt: Date;
  readonly headers: Readonly<Record<string, string>>;
}

export interface UnfinishedUpload {
  readonly key: string;
  readonly initiatedAt: Date;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, StoredObject>;
}

/** What S3 answers instead of doing it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

const LEAST_PART_BYTES = 5 * 1024 * 1024;

function objectOf(bytes: Buffer, headers: Record<string, string>): StoredObject {
  const etag = createHash('md5').update(bytes).digest('hex');
  return { bytes, etag, modifiedAt: new Date(), headers };
}

/** One bucket in memory. */
export class BucketContent {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, UnfinishedUpload>();

  put(key: string, bytes: Buffer, headers: Record<string, string>): StoredObject {
    const object = objectOf(bytes, headers);
    this.objects.set(key, object);
    return object;
  }

  get(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) throw new Refusal(404, 'NoSuchKey');
    return object;
  }

  begin(key: string, headers: Record<string, string>): string {
    const uploadId = randomUUID();
    this.uploads.set(uploadId, { key, initiatedAt: new Date(), headers, parts: new Map() });
    return uploadId;
  }

  upload(uploadId: string): UnfinishedUpload {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) throw new Refusal(404, 'NoSuchUpload');
    return upload;
  }

  putPart(uploadId: string, part: number, bytes: Buffer): StoredObject {
    const object = objectOf(bytes, {});
    this.upload(uploadId).parts.set(part, object);
    return object;
  }

  /** As S3 does: the parts that are named, in rising order, none but the last too small. */
  complete(uploadId: string, named: readonly { part: number; etag: string }[]): StoredObject {
    const upload = this.upload(uploadId);
    const parts = named.map(({ part, etag }, index) => {
      const found = upload.parts.get(part);
      if (found?.etag !== etag) throw new Refusal(400, 'InvalidPart');
      if (index > 0 && part <= named[index - 1]!.part) throw new Refusal(400, 'InvalidPartOrder');
      if (index < named.length - 1 && found.bytes.length < LEAST_PART_BYTES)
        throw new Refusal(400, 'EntityTooSmall');
      return found.bytes;
    });
    this.uploads.delete(uploadId);
    return this.put(upload.key, Buffer.concat(parts), upload.headers);
  }

  abort(uploadId: string): void {
    this.upload(uploadId);
    this.uploads.delete(uploadId);
  }
}
