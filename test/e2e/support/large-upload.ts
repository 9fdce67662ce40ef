import { Clock } from '../../../src/platform/clock/clock';
import { S3BlobStore } from '../../../src/platform/storage/s3/s3-blob-store';
import type { S3Options } from '../../../src/platform/storage/s3/bucket/s3-options';

/** What a program that does nothing else measured. */
export interface LargeUpload {
  readonly sha256: string;
  readonly readBytes: number;
  /** How much more memory the process had at the worst moment than before. */
  readonly grownBytes: number;
}

const CHUNK_BYTES = 65_536;
const WARM_UP_BYTES = 96 * 1024 * 1024;

/** As a socket delivers: a new buffer each time, so only prompt release keeps memory flat. */
async function* generated(sizeBytes: number): AsyncGenerator<Buffer> {
  for (let sent = 0, turn = 0; sent < sizeBytes; sent += CHUNK_BYTES, turn += 1)
    yield await Promise.resolve(Buffer.alloc(Math.min(CHUNK_BYTES, sizeBytes - sent), turn % 251));
}

async function run(options: S3Options, sizeBytes: number): Promise<LargeUpload> {
  const store = new S3BlobStore(options, new Clock());
  // Connections, code, hash functions and the buffers of some parts are there before the measuring begins, as in a server.
  const warm = await store.stage('1', generated(WARM_UP_BYTES), { maxBytes: sizeBytes });
  await warm.discard();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
  const staged = await store.stage('1', generated(sizeBytes), { maxBytes: sizeBytes });
  await store.prepare('1', staged);
  await store.promote('1', staged);
  let readBytes = 0;
  for await (const chunk of await store.open('1', staged.digest.sha256))
    readBytes += (chunk as Buffer).length;
  clearInterval(watch);
  return { sha256: staged.digest.sha256, readBytes, grownBytes: most - before };
}

process.once('message', ({ options, sizeBytes }: { options: S3Options; sizeBytes: number }) => {
  run(options, sizeBytes).then(
    (measured) => process.send?.(measured, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
