import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Writable, type Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { BlobStore } from '../../src/platform/storage/blob-store';
import {
  BlobMissingError,
  BlobTooLargeError,
  InvalidBlobKeyError,
} from '../../src/platform/storage/storage.errors';

/** A store that holds nothing yet, and what a test must see besides its face. */
export interface StoreUnderTest {
  readonly store: BlobStore;
  /** Everything that is kept, also what is staged or half-written, by name. */
  everything(): Promise<string[]>;
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
const LIMIT = { maxBytes: 64 * MIB };
const ABSENT = 'a'.repeat(64);
/** Everything is older than that, whatever the clock of the store says. */
const WHATEVER_AGE_MS = -3_600_000;
const HOUR_MS = 3_600_000;

export async function* chunks(...pieces: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}

export async function bytesOf(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export const sha256Of = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/** Stages, promotes and forgets what was staged; gives the sha256. */
export async function stored(store: BlobStore, tenantId: string, content: string | Buffer): Promise<string> {
  const staged = await store.stage(tenantId, chunks(content), LIMIT);
  await store.promote(tenantId, staged);
  await staged.discard();
  return staged.digest.sha256;
}

async function listed(store: BlobStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { tenantId, sha256 } of store.list()) names.push(`${tenantId}/${sha256}`);
  return names.sort();
}

/** Some bytes, then nothing more and no end. */
async function* stuck(first: Buffer): AsyncGenerator<Buffer> {
  yield first;
  await new Promise(() => undefined);
}

/** What every store has to do, whatever lies behind it. */
export function describeBlobStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let place: StoreUnderTest;
    let store: BlobStore;
    beforeEach(async () => {
      place = await open();
      store = place.store;
    });
    afterEach(() => place.close());

    const read = async (sha256: string, start: number, endInclusive: number): Promise<string> =>
      (await bytesOf(await store.open('1', sha256, { start, endInclusive }))).toString();

    it('shows staged bytes only once they are promoted', async () => {
      const staged = await store.stage('1', chunks('hello ', 'world'), LIMIT);
      const { sha256 } = staged.digest;
      expect(await store.has('1', sha256)).toBe(false);
      await expect(store.open('1', sha256)).rejects.toThrow(BlobMissingError);
      await store.promote('1', staged);
      expect(await store.has('1', sha256)).toBe(true);
      expect((await bytesOf(await store.open('1', sha256))).toString()).toBe('hello world');
      await staged.discard();
      expect((await place.everything()).filter((one) => !one.endsWith(sha256))).toEqual([]);
    });

    it('reads parts of what is only staged, and of nothing that was discarded', async () => {
      const staged = await store.stage('1', chunks('0123', '456789'), LIMIT);
      const part = async (offset: number, length: number): Promise<string> =>
        (await staged.read(offset, length)).toString();
      expect([await part(0, 10), await part(3, 4), await part(9, 1), await part(5, 0)]).toEqual([
        ...['0123456789', '3456', '9', ''],
      ]);
      await expect(staged.read(8, 3)).rejects.toThrow();
      await staged.discard();
      await expect(staged.read(0, 1)).rejects.toThrow();
    });

    it('computes every digest in the one pass', async () => {
      const text = 'hello world';
      const { digest } = await store.stage('1', chunks(...text), LIMIT);
      const hex = (algorithm: string): string => createHash(algorithm).update(text).digest('hex');
      expect(digest).toEqual({
        sha256: hex('sha256'),
        sha1: hex('sha1'),
        md5: hex('md5'),
        crc32: crc32(text).toString(16).padStart(8, '0'),
        sizeBytes: 11,
      });
    });

    it('stores an empty file, and no range of it holds anything', async () => {
      const sha256 = await stored(store, '1', '');
      expect(await store.has('1', sha256)).toBe(true);
      expect((await bytesOf(await store.open('1', sha256))).length).toBe(0);
      expect(await read(sha256, 0, 0)).toBe('');
    });

    it('reads ranges one after the other, and what there is of one that goes beyond', async () => {
      const sha256 = await stored(store, '1', '0123456789');
      expect(await read(sha256, 0, 0)).toBe('0');
      expect(await read(sha256, 3, 5)).toBe('345');
      expect(await read(sha256, 0, 9)).toBe('0123456789');
      expect(await read(sha256, 8, 99)).toBe('89');
      expect(await read(sha256, 10, 99)).toBe('');
      const several = await Promise.all([read(sha256, 1, 2), read(sha256, 4, 4), read(sha256, 7, 9)]);
      expect(several).toEqual(['12', '4', '789']);
    });

    it.each([
      [5, 4],
      [-1, 4],
      [0.5, 4],
    ])('refuses the range %d to %d', async (start, endInclusive) => {
      const sha256 = await stored(store, '1', '0123456789');
      await expect(store.open('1', sha256, { start, endInclusive })).rejects.toThrow(InvalidBlobKeyError);
    });

