import { randomUUID } from 'node:crypto';
import { copyObject } from './object-copy';
import type { S3Bucket } from './bucket/s3-bucket';

const PROBE = Buffer.from('probe');

/** Does in small what staging and promoting do. Not repeated: whoever asks, asks again. */
export async function probe(bucket: S3Bucket): Promise<void> {
  const { client, name, once } = bucket;
  const [from, to] = [bucket.stagingKey(`${randomUUID()}.probe`), bucket.probeKey];
  await client.putObject(name, from, PROBE, PROBE.length, { ...bucket.encryptionHeaders });
  try {
    await copyObject(bucket, { from, to, sizeBytes: PROBE.length }, once);
  } finally {
    await client.removeObject(name, from);
  }
}
