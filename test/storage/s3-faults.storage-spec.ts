import { randomBytes, randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { Logger } from '@nestjs/common';
import { Clock } from '../../src/platform/clock/clock';
import { S3BlobStore } from '../../src/platform/storage/s3/s3-blob-store';
import type { S3Options } from '../../src/platform/storage/s3/bucket/s3-options';
import { bytesOf, chunks, sha256Of, stored } from '../support/blob-store-contract';
import { S3Server, type Fault, type Seen } from '../support/s3/s3-server';

Logger.overrideLogger(false);
jest.setTimeout(60_000);

const MIB = 1024 * 1024;
const LIMIT = { maxBytes: 64 * MIB };
const KEYS = { accessKey: 'rookery', secretKey: 'a-secret-of-the-test' };
const SLOW_DOWN: Fault = { kind: 'status', status: 503, code: 'SlowDown' };
const BROKEN: Fault = { kind: 'status', status: 500, code: 'InternalError' };
const RESET: Fault = { kind: 'reset' };
const LOST: Fault = { kind: 'lost-answer' };

const isPart = ({ method, query }: Seen): boolean => method === 'PUT' && query.has('partNumber');
const isBegin = ({ method, query }: Seen): boolean => method === 'POST' && query.has('uploads');
const isComplete = ({ method, query }: Seen): boolean => method === 'POST' && query.has('uploadId');
const isWholePut = ({ method, query }: Seen): boolean => method === 'PUT' && !query.has('partNumber');
const isGet = ({ method, key }: Seen): boolean => method === 'GET' && key.includes('blobs/');

let server: S3Server;
let store: S3BlobStore;
let options: S3Options;
beforeAll(async () => {
  server = await S3Server.start(KEYS);
});
afterAll(() => server.close());
beforeEach(() => {
  server.behave();
  server.content.objects.clear();
  server.content.uploads.clear();
  options = {
    endpoint: server.endpoint,
    publicEndpoint: server.endpoint,
    region: 'us-east-1',
    bucket: server.bucket,
    prefix: `${randomUUID()}/`,
    isPathStyle: true,
    ...KEYS,
    encryption: 'none',
  };
  store = new S3BlobStore(options, new Clock());
});

describe('S3BlobStore when the service falters', () => {
  it.each([
    ['asks to slow down', SLOW_DOWN],
    ['is broken', BROKEN],
    ['resets the connection', RESET],
    ['loses the answer', LOST],
  ])('tries again what a service that %s left undone', async (_, fault) => {
    const content = randomBytes(18 * MIB);
    for (const matches of [isBegin, isPart, isPart, isComplete, isWholePut, isGet])
      server.fail(fault, matches, 1);
    const sha256 = await stored(store, '1', content);
    expect(sha256).toBe(sha256Of(content));
    expect(sha256Of(await bytesOf(await store.open('1', sha256)))).toBe(sha256);
    const kept = [...server.content.objects.keys()].filter((key) => key.startsWith(options.prefix));
    expect(kept).toEqual([`${options.prefix}blobs/1/${sha256.slice(0, 2)}/${sha256}`]);
  });

  it('is not waited for under a lock for longer than Postgres waits, nor does it remove anything later', async () => {
    const staged = await store.stage('1', chunks('held'), LIMIT);
    await store.prepare('1', staged);
    for (const work of [
      (): Promise<void> => store.promote('1', staged),
      (): Promise<void> => store.remove('1', staged.digest.sha256),
    ]) {
      const patience = new AbortController();
      const bound = jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(patience.signal);
      server.fail({ kind: 'silence' });
      const before = server.seen.length;
      const failing = expect(work()).rejects.toMatchObject({
        code: 'storage_unavailable',
        cause: { message: expect.stringContaining('does not answer in time') },
      });
      while (server.seen.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
      patience.abort();
      await failing;
      expect(bound.mock.calls[0]![0]).toBeLessThan(15_000);
      expect(server.seen).toHaveLength(before + 1);
      bound.mockRestore();
    }
    expect(await store.has('1', staged.digest.sha256)).toBe(true);
  });

  it('has what was staged swept later when it cannot be removed now', async () => {
    const staged = await store.stage('1', chunks('staged'), LIMIT);
    server.fail({ kind: 'status', status: 403, code: 'AccessDenied' });
    await staged.discard();
    expect(server.content.objects.size).toBe(1);
    expect(await store.sweepStaging(-3_600_000)).toBe(1);
  });

  it('keeps an upload whose parts cannot be asked for: it may be alive', async () => {
    const controller = new AbortController();
    async function* slow(): AsyncGenerator<Buffer> {
      yield randomBytes(7 * MIB);
      await new Promise(() => undefined);
    }
    const staging = store.stage('1', slow(), { ...LIMIT, signal: controller.signal });
    const ended = expect(staging).rejects.toThrow('over');
    while (![...server.content.uploads.values()].some(({ parts }) => parts.size > 0))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const isQuestion = ({ method, query }: Seen): boolean => method === 'GET' && query.has('uploadId');
    server.fail({ kind: 'status', status: 403, code: 'AccessDenied' }, isQuestion, 3);
    expect(await store.sweepStaging(-3_600_000)).toBe(0);
    expect(server.content.uploads.size).toBe(1);
    server.behave();
    expect(await store.sweepStaging(-3_600_000)).toBe(1);
    controller.abort(new Error('over'));
    await ended;
  });

  it('is not asked to remove as an orphan what was prepared just now', async () => {
    const staged = await store.stage('1', chunks('prepared'), LIMIT);
    await store.prepare('1', staged);
    const listed = async (untouchedForMs?: number): Promise<number> => {
      let count = 0;
      for await (const { sha256 } of store.list(untouchedForMs))
        count += sha256 === staged.digest.sha256 ? 1 : 0;
      return count;
    };
    expect([await listed(60_000), await listed(-60_000), await listed()]).toEqual([0, 1, 1]);
  });

  it('does not complete an upload that lacks a part', async () => {
    server.fail({ kind: 'status', status: 403, code: 'AccessDenied' }, isPart, 1);
    const failing = store.stage('1', chunks(randomBytes(17 * MIB)), LIMIT);
    await expect(failing).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(server.seen.some((seen) => isComplete(seen) && seen.key.startsWith(options.prefix))).toBe(false);
    expect(server.content.uploads.size).toBe(0);
    expect(server.content.objects.size).toBe(0);
  });

  it.each(['XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded'])(
    'says that it is full: %s',
    async (code) => {
      server.fail({ kind: 'status', status: 507, code }, isWholePut, 1);
      await expect(store.stage('1', chunks('x'), LIMIT)).rejects.toMatchObject({ code: 'storage_full' });
      server.fail({ kind: 'status', status: 507, code }, isPart, 1);
      const large = store.stage('1', chunks(randomBytes(9 * MIB)), LIMIT);
      await expect(large).rejects.toMatchObject({ code: 'storage_full' });
      expect(server.content.objects.size).toBe(0);
      expect(server.content.uploads.size).toBe(0);
    },
  );

  it('does not repeat what cannot go better', async () => {
    const before = server.seen.length;
    server.fail({ kind: 'status', status: 403, code: 'AccessDenied' }, isWholePut, 9);
    await expect(store.stage('1', chunks('x'), LIMIT)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(server.seen.slice(before).filter(isWholePut)).toHaveLength(1);
  });

  it('tells of a download that was cut, and goes on from there by a range', async () => {
    const content = randomBytes(3 * MIB);
    const sha256 = await stored(store, '1', content);
    server.fail({ kind: 'cut-body', afterBytes: MIB }, isGet, 1);
    const received: Buffer[] = [];
    const read = async (): Promise<void> => {
      for await (const part of await store.open('1', sha256)) received.push(part as Buffer);
    };
    await expect(read()).rejects.toThrow();
    const start = Buffer.concat(received).length;
    expect(start).toBeLessThan(content.length);
    const rest = await bytesOf(await store.open('1', sha256, { start, endInclusive: content.length - 1 }));
    expect(Buffer.concat([...received, rest]).equals(content)).toBe(true);
  });

  it('lets go of the connection when a download ends early', async () => {
    const sha256 = await stored(store, '1', randomBytes(16 * MIB));
    const own = new S3BlobStore(options, new Clock());
    // Those that were kept alive so far go by themselves, at a time of their own.
    const untilNoneIsOpen = async (): Promise<void> => {
      while ((await server.connections()) > 0) await new Promise((next) => setTimeout(next, 20));
    };
    await untilNoneIsOpen();
    const sink = new PassThrough();
    const pouring = (await own.outlet('1', sha256)).pourInto(sink, 16 * MIB);
    expect(await server.connections()).toBe(1);
    sink.destroy();
    await expect(pouring).rejects.toThrow();
    await untilNoneIsOpen();
  });

  it('reads at the pace of whoever takes the bytes', async () => {
    const content = randomBytes(32 * MIB);
    const sha256 = await stored(store, '1', content);
    const stream = await store.open('1', sha256);
    stream.once('readable', () => undefined);
    await new Promise((next) => setTimeout(next, 200));
    expect(stream.readableLength).toBeLessThan(MIB);
    expect(sha256Of(await bytesOf(stream))).toBe(sha256);
  });

  it.each([
    ['sse-s3', { 'x-amz-server-side-encryption': 'AES256' }],
    [
      'sse-kms:arn:aws:kms:x:1:key/a-b',
      {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:x:1:key/a-b',
      },
    ],
  ])('asks for encryption wherever an object is made: %s', async (encryption, headers) => {
    const own = new S3BlobStore({ ...options, encryption }, new Clock());
    await own.stage('1', chunks('small'), LIMIT);
    await own.stage('1', chunks(randomBytes(9 * MIB)), LIMIT);
    await stored(own, '1', 'promoted');
    const objects = [...server.content.objects.values()];
    expect(objects).toHaveLength(3);
    for (const object of objects) expect(object.headers).toEqual(headers);
  });

  it('sweeps also where unfinished uploads cannot be listed', async () => {
    await store.stage('1', chunks('left over'), LIMIT);
    const lists = ({ method, query }: Seen): boolean => method === 'GET' && query.has('uploads');
    server.fail({ kind: 'status', status: 400, code: 'NotImplemented' }, lists, 9);
    expect(await store.sweepStaging(-3_600_000)).toBe(1);
    expect(server.content.objects.size).toBe(0);
  });

  it('says in the log what is wrong, once, and when it works again', async () => {
    const lines: string[] = [];
    const logger = {
      log: jest.fn(),
      warn: (line: string) => lines.push(line),
      error: (line: string) => lines.push(line),
    };
    Logger.overrideLogger(logger);
    try {
      server.fail({ kind: 'status', status: 404, code: 'NoSuchBucket' }, () => true, 3);
      for (let turn = 0; turn < 3; turn += 1) await expect(store.checkWritable()).rejects.toThrow();
      await store.checkWritable();
    } finally {
      Logger.overrideLogger(false);
    }
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/has no bucket "artifacts"/);
    expect(lines[1]).toMatch(/works again/);
    expect(lines.join()).not.toContain(KEYS.secretKey);
  });
});
