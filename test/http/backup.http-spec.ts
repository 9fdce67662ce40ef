import { createHash, randomBytes } from 'node:crypto';
import { copyFile, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BlobCollectorService } from '../../src/modules/artifacts/blob-collector.service';
import { ReleasesService } from '../../src/modules/releases/releases.service';
import { blobFile } from '../../src/platform/backup/blobs/blob-list';
import { tableFile } from '../../src/platform/backup/manifest';
import { verifyBackup } from '../../src/platform/backup/verify-backup';
import { Clock } from '../../src/platform/clock/clock';
import { type BlobStore } from '../../src/platform/storage/blob-store';
import { FilesystemBlobStore } from '../../src/platform/storage/filesystem-blob-store';
import { S3BlobStore } from '../../src/platform/storage/s3/s3-blob-store';
import { KNOWN, Shelf } from '../support/a-backup';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { S3Server } from '../support/s3/s3-server';
import { createEmptyDatabase, dropDatabase } from '../support/test-database';

jest.setTimeout(60_000);

const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const BIG = randomBytes(300_000);
const SMALL = Buffer.from('small');
const KEYS = { accessKey: 'rookery', secretKey: 'a-secret-of-the-test' };

/** Lets something happen when the backup asks for the first file: its snapshot is taken by then. */
class WatchedStore extends FilesystemBlobStore {
  onFirstOpen: (() => Promise<void>) | undefined;

  override async open(...args: Parameters<BlobStore['open']>): Promise<Readable> {
    const once = this.onFirstOpen;
    this.onFirstOpen = undefined;
    await once?.();
    return super.open(...args);
  }
}

