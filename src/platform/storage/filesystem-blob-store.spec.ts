import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { Clock } from '../clock/clock';
import { FilesystemBlobStore } from './filesystem-blob-store';
import {
  BlobMissingError,
  BlobTooLargeError,
  InvalidBlobKeyError,
  StorageUnavailableError,
} from './storage.errors';

const LIMIT = { maxBytes: 10_000_000 };
const ABSENT = 'a'.repeat(64);

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');

describe('FilesystemBlobStore', () => {
  let root: string;
  let store: FilesystemBlobStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'rookery-blobs-'));
    store = new FilesystemBlobStore(root, new Clock());
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const staging = () => readdir(join(root, 'staging'));
  const everything = async () =>
    (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  async function stored(tenantId: string, text: string): Promise<string> {
    const staged = await store.stage(tenantId, chunks(text), LIMIT);
    await store.promote(tenantId, staged);
    return staged.digest.sha256;
  }

  it('shows staged bytes only once they are promoted', async () => {
    const staged = await store.stage('1', chunks('hello ', 'world'), LIMIT);
    const { sha256 } = staged.digest;
    expect(staged.digest).toMatchObject({ sha256: sha256Of('hello world'), sizeBytes: 11 });
    expect(await store.has('1', sha256)).toBe(false);
    await store.promote('1', staged);
    expect(await store.has('1', sha256)).toBe(true);
    expect(await textOf(await store.open('1', sha256))).toBe('hello world');
    await staged.discard();
    expect(await staging()).toEqual([]);
    expect(await store.has('1', sha256)).toBe(true);
  });

  it('lists what can be read, and nothing that only lies there', async () => {
    const sha256s = [await stored('1', 'a'), await stored('2', 'b')];
    await store.stage('1', chunks('only staged'), LIMIT);
    await writeFile(join(root, 'blobs', '1', 'stray'), '');
    const listed: string[] = [];
    for await (const blob of store.list()) listed.push(`${blob.tenantId}/${blob.sha256}`);
    expect(listed.sort()).toEqual([`1/${sha256s[0]}`, `2/${sha256s[1]}`]);
  });

  it('lists nothing before anything was stored', async () => {
    for await (const blob of store.list()) throw new Error(`${blob.sha256} came from nowhere`);
  });

  it('places a blob again that was removed after it was promoted', async () => {
    const staged = await store.stage('1', chunks('twice'), LIMIT);
    await store.promote('1', staged);
    await store.remove('1', staged.digest.sha256);
    await store.promote('1', staged);
    await staged.discard();
    expect(await textOf(await store.open('1', staged.digest.sha256))).toBe('twice');
  });

  it('stores an empty file', async () => {
    const sha256 = await stored('1', '');
    expect(await textOf(await store.open('1', sha256))).toBe('');
  });

  it('lets nobody else read the files', async () => {
    const sha256 = await stored('7', 'x');
    const path = join(root, 'blobs', '7', sha256.slice(0, 2), sha256);
    expect((await stat(path)).mode & 0o137).toBe(0);
    expect((await stat(join(root, 'blobs', '7'))).mode & 0o027).toBe(0);
  });

  it('keeps tenants apart', async () => {
    const sha256 = await stored('1', 'mine');
    expect(await store.has('2', sha256)).toBe(false);
    await expect(store.open('2', sha256)).rejects.toThrow(BlobMissingError);
    const staged = await store.stage('1', chunks('mine'), LIMIT);
    await expect(store.promote('2', staged)).rejects.toThrow(InvalidBlobKeyError);
  });

  it('reads a range, and what there is of one that goes beyond', async () => {
    const sha256 = await stored('1', '0123456789');
    const read = async (start: number, endInclusive: number) =>
      textOf(await store.open('1', sha256, { start, endInclusive }));
    expect(await read(0, 0)).toBe('0');
    expect(await read(3, 5)).toBe('345');
    expect(await read(8, 99)).toBe('89');
    for (const [start, end] of [
      [5, 4],
      [-1, 4],
      [0.5, 4],
    ] as const) {
      await expect(store.open('1', sha256, { start, endInclusive: end })).rejects.toThrow(
        InvalidBlobKeyError,
      );
    }
  });

  it('reads in large pieces', async () => {
    const sha256 = await stored('1', 'x'.repeat(2_500_000));
    const sizes: number[] = [];
    for await (const chunk of await store.open('1', sha256)) sizes.push((chunk as Buffer).length);
    expect(sizes.slice(0, 2)).toEqual([1_048_576, 1_048_576]);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2_500_000);
  });

  it('promotes the same staged blob again, as a restarted transaction does', async () => {
    const staged = await store.stage('1', chunks('again'), LIMIT);
    await store.promote('1', staged);
    await store.promote('1', staged);
    await staged.discard();
    expect(await textOf(await store.open('1', staged.digest.sha256))).toBe('again');
  });

  it('heals a damaged blob when the same content is uploaded again, and cuts no reader', async () => {
    const sha256 = await stored('1', 'good');
    const path = join(root, 'blobs', '1', sha256.slice(0, 2), sha256);
    await writeFile(path, 'evil');
    const reading = await store.open('1', sha256);
    await stored('1', 'good');
    expect(await readFile(path, 'utf8')).toBe('good');
    expect(await textOf(reading)).toBe('evil');
  });

  it('says that a staged blob is gone rather than promoting nothing', async () => {
    const staged = await store.stage('1', chunks('gone'), LIMIT);
    await staged.discard();
    await staged.discard();
    await expect(store.promote('1', staged)).rejects.toThrow(BlobMissingError);
  });

  it('removes a blob, once or twice', async () => {
    const sha256 = await stored('1', 'short-lived');
    await store.remove('1', sha256);
    await store.remove('1', sha256);
    expect(await store.has('1', sha256)).toBe(false);
    await expect(store.open('1', sha256)).rejects.toMatchObject({ code: 'blob_missing' });
  });

  it('takes exactly the limit and leaves nothing of one byte more', async () => {
    await store.stage('1', chunks('1234', '5678'), { maxBytes: 8 }).then((staged) => staged.discard());
    const failing = store.stage('1', chunks('1234', '56789'), { maxBytes: 8 });
    await expect(failing).rejects.toThrow(BlobTooLargeError);
    expect(await everything()).toEqual([]);
  });

  it('leaves nothing of a source that fails, and rethrows its error', async () => {
    const broken = new Error('the client went away');
    async function* source(): AsyncGenerator<Buffer> {
      yield* chunks('some', 'bytes');
      throw broken;
    }
    await expect(store.stage('1', source(), LIMIT)).rejects.toBe(broken);
    expect(await everything()).toEqual([]);
  });

  it('lets the tap read along, and stops with its error', async () => {
    const seen: string[] = [];
    await store.stage('1', chunks('a', 'b'), { ...LIMIT, tap: (chunk) => void seen.push(chunk.toString()) });
    expect(seen).toEqual(['a', 'b']);
    const notABundle = new Error('not a bundle');
    let hasStopped = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield await Promise.resolve(Buffer.from('endless'));
      } finally {
        hasStopped = true;
      }
    }
    const tap = (): never => {
      throw notABundle;
    };
    await expect(store.stage('1', source(), { ...LIMIT, tap })).rejects.toBe(notABundle);
    expect(hasStopped).toBe(true);
    expect(await staging()).toHaveLength(1);
  });

  it('can be aborted while the source is silent', async () => {
    const silent = new PassThrough();
    silent.write('first');
    const controller = new AbortController();
    const staged = store.stage('1', silent, { ...LIMIT, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('shutting down')), 20);
    await expect(staged).rejects.toThrow('shutting down');
    expect(silent.destroyed).toBe(true);
    expect(await everything()).toEqual([]);
  });

  it('can be aborted while a generator never yields', async () => {
    async function* never(): AsyncGenerator<Buffer> {
      yield* chunks('first');
      await new Promise(() => undefined);
    }
    const signal = AbortSignal.timeout(20);
    await expect(store.stage('1', never(), { ...LIMIT, signal })).rejects.toThrow(/timeout/);
    await expect(store.stage('1', never(), { ...LIMIT, signal })).rejects.toThrow(/timeout/);
    expect(await everything()).toEqual([]);
  });

  it.each(['', '..', '1/../2', '-1', '1\n', 'x', '12345678901234567890'])(
    'refuses the tenant id %j before it becomes a path',
    async (tenantId) => {
      await expect(store.stage(tenantId, chunks('x'), LIMIT)).rejects.toThrow(InvalidBlobKeyError);
      await expect(store.has(tenantId, ABSENT)).rejects.toThrow(InvalidBlobKeyError);
      await expect(store.remove(tenantId, ABSENT)).rejects.toThrow(InvalidBlobKeyError);
      await expect(store.open(tenantId, ABSENT)).rejects.toThrow(InvalidBlobKeyError);
    },
  );

  it.each(['', '../../etc/passwd', ABSENT.toUpperCase(), `${ABSENT}a`, `${ABSENT}\n`])(
    'refuses the sha256 %j before it becomes a path',
    async (sha256) => {
      await expect(store.open('1', sha256)).rejects.toThrow(InvalidBlobKeyError);
      await expect(store.remove('1', sha256)).rejects.toThrow(InvalidBlobKeyError);
    },
  );

  it('sweeps what nobody touched for long, and only that', async () => {
    const dead = await store.stage('1', chunks('dead'), LIMIT);
    const alive = await store.stage('1', chunks('alive'), LIMIT);
    const [name] = await Promise.all(
      (await staging()).map(async (file) =>
        (await readFile(join(root, 'staging', file), 'utf8')) === 'dead' ? file : '',
      ),
    ).then((names) => names.filter((found) => found !== ''));
    const twoHoursAgo = new Clock().epochMs() / 1000 - 7200;
    await utimes(join(root, 'staging', name ?? ''), twoHoursAgo, twoHoursAgo);
    expect(await store.sweepStaging(3_600_000)).toBe(1);
    expect(await store.sweepStaging(3_600_000)).toBe(0);
    await store.promote('1', alive);
    await expect(store.promote('1', dead)).rejects.toThrow(BlobMissingError);
  });

  it('keeps one blob when the same content is staged and promoted many times at once', async () => {
    const text = 'popular'.repeat(1000);
    const staged = await Promise.all(Array.from({ length: 8 }, () => store.stage('1', chunks(text), LIMIT)));
    await Promise.all(staged.map((blob) => store.promote('1', blob)));
    await Promise.all(staged.map((blob) => blob.discard()));
    expect(await everything()).toEqual([sha256Of(text)]);
  });

  it('says whether it can write, and leaves no trace of asking', async () => {
    await store.checkWritable();
    expect(await everything()).toEqual([]);
    const blocked = join(root, 'file');
    await writeFile(blocked, '');
    const unusable = new FilesystemBlobStore(join(blocked, 'below'), new Clock());
    await expect(unusable.checkWritable()).rejects.toThrow(StorageUnavailableError);
    await mkdir(join(root, 'blobs', '.probe', 'in-the-way'), { recursive: true });
    await expect(store.checkWritable()).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await staging()).toEqual([]);
  });
});