    it('keeps bytes of several parts as they are, and ranges across the seams', async () => {
      const content = randomBytes(20 * MIB + 12_345);
      const pieces: Buffer[] = [];
      for (let at = 0; at < content.length; at += 700_001) pieces.push(content.subarray(at, at + 700_001));
      const staged = await store.stage('1', chunks(...pieces), LIMIT);
      await store.promote('1', staged);
      await staged.discard();
      const { sha256 } = staged.digest;
      expect(sha256).toBe(sha256Of(content));
      expect(sha256Of(await bytesOf(await store.open('1', sha256)))).toBe(sha256);
      const [start, endInclusive] = [5 * MIB, 13 * MIB];
      const part = await bytesOf(await store.open('1', sha256, { start, endInclusive }));
      expect(part.equals(content.subarray(start, endInclusive + 1))).toBe(true);
      expect(await place.everything()).toEqual([sha256]);
    });

    it('pours whole blobs and ranges into a sink and ends it', async () => {
      const sha256 = await stored(store, '1', '0123456789');
      for (const [range, expected] of [
        [undefined, '0123456789'],
        [{ start: 2, endInclusive: 4 }, '234'],
      ] as const) {
        const sink = new PassThrough();
        const [received] = await Promise.all([
          bytesOf(sink),
          store.outlet('1', sha256, range).then((outlet) => outlet.pourInto(sink, expected.length)),
        ]);
        expect(received.toString()).toBe(expected);
      }
      await (await store.outlet('1', sha256)).close();
      await expect(store.outlet('1', ABSENT)).rejects.toThrow(BlobMissingError);
    });

    it('stops when the sink goes away in the middle', async () => {
      const sha256 = await stored(store, '1', randomBytes(8 * MIB));
      const sink = new Writable({
        write(_chunk, _encoding, _done) {
          this.destroy();
        },
      });
      sink.on('error', () => undefined);
      await expect((await store.outlet('1', sha256)).pourInto(sink, 8 * MIB)).rejects.toThrow();
    });

    it('takes the same content twice, also in another tenant, and keeps tenants apart', async () => {
      const sha256 = await stored(store, '1', 'mine');
      expect(await stored(store, '1', 'mine')).toBe(sha256);
      expect(await store.has('2', sha256)).toBe(false);
      await expect(store.open('2', sha256)).rejects.toThrow(BlobMissingError);
      await stored(store, '2', 'mine');
      await store.remove('1', sha256);
      expect(await store.has('2', sha256)).toBe(true);
      const staged = await store.stage('1', chunks('mine'), LIMIT);
      await expect(store.promote('2', staged)).rejects.toThrow(InvalidBlobKeyError);
    });

    it('promotes the same staged blob again, as a restarted transaction does', async () => {
      const staged = await store.stage('1', chunks('again'), LIMIT);
      await store.promote('1', staged);
      await store.promote('1', staged);
      await staged.discard();
      expect((await bytesOf(await store.open('1', staged.digest.sha256))).toString()).toBe('again');
    });

    it('promotes what was prepared once or twice, also if it was removed in between', async () => {
      const staged = await store.stage('1', chunks('prepared'), LIMIT);
      await store.prepare('1', staged);
      await store.prepare('1', staged);
      await store.remove('1', staged.digest.sha256);
      await store.promote('1', staged);
      expect((await bytesOf(await store.open('1', staged.digest.sha256))).toString()).toBe('prepared');
      await store.remove('1', staged.digest.sha256);
      await store.promote('1', staged);
      await staged.discard();
      expect(await place.everything()).toEqual([staged.digest.sha256]);
    });

    it('says that a staged blob is gone rather than promoting nothing', async () => {
      const staged = await store.stage('1', chunks('gone'), LIMIT);
      await staged.discard();
      await staged.discard();
      await expect(store.promote('1', staged)).rejects.toThrow(BlobMissingError);
      expect(await place.everything()).toEqual([]);
    });

    it('keeps one blob when the same content is staged and promoted many times at once', async () => {
      const text = 'popular'.repeat(1000);
      const staged = await Promise.all(
        Array.from({ length: 8 }, () => store.stage('1', chunks(text), LIMIT)),
      );
      await Promise.all(staged.map((blob) => store.promote('1', blob)));
      await Promise.all(staged.map((blob) => blob.discard()));
      expect(await place.everything()).toEqual([sha256Of(text)]);
    });

    it('lists what can be read, and nothing that is only staged', async () => {
      expect(await listed(store)).toEqual([]);
      const sha256s = [await stored(store, '1', 'a'), await stored(store, '2', 'b')];
      await store.stage('1', chunks('only staged'), LIMIT);
      expect(await listed(store)).toEqual([`1/${sha256s[0]}`, `2/${sha256s[1]}`]);
    });

