import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { Logger } from '@nestjs/common';
import { Clock } from '../../src/platform/clock/clock';
import { S3BlobStore } from '../../src/platform/storage/s3/s3-blob-store';
import { describeBlobStore } from '../support/blob-store-contract';
import { describeS3Access } from '../support/s3/s3-contract';
import { MinioServer } from './support/minio-server';

jest.setTimeout(120_000);
Logger.overrideLogger(false);

let minio: MinioServer;
beforeAll(async () => {
  minio = await MinioServer.start();
}, 1_500_000);
afterAll(() => minio.discard());

describeBlobStore('S3BlobStore on MinIO', () => {
  const prefix = `${randomUUID()}/`;
  return Promise.resolve({
    store: new S3BlobStore(minio.options(prefix), new Clock()),
    everything: async () => (await minio.everything(prefix)).map((name) => basename(name)),
    close: () => Promise.resolve(),
  });
});

describeS3Access('S3BlobStore on MinIO and who may get in', () =>
  Promise.resolve(minio.options(`${randomUUID()}/`)),
);
