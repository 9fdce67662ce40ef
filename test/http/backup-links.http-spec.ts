import { join } from 'node:path';
import { keptBlobs, NOT_KEPT } from '../../src/modules/artifacts/kept-blobs';
import { makeBackup } from '../../src/platform/backup/make-backup';
import { restoreBackup } from '../../src/platform/backup/restore-backup';
import { verifyBackup } from '../../src/platform/backup/verify-backup';
import { Clock } from '../../src/platform/clock/clock';
import { FilesystemBlobStore } from '../../src/platform/storage/filesystem-blob-store';
import { KNOWN, Shelf } from '../support/a-backup';
import { bytesOf } from '../support/an-update';
import { LinkedFiles, ORIGIN, sha256Of } from '../support/linked-files';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { createEmptyDatabase, dropDatabase } from '../support/test-database';

jest.setTimeout(60_000);

describe('a backup of linked files', () => {
  const shelf = new Shelf();
  const say = (): void => undefined;
  let links: LinkedFiles;
  let target: string;

  const storeBelow = (dataDir: string): FilesystemBlobStore =>
    new FilesystemBlobStore(join(dataDir, 'artifacts'), new Clock());

  beforeAll(async () => {
    links = await LinkedFiles.start();
    target = await createEmptyDatabase();
  });
  afterAll(async () => {
    await links.close();
    await dropDatabase(target);
    await shelf.clear();
  });

  /** Another server on what was restored. */
  async function restored(secretKeyFile: string): Promise<TestRookery> {
    const { rookery } = links;
    const [folder, dataDir] = [await shelf.folder(), await shelf.folder()];
    await makeBackup(folder, {
      ...{ databaseUrl: rookery.databaseUrl, store: storeBelow(rookery.dataDir), knownSchema: KNOWN, say },
      ...{ meaning: { blobs: keptBlobs, leftOut: NOT_KEPT }, secretKeyFile },
    });
    const manifest = await verifyBackup(folder, KNOWN);
    await restoreBackup(folder, manifest, {
      databaseUrl: target,
      store: storeBelow(dataDir),
      ...{ dataDir, say },
    });
    return startRookery({
      replicaOf: { ...rookery, databaseUrl: target, dataDir },
      settings: { ROOKERY_OUTBOUND_ALLOW: ORIGIN },
    });
  }

  it('holds none of their bytes; with the key they are fetched again, credentials and all', async () => {
    const one = await links.aLink({ authorization: 'Bearer t0ken' }, { credentials: { bearer: 't0ken' } });
    await links.fleet.release('9.0', { content: Buffer.from('stored') });
    const other = await restored(join(links.rookery.dataDir, 'secret.key'));
    try {
      const answer = await one.device.at(other.url).request('GET', one.path);
      expect([answer.status, (await bytesOf(answer)).equals(one.content)]).toEqual([200, true]);
      const store = storeBelow(other.dataDir);
      expect(await store.has('1', sha256Of(one.content))).toBe(false);
      expect(await store.has('1', sha256Of(Buffer.from('stored')))).toBe(true);
    } finally {
      await other.close();
    }
  });
});
