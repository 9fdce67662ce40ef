import { CopyDestinationOptions, CopySourceOptions } from 'minio';
import type { Patience } from './patience';
import type { S3Bucket } from './s3-bucket';

const MIB = 1024 * 1024;
/** One request copies 5 GiB at most, and takes its time for it; larger ones go in parts, several at once. */
const WHOLE_UP_TO_BYTES = 1024 * MIB;
const PART_BYTES = 512 * MIB;
const PARTS_AT_ONCE = 4;

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
    const numbers = Array.from({ length: Math.ceil(copy.sizeBytes / PART_BYTES) }, (_, index) => index + 1);
    const parts: { part: number; etag: string }[] = [];
    const next = async (): Promise<void> => {
      for (let part = numbers.shift(); part !== undefined; part = numbers.shift()) {
        const number = part;
        parts.push({ part, etag: await patience.for(() => copyPart(bucket, copy, { uploadId, number })) });
      }
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, next));
    parts.sort((one, other) => one.part - other.part);
    return (await client.completeMultipartUpload(name, copy.to, uploadId, parts)).etag;
  } catch (error) {
    await client.abortMultipartUpload(name, copy.to, uploadId).catch(() => undefined);
    throw error;
  }
}

async function copyPart(
  bucket: S3Bucket,
  copy: ObjectCopy,
  { uploadId, number }: { uploadId: string; number: number },
): Promise<string> {
  const start = (number - 1) * PART_BYTES;
  const end = Math.min(start + PART_BYTES, copy.sizeBytes) - 1;
  const { etag } = await bucket.client.uploadPart({
    bucketName: bucket.name,
    objectName: copy.to,
    uploadID: uploadId,
    partNumber: number,
    headers: {
      'x-amz-copy-source': `${bucket.name}/${copy.from}`,
      'x-amz-copy-source-range': `bytes=${start}-${end}`,
    },
  });
  return etag;
}