describe('a backup of stored files', () => {
  const shelf = new Shelf();
  const contents = [BIG, SMALL, Buffer.from('third')];
  let rookery: TestRookery;
  let fleet: Fleet;
  let releases: string[];
  let target: string;

  beforeEach(async () => {
    rookery = await startRookery({ settings: { ROOKERY_SCRUB_RATE: '0' } });
    fleet = new Fleet(rookery);
    releases = [];
    for (const [index, content] of contents.entries())
      releases.push(await fleet.release(`${index}.0`, { content }));
    target = await createEmptyDatabase();
  });
  afterEach(async () => {
    await rookery.close();
    await dropDatabase(target);
    await shelf.clear();
  });

  const ownStore = (): WatchedStore => new WatchedStore(join(rookery.dataDir, 'artifacts'), new Clock());
  const backup = (store = ownStore()): ReturnType<Shelf['backup']> =>
    shelf.backup(rookery.databaseUrl, store);
  const fileOf = (folder: string, content: Buffer): string =>
    blobFile(folder, { tenantId: '1', sha256: sha256Of(content) });

  async function expectContents(store: BlobStore): Promise<void> {
    for (const content of contents) {
      const stream = await store.open('1', sha256Of(content));
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(content)).toBe(true);
    }
  }

  it('brings the bytes of every release back', async () => {
    const { folder, manifest } = await backup();
    expect(manifest.blobs).toMatchObject({ count: 3, totalBytes: 300_010 });
    const store = await shelf.store();
    await shelf.restore(folder, target, store);
    await expectContents(store);
  });

  it('moves them from a folder into a bucket and back', async () => {
    const server = await S3Server.start(KEYS);
    try {
      const { endpoint, bucket } = server;
      const place = { ...KEYS, endpoint, publicEndpoint: endpoint, bucket, region: 'eu-central-1' };
      const s3 = new S3BlobStore(
        { ...place, prefix: 'r/', isPathStyle: true, encryption: 'none' },
        new Clock(),
      );
      await shelf.restore((await backup()).folder, target, s3);
      await expectContents(s3);
      const { folder } = await shelf.backup(target, s3);
      await dropDatabase(target);
      target = await createEmptyDatabase();
      const store = await shelf.store();
      await shelf.restore(folder, target, store);
      await expectContents(store);
    } finally {
      await server.close();
    }
  });

  it('has those of a release that is deleted meanwhile; they leave the store afterwards', async () => {
    const store = ownStore();
    store.onFirstOpen = async () => {
      for (const id of releases) await rookery.app.get(ReleasesService).remove(fleet.actor, id);
      await rookery.app.get(BlobCollectorService).collect();
    };
    const { folder } = await backup(store);
    const restored = await shelf.store();
    await shelf.restore(folder, target, restored);
    await expectContents(restored);
    expect(await store.has('1', sha256Of(BIG))).toBe(true);
    await rookery.app.get(BlobCollectorService).collect();
    for (const content of contents) expect(await store.has('1', sha256Of(content))).toBe(false);
  });

  it('goes on without what the scrubber has found damaged, and not without anything else', async () => {
    const sha256 = sha256Of(BIG);
    await writeFile(join(rookery.dataDir, 'artifacts', 'blobs', '1', sha256.slice(0, 2), sha256), 'rotten');
    await expect(backup()).rejects.toThrow(
      new RegExp(`${sha256} of tenant 1 is damaged.*Upload the file again`),
    );
    await ownStore().remove('1', sha256);
    await expect(backup()).rejects.toThrow(new RegExp(`${sha256} of tenant 1 is missing`));
    await rookery.database.execute(
      `UPDATE blob SET fault = 'missing', fault_at = now() WHERE tenant_id = 1 AND sha256 = $1`,
      [sha256],
    );
    const { folder, manifest } = await backup();
    expect(manifest.blobs.count).toBe(2);
    await shelf.restore(folder, target);
  });

  it('names the file that the disk can no longer read', async () => {
    const store = ownStore();
    jest.spyOn(store, 'open').mockImplementation(() =>
      Promise.resolve(
        new Readable({
          read() {
            this.destroy(new Error('EIO: i/o error, read'));
          },
        }),
      ),
    );
    await expect(backup(store)).rejects.toThrow(
      new RegExp(`The stored file (${contents.map(sha256Of).join('|')}) of tenant 1 cannot be read .*EIO`),
    );
  });

  it('is not put into a store that holds anything else', async () => {
    const { folder } = await backup();
    const store = await shelf.store();
    const staged = await store.stage('7', one(Buffer.from('theirs')), { maxBytes: 100 });
    await store.promote('7', staged);
    await expect(shelf.restore(folder, target, store)).rejects.toThrow(
      /artifact storage is not empty.*tenant 7/,
    );
  });

  /** Each leaves a backup as it should not be, and says how to make it whole again. */
  const DAMAGES: readonly [RegExp, (folder: string) => Promise<() => Promise<void>>][] = [
    [/is damaged: its sha256/, (at) => flip(fileOf(at, BIG))],
    [/is damaged: it has 2 bytes/, (at) => cut(fileOf(at, SMALL), 2)],
    [/is missing/, (at) => away(fileOf(at, SMALL))],
    [/is damaged: it has 20 bytes/, (at) => cut(join(at, tableFile('release')), 20)],
    [/is damaged/, (at) => flip(join(at, tableFile('release')))],
    [/release.*is missing/, (at) => away(join(at, tableFile('release')))],
    [/is damaged/, (at) => cut(join(at, 'blobs.list'), 70)],
    [/manifest.json is damaged/, (at) => cut(join(at, 'manifest.json'), 500)],
    [/manifest.json is damaged/, (at) => edit(join(at, 'manifest.json'))],
    [/has no manifest.json/, (at) => away(join(at, 'manifest.json'))],
  ];

  it('is refused when anything of it is damaged, before anything is touched', async () => {
    const { folder } = await backup();
    const store = await shelf.store();
    for (const [words, damage] of DAMAGES) {
      const mend = await damage(folder);
      const outcome = await shelf
        .restore(folder, target, store)
        .then(() => `restored in spite of ${damage.toString()}`, String);
      expect(outcome).toMatch(words);
      await mend();
      await expect(verifyBackup(folder, KNOWN)).resolves.toBeDefined();
    }
    for await (const blob of store.list()) throw new Error(`${blob.sha256} was restored`);
  });
});

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}

async function flip(path: string): Promise<() => Promise<void>> {
  const turn = async (): Promise<void> => {
    const file = await open(path, 'r+');
    const at = Math.floor((await file.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
    await file.close();
  };
  await turn();
  return turn;
}

async function cut(path: string, bytes: number): Promise<() => Promise<void>> {
  await copyFile(path, `${path}.whole`);
  await truncate(path, bytes);
  return () => rename(`${path}.whole`, path);
}

async function edit(path: string): Promise<() => Promise<void>> {
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"rows": 3', '"rows": 2'));
  return () => writeFile(path, text);
}

async function away(path: string): Promise<() => Promise<void>> {
  await copyFile(path, `${path}.whole`);
  await rm(path);
  return () => rename(`${path}.whole`, path);
}
