import type { S3Bucket } from './bucket/s3-bucket';

/** Keys in one answer, as many as S3 gives at most. */
const PAGE = 1000;

/** An object as a list shows it. */
export interface ListedObject {
  readonly key: string;
  readonly touchedAtMs: number;
}

/** All objects whose keys begin so, page by page. */
export async function* objectsBelow(bucket: S3Bucket, prefix: string): AsyncIterable<ListedObject> {
  let token = '';
  do {
    const from = token;
    const page = await bucket.patience.for(() =>
      bucket.client.listObjectsV2Query(bucket.name, prefix, from, '', PAGE, ''),
    );
    for (const { name, lastModified } of page.objects)
      if (lastModified !== undefined) yield { key: name, touchedAtMs: lastModified.getTime() };
    token = page.isTruncated ? page.nextContinuationToken : '';
  } while (token !== '');
}
