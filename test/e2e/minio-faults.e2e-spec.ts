import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Clock } from '../../src/platform/clock/clock';
import { S3BlobStore } from '../../src/platform/storage/s3/s3-blob-store';
import { bytesOf, chunks, sha256Of, stored } from '../support/blob-store-contract';
import type { LargeUpload } from './support/large-upload';
import { MinioServer } from './support/minio-server';

jest.setTimeout(600_000);
Logger.overrideLogger(false);

const MIB = 1024 * 1024;
const LIMIT = { maxBytes: 256 * MIB };

let minio: MinioServer;
let prefix: string;
let store: S3BlobStore;
beforeAll(async () => {
  minio = await MinioServer.start();
}, 1_500_000);
afterAll(() => minio.discard());
beforeEach(() => {
  prefix = `${randomUUID()}/`;
  store = new S3BlobStore(minio.options(prefix), new Clock());
});

describe('S3BlobStore when MinIO is killed and comes back', () => {
  it('finishes an upload that was under way', async () => {
    const content = randomBytes(40 * MIB);
    async function* source(): AsyncGenerator<Buffer> {
      yield content.subarray(0, 20 * MIB);
      await minio.kill9();
      const back = new Promise<void>((resolve, reject) =>
        setTimeout(() => void minio.launch().then(resolve, reject), 500),
      );
      yield content.subarray(20 * MIB);
      await back;
    }
    const staged = await store.stage('1', source(), LIMIT);
    await store.promote('1', staged);
    await staged.discard();
    expect(staged.digest.sha256).toBe(sha256Of(content));
    expect(sha256Of(await bytesOf(await store.open('1', staged.digest.sha256)))).toBe(sha256Of(content));
    expect(await minio.everything(prefix)).toHaveLength(1);
  });

  it('cuts a download, which goes on by a range', async () => {
    const content = randomBytes(64 * MIB);
    const sha256 = await stored(store, '1', content);
    const received: Buffer[] = [];
    const read = async (): Promise<void> => {
      for await (const part of await store.open('1', sha256)) {
        if (received.length === 20) await minio.kill9();
        received.push(part as Buffer);
      }
    };
    await expect(read()).rejects.toThrow();
    const start = Buffer.concat(received).length;
    expect(start).toBeLessThan(content.length);
    // Asked for before the server is back: it waits rather than fails.
    const rest = store.open('1', sha256, { start, endInclusive: content.length - 1 });
    await minio.launch();
    expect(Buffer.concat([...received, await bytesOf(await rest)]).equals(content)).toBe(true);
  });

  it('is not ready meanwhile, and ready again afterwards', async () => {
    await minio.kill9();
    const failure: unknown = await store.checkWritable().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'storage_unavailable' });
    expect((failure as { cause: Error }).cause.message).toMatch(/cannot be reached/);
    await minio.launch();
    await store.checkWritable();
  });
});

describe('S3BlobStore on MinIO', () => {
  it.each(['sse-s3', 'sse-kms:a-key'])('has everything encrypted with %s', async (encryption) => {
    const own = new S3BlobStore({ ...minio.options(prefix), encryption }, new Clock());
    const small = await stored(own, '1', 'small');
    const large = await stored(own, '1', randomBytes(18 * MIB));
    for (const sha256 of [small, large]) {
      const key = `${prefix}blobs/1/${sha256.slice(0, 2)}/${sha256}`;
      const request = { method: 'HEAD', bucketName: minio.bucket, objectName: key };
      const { headers } = await minio.client().makeRequestAsyncOmit(request);
      expect(headers['x-amz-server-side-encryption']).toBe(encryption === 'sse-s3' ? 'AES256' : 'aws:kms');
      expect(sha256Of(await bytesOf(await own.open('1', sha256)))).toBe(sha256);
    }
    const staged = await own.stage('1', chunks('prepared'), LIMIT);
    await own.prepare('1', staged);
    await own.promote('1', staged);
    expect(await own.has('1', staged.digest.sha256)).toBe(true);
  });

  it('takes and gives 2 GiB in memory that does not grow with it', async () => {
    const sizeBytes = 2048 * MIB;
    const child = fork(join(__dirname, 'support', 'large-upload.ts'), {
      execArgv: ['-r', join(__dirname, '..', 'support', 'require-typescript.js')],
    });
    const exited = once(child, 'exit');
    child.send({ options: minio.options(prefix), sizeBytes });
    const [measured] = (await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => Promise.reject(new Error(`the program ended with ${String(code)}`))),
    ])) as [LargeUpload];
    await exited;
    const expected = createHash('sha256');
    for (let turn = 0; turn < sizeBytes / 65_536; turn += 1)
      expected.update(Buffer.alloc(65_536, turn % 251));
    expect(measured.readBytes).toBe(sizeBytes);
    expect(measured.sha256).toBe(expected.digest('hex'));
    process.stdout.write(
      `2 GiB to MinIO and back: ${Math.round(measured.grownBytes / MIB)} MiB more memory\n`,
    );
    expect(measured.grownBytes).toBeLessThan(64 * MIB);
  });
});
