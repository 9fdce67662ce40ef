import { CopyDestinationOptions, CopySourceOptions } from 'minio';
import type { Patience } from './bucket/patience';
import type { S3Bucket } from './bucket/s3-bucket';
import { codeOf } from './bucket/s3-failure';

const MIB = 1024 * 1024;
/** One request may copy 5 GiB, but says nothing meanwhile; so larger objects go in parts, several at once. */
const WHOLE_UP_TO_BYTES = 256 * MIB;
const LEAST_PART_BYTES = 128 * MIB;
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 3;

export interface ObjectCopy {
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
}

/**
 * Copies inside the store and gives the copy's ETag; the copy is there whole or not at all. In parts of our own making:
 * the library's `composeObject` gives all parts of one source the same number, and swallows what goes wrong.
 */
export async function copyObject(bucket: S3Bucket, copy: ObjectCopy, patience: Patience): Promise<string> {
  if (copy.sizeBytes > WHOLE_UP_TO_BYTES) return copyInParts(bucket, copy, patience);
  return patience.for(async () => {
    const source = new CopySourceOptions({ Bucket: bucket.name, Object: copy.from });
    const target = { Bucket: bucket.name, Object: copy.to, Headers: bucket.encryptionHeaders };
    const copied = await bucket.client.copyObject(source, new CopyDestinationOptions(target));
    return etagOf(copied);
  });
}

/** Where the answer has it depends on the version of the answer. */
function etagOf(copied: object): string {
  const etag = 'Etag' in copied ? copied.Etag : 'etag' in copied ? copied.etag : '';
  return typeof etag === 'string' ? etag : '';
}

async function copyInParts(bucket: S3Bucket, copy: ObjectCopy, patience: Patience): Promise<string> {
  const { client, name } = bucket;
  const uploadId = await patience.for(() =>
    client.initiateNewMultipartUpload(name, copy.to, { ...bucket.encryptionHeaders }),
  );
  try {
    const parts = await copyParts(bucket, { ...copy, uploadId }, patience);
    return await patience.for(() => complete(bucket, { ...copy, uploadId }, parts));
  } catch (error) {
    await client.abortMultipartUpload(name, copy.to, uploadId).catch(() => undefined);
    throw error;
  }
}

interface CopyInParts extends ObjectCopy {
  readonly uploadId: string;
}

interface Part {
  readonly part: number;
  readonly etag: string;
}

async function copyParts(bucket: S3Bucket, copy: CopyInParts, patience: Patience): Promise<Part[]> {
  const partBytes = Math.max(LEAST_PART_BYTES, Math.ceil(copy.sizeBytes / MOST_PARTS));
  const starts = Array.from(
    { length: Math.ceil(copy.sizeBytes / partBytes) },
    (_, index) => index * partBytes,
  );
  const parts: Part[] = [];
  const failures: unknown[] = [];
  const copyNext = async (): Promise<void> => {
    for (let start = starts.shift(); start !== undefined && failures.length === 0; start = starts.shift()) {
      const range = { start, end: Math.min(start + partBytes, copy.sizeBytes) };
      const part = start / partBytes + 1;
      const copied = patience.for(() => copyPart(bucket, copy, { part, ...range }));
      await copied.then(
        (etag) => parts.push({ part, etag }),
        (error: unknown) => failures.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, copyNext));
  if (failures.length > 0) throw failures[0];
  return parts.sort((one, other) => one.part - other.part);
}

async function copyPart(
  bucket: S3Bucket,
  copy: CopyInParts,
  { part, start, end }: { part: number; start: number; end: number },
): Promise<string> {
  const { etag } = await bucket.client.uploadPart({
    bucketName: bucket.name,
    objectName: copy.to,
    uploadID: copy.uploadId,
    partNumber: part,
    headers: {
      'x-amz-copy-source': `${bucket.name}/${copy.from}`,
      'x-amz-copy-source-range': `bytes=${start}-${end - 1}`,
    },
  });
  return etag;
}

/** Repeated after an answer that got lost, there is no such upload any more; the copy is then there. */
async function complete(bucket: S3Bucket, copy: CopyInParts, parts: Part[]): Promise<string> {
  const { client, name } = bucket;
  try {
    return (await client.completeMultipartUpload(name, copy.to, copy.uploadId, parts)).etag;
  } catch (error) {
    if (codeOf(error) !== 'NoSuchUpload') throw error;
    const { size, etag } = await client.statObject(name, copy.to);
    if (size !== copy.sizeBytes) throw error;
    return etag;
  }
}
