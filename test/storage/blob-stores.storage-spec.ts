import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Clock } from '../../src/platform/clock/clock';
import { FilesystemBlobStore } from '../../src/platform/storage/filesystem-blob-store';
import { S3BlobStore } from '../../src/platform/storage/s3/s3-blob-store';
import type { S3Options } from '../../src/platform/storage/s3/bucket/s3-options';
import { describeBlobStore, type StoreUnderTest } from '../support/blob-store-contract';
import { describeS3Access } from '../support/s3/s3-contract';
import { S3Server } from '../support/s3/s3-server';

Logger.overrideLogger(false);

async function onDisk(): Promise<StoreUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'rookery-blobs-'));
  return {
    store: new FilesystemBlobStore(root, new Clock()),
    everything: async () =>
      (await readdir(root, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

const KEYS = { accessKey: 'rookery', secretKey: 'a-secret-of-the-test' };
let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start(KEYS);
});
afterAll(() => server.close());

const options = (): S3Options => ({
  endpoint: server.endpoint,
  publicEndpoint: server.endpoint,
  region: 'eu-central-1',
  bucket: server.bucket,
  prefix: `${randomUUID()}/`,
  isPathStyle: true,
  ...KEYS,
  encryption: 'none',
});

function inMemory(): Promise<StoreUnderTest> {
  const place = options();
  const { content } = server;
  const below = (keys: Iterable<string>): string[] =>
    [...keys].filter((key) => key.startsWith(place.prefix)).map((key) => basename(key));
  return Promise.resolve({
    store: new S3BlobStore(place, new Clock()),
    everything: async () => [
      ...below(content.objects.keys()),
      ...below([...content.uploads.values()].map(({ key }) => key)),
    ],
    close: async () => {
      content.objects.clear();
      content.uploads.clear();
    },
  });
}

describeBlobStore('FilesystemBlobStore', onDisk);
describeBlobStore('S3BlobStore on a server in this process', inMemory);
describeS3Access('S3BlobStore and who may get in', () => Promise.resolve(options()));

it('FilesystemBlobStore knows no presigned addresses, but where the file lies', async () => {
  const place = await onDisk();
  const sha256 = 'ab'.repeat(32);
  expect(await place.store.presign('1', sha256, { expirySeconds: 60 })).toBeUndefined();
  expect(place.store.internalPath('1', sha256)).toBe(`blobs/1/ab/${sha256}`);
  await place.close();
});
