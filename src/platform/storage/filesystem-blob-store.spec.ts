import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { Clock } from '../clock/clock';
import { FilesystemBlobStore } from './filesystem-blob-store';
import { BlobMissingError, StorageUnavailableError } from './storage.errors';

const LIMIT = { maxBytes: 10_000_000 };

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** What it does beside what every store has to do. */
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

  it('lists what can be read, and nothing that only lies there', async () => {
    const sha256s = [await stored('1', 'a'), await stored('2', 'b')];
    await store.stage('1', chunks('only staged'), LIMIT);
    await writeFile(join(root, 'blobs', '1', 'stray'), '');
    const listed: string[] = [];
    for await (const blob of store.list()) listed.push(`${blob.tenantId}/${blob.sha256}`);
    expect(listed.sort()).toEqual([`1/${sha256s[0]}`, `2/${sha256s[1]}`]);
  });

  it('lets nobody else read the files', async () => {
    const sha256 = await stored('7', 'x');
    const path = join(root, 'blobs', '7', sha256.slice(0, 2), sha256);
    expect((await stat(path)).mode & 0o137).toBe(0);
    expect((await stat(join(root, 'blobs', '7'))).mode & 0o027).toBe(0);
  });

  it('reads in large pieces', async () => {
    const sha256 = await stored('1', 'x'.repeat(2_500_000));
    const sizes: number[] = [];
    for await (const chunk of await store.open('1', sha256)) sizes.push((chunk as Buffer).length);
    expect(sizes.slice(0, 2)).toEqual([1_048_576, 1_048_576]);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2_500_000);
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
