import { objectsBelow } from './object-list';
import type { S3Bucket } from './bucket/s3-bucket';
import { codeOf } from './bucket/s3-failure';

/** Not every store can list unfinished uploads; those that cannot end them by themselves after some days. */
const CANNOT_LIST = new Set(['NotImplemented', 'MethodNotAllowed', 'InvalidRequest', 'InvalidArgument']);

/** Deletes what uploads left in the staging folder and did not touch since `bound`, and says how many there were. */
export async function sweepStaging(bucket: S3Bucket, bound: number): Promise<number> {
  let swept = 0;
  for await (const { key, touchedAtMs } of objectsBelow(bucket, bucket.stagingKey(''))) {
    if (touchedAtMs >= bound || (await isGrowing(bucket, key, bound))) continue;
    await bucket.patience.for(() => bucket.client.removeObject(bucket.name, key));
    swept += 1;
  }
  // Copies that were cut, and uploads whose first object is gone; where the store lists by prefix.
  for (const prefix of ['staging/', 'blobs/'])
    await abortOld(bucket, `${bucket.options.prefix}${prefix}`, bound);
  return swept;
}

/** The empty object of an upload in parts stays as old as its beginning; its parts tell whether it is alive. */
async function isGrowing(bucket: S3Bucket, key: string, bound: number): Promise<boolean> {
  return (await abortOld(bucket, key, bound)) > 0;
}

/** Ends the unfinished uploads that nobody touched since `bound`; says how many are alive. */
async function abortOld(bucket: S3Bucket, prefix: string, bound: number): Promise<number> {
  let alive = 0;
  for (const { key, uploadId, initiated } of await unfinished(bucket, prefix)) {
    if (Math.max(initiated.getTime(), await lastPartMs(bucket, key, uploadId)) >= bound) alive += 1;
    else await bucket.client.abortMultipartUpload(bucket.name, key, uploadId).catch(() => undefined);
  }
  return alive;
}

/** Of an upload that cannot be asked now nobody knows whether it is alive. */
async function lastPartMs(bucket: S3Bucket, key: string, uploadId: string): Promise<number> {
  try {
    return Math.max(0, ...(await bucket.client.partTimesMs(bucket.name, key, uploadId)));
  } catch (error) {
    return codeOf(error) === 'NoSuchUpload' ? 0 : Infinity;
  }
}

interface Unfinished {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
}

async function unfinished(bucket: S3Bucket, prefix: string): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  let [keyMarker, uploadIdMarker] = ['', ''];
  try {
    for (;;) {
      const page = await bucket.client.listIncompleteUploadsQuery(
        bucket.name,
        prefix,
        keyMarker,
        uploadIdMarker,
        '',
      );
      found.push(...page.uploads);
      if (!page.isTruncated || page.nextKeyMarker === keyMarker) return found;
      [keyMarker, uploadIdMarker] = [page.nextKeyMarker, page.nextUploadIdMarker];
    }
  } catch (error) {
    if (CANNOT_LIST.has(codeOf(error))) return found;
    throw error;
  }
}