    it('removes a blob, once or twice', async () => {
      const sha256 = await stored(store, '1', 'short-lived');
      await store.remove('1', sha256);
      await store.remove('1', sha256);
      expect(await store.has('1', sha256)).toBe(false);
      await expect(store.open('1', sha256)).rejects.toMatchObject({ code: 'blob_missing' });
    });

    it('takes exactly the limit and leaves nothing of one byte more', async () => {
      await store.stage('1', chunks('1234', '5678'), { maxBytes: 8 }).then((staged) => staged.discard());
      const failing = store.stage('1', chunks('1234', '56789'), { maxBytes: 8 });
      await expect(failing).rejects.toThrow(BlobTooLargeError);
      const large = store.stage('1', chunks(randomBytes(10 * MIB), 'x'), { maxBytes: 10 * MIB });
      await expect(large).rejects.toThrow(BlobTooLargeError);
      expect(await place.everything()).toEqual([]);
    });

    it.each([5, 10 * MIB])('leaves nothing of a source that fails after %d bytes', async (bytes) => {
      const broken = new Error('the client went away');
      async function* source(): AsyncGenerator<Buffer> {
        yield randomBytes(bytes);
        throw broken;
      }
      await expect(store.stage('1', source(), LIMIT)).rejects.toBe(broken);
      expect(await place.everything()).toEqual([]);
    });

    it('stops with the error of the tap', async () => {
      const notABundle = new Error('not a bundle');
      const tap = (): never => {
        throw notABundle;
      };
      await expect(store.stage('1', chunks('a', 'b'), { ...LIMIT, tap })).rejects.toBe(notABundle);
      expect(await place.everything()).toEqual([]);
    });

    it.each([5, 20 * MIB])('can be aborted while a source is silent after %d bytes', async (bytes) => {
      const controller = new AbortController();
      const staged = store.stage('1', stuck(randomBytes(bytes)), { ...LIMIT, signal: controller.signal });
      setTimeout(() => controller.abort(new Error('shutting down')), 50);
      await expect(staged).rejects.toThrow('shutting down');
      expect(await place.everything()).toEqual([]);
    });

    it('sweeps what nobody touched for long, and only that', async () => {
      const kept = await stored(store, '1', 'kept');
      const dead = await store.stage('1', chunks('dead'), LIMIT);
      expect(await store.sweepStaging(HOUR_MS)).toBe(0);
      expect(await store.sweepStaging(WHATEVER_AGE_MS)).toBe(1);
      expect(await store.sweepStaging(WHATEVER_AGE_MS)).toBe(0);
      await expect(store.promote('1', dead)).rejects.toThrow(BlobMissingError);
      expect(await place.everything()).toEqual([kept]);
    });

    it('shows nothing of an upload that was interrupted, and sweeps it once it is old', async () => {
      const content = randomBytes(17 * MIB);
      const controller = new AbortController();
      // As if the process had died: it stands still, and nobody clears up.
      const interrupted = await new Promise<{ end: Promise<unknown> }>((taken) => {
        async function* source(): AsyncGenerator<Buffer> {
          yield content;
          taken({ end });
          await new Promise(() => undefined);
        }
        const { signal } = controller;
        const end = store.stage('1', source(), { ...LIMIT, signal }).catch((error: unknown) => error);
      });
      expect((await place.everything()).length).toBeGreaterThan(0);
      expect(await store.has('1', sha256Of(content))).toBe(false);
      expect(await store.sweepStaging(HOUR_MS)).toBe(0);
      expect(await store.sweepStaging(WHATEVER_AGE_MS)).toBe(1);
      expect(await place.everything()).toEqual([]);
      controller.abort();
      await interrupted.end;
      expect(await place.everything()).toEqual([]);
    });

    it('says that it can write, and leaves no trace of asking', async () => {
      await store.checkWritable();
      expect((await place.everything()).filter((one) => one !== '.probe')).toEqual([]);
    });

    it.each(['', '..', '1/../2', '-1', '1\n', 'x', '12345678901234567890'])(
      'refuses the tenant id %j before it becomes a part of a name',
      async (tenantId) => {
        await expect(store.stage(tenantId, chunks('x'), LIMIT)).rejects.toThrow(InvalidBlobKeyError);
        await expect(store.has(tenantId, ABSENT)).rejects.toThrow(InvalidBlobKeyError);
        await expect(store.remove(tenantId, ABSENT)).rejects.toThrow(InvalidBlobKeyError);
        await expect(store.open(tenantId, ABSENT)).rejects.toThrow(InvalidBlobKeyError);
      },
    );

    it.each(['', '../../etc/passwd', ABSENT.toUpperCase(), `${ABSENT}a`, `${ABSENT}\n`])(
      'refuses the sha256 %j before it becomes a part of a name',
      async (sha256) => {
        await expect(store.open('1', sha256)).rejects.toThrow(InvalidBlobKeyError);
        await expect(store.remove('1', sha256)).rejects.toThrow(InvalidBlobKeyError);
      },
    );
  });
}
