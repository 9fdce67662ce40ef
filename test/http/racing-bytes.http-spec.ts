import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import request from 'supertest';
import { ArtifactsService } from '../../src/modules/artifacts/artifacts.service';
import { BlobCollectorService } from '../../src/modules/artifacts/blob-collector.service';
import { BlobScrubberService } from '../../src/modules/artifacts/blob-scrubber.service';
import { UploadsService } from '../../src/modules/artifacts/uploads/uploads.service';
import { TenantsService } from '../../src/modules/tenants/tenants.service';
import { Settings } from '../../src/platform/config/settings';
import { StorageUnavailableError } from '../../src/platform/storage/storage.errors';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Uploads, removals, the collector and the scrubber, each at the worst moment of another. */
describe('stored bytes, while something else happens to them', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const aVersion = (): string => `${(next += 1)}.0`;
  const pathOf = (sha256: string): string =>
    join(rookery.dataDir, 'artifacts', 'blobs', '1', sha256.slice(0, 2), sha256);

  beforeAll(async () => {
    rookery = await startRookery({ settings: { ROOKERY_SCRUB_RATE: '0' } });
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());
  afterEach(() => jest.restoreAllMocks());

  const artifacts = (): ArtifactsService => rookery.app.get(ArtifactsService);
  const collector = (): BlobCollectorService => rookery.app.get(BlobCollectorService);
  const scrubber = (): BlobScrubberService => rookery.app.get(BlobScrubberService);

  /** Bytes with a row, that no release refers to. */
  async function placed(content: Buffer): Promise<string> {
    const staged = await artifacts().stage('1', Readable.from([content]), { maxBytes: 1000 });
    await artifacts().place('1', [staged]);
    await staged.discard();
    return staged.digest.sha256;
  }

  async function rowOf(sha256: string): Promise<{ fault: string | null } | undefined> {
    const [row] = await rookery.database.query<{ fault: string | null }>(
      'SELECT fault FROM blob WHERE tenant_id = 1 AND sha256 = $1',
      [sha256],
    );
    return row;
  }

  describe('the collector', () => {
    it('leaves alone what a release takes at the same moment', async () => {
      const sha256 = await placed(Buffer.from('taken at the last moment'));
      const other = await fleet.release(aVersion(), { content: Buffer.from('another') });
      let collected: Promise<void> = Promise.resolve();
      await rookery.database.transaction(async (tx) => {
        const [blobId] = await artifacts().claim(tx, '1', [sha256]);
        await tx.query(
          `INSERT INTO artifact (tenant_id, module_id, file_name, blob_id)
           SELECT 1, m.id, 'taken.bin', $2 FROM release_module m WHERE m.tenant_id = 1 AND m.release_id = $1`,
          [other, blobId],
        );
        collected = artifacts().collect('1', [sha256]);
        await waitingForALock();
      });
      await collected;
      expect(await rowOf(sha256)).toBeDefined();
      expect(existsSync(pathOf(sha256))).toBe(true);
    });

    it('goes on with the others when one of them cannot be removed', async () => {
      const contents = ['first', 'second', 'third'].map((text) => Buffer.from(`unclaimed ${text}`));
      const unclaimed: string[] = [];
      for (const content of contents) unclaimed.push(await placed(content));
      const orphans = ['x', 'y', 'z'].map((text) => Buffer.from(`orphan ${text}`));
      for (const content of orphans) {
        await mkdir(dirname(pathOf(sha256Of(content))), { recursive: true });
        await writeFile(pathOf(sha256Of(content)), content);
      }
      await rookery.database.query(
        `UPDATE blob SET created_at = now() - interval '2 hours' WHERE tenant_id = 1 AND sha256 = ANY($1)`,
        [unclaimed],
      );
      const stuck = new Set([unclaimed[0], sha256Of(orphans[0]!)]);
      const remove = fleet.store.remove.bind(fleet.store);
      jest.spyOn(fleet.store, 'remove').mockImplementation(async (tenantId, sha256) => {
        if (stuck.has(sha256)) throw new StorageUnavailableError();
        await remove(tenantId, sha256);
      });
      await collector().collect();
      const left = [...unclaimed, ...orphans.map(sha256Of)].filter((sha256) => existsSync(pathOf(sha256)));
      expect(new Set(left)).toEqual(stuck);
      jest.restoreAllMocks();
      expect(await collector().collect()).toMatchObject({ orphans: 2 });
    });
  });

  describe('the collector, when the server stops', () => {
    it('ends its round, however much is stored', async () => {
      let listed = 0;
      jest.spyOn(fleet.store, 'list').mockImplementation(async function* () {
        for (;;) {
          listed += 1;
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield { tenantId: '1', sha256: sha256Of(Buffer.from(`listed ${listed}`)), touchedAtMs: 0 };
        }
      });
      const stopping = new BlobCollectorService(
        rookery.database,
        fleet.store,
        artifacts(),
        rookery.app.get(UploadsService),
        rookery.app.get(Settings),
      );
      stopping.onApplicationBootstrap();
      while (listed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await stopping.beforeApplicationShutdown();
      const atTheEnd = listed;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(listed).toBe(atTheEnd);
    });
  });

  describe('a release that is deleted while its bytes cannot be removed', () => {
    it('is deleted, and its bytes go later', async () => {
      const content = Buffer.from('cannot go now');
      const id = await fleet.release(aVersion(), { content });
      jest.spyOn(fleet.store, 'remove').mockRejectedValueOnce(new StorageUnavailableError());
      const api = request.agent(rookery.url).auth(rookery.token, { type: 'bearer' });
      await api.delete(`/api/v1/releases/${id}`).expect(204);
      expect(existsSync(pathOf(sha256Of(content)))).toBe(true);
      expect(await collector().collect()).toMatchObject({ orphans: 1 });
      expect(existsSync(pathOf(sha256Of(content)))).toBe(false);
    });
  });

  describe('the scrubber', () => {
    const due = (sha256: string): Promise<unknown> =>
      rookery.database.query(
        `UPDATE blob SET checked_at = CASE WHEN sha256 = $1 THEN NULL ELSE now() END,
                created_at = now() - interval '1 hour' WHERE tenant_id = 1`,
        [sha256],
      );
    /** Does something after the scrubber has opened what it is to read. */
    function whileItReads(meanwhile: () => Promise<unknown>): void {
      const open = fleet.store.open.bind(fleet.store);
      jest.spyOn(fleet.store, 'open').mockImplementationOnce(async (...blob) => {
        const stream = await open(...blob);
        await meanwhile();
        return stream;
      });
    }

    it('does not call damaged what was uploaded afresh while it read', async () => {
      const content = Buffer.from('healed meanwhile');
      const sha256 = sha256Of(content);
      await fleet.release(aVersion(), { content });
      await writeFile(pathOf(sha256), 'damaged meanwhile');
      await due(sha256);
      whileItReads(() => fleet.release(aVersion(), { name: 'afresh', content }));
      expect(await scrubber().scrubNext()).toBe(true);
      expect(await rowOf(sha256)).toMatchObject({ fault: null });
    });

    it('tells nothing of what was removed while it read', async () => {
      const content = Buffer.from('removed meanwhile');
      const sha256 = sha256Of(content);
      const id = await fleet.release(aVersion(), { content });
      await writeFile(pathOf(sha256), 'damaged');
      await due(sha256);
      whileItReads(() => fleet.releases.remove(fleet.actor, id));
      expect(await scrubber().scrubNext()).toBe(true);
      const events = await rookery.database.query(
        'SELECT kind FROM event WHERE tenant_id = 1 AND subject = $1',
        [`blob:${sha256}`],
      );
      expect(events).toEqual([]);
    });

    it('comes back to what it could not read since the store was away', async () => {
      const content = Buffer.from('not read');
      const sha256 = sha256Of(content);
      await fleet.release(aVersion(), { content });
      await due(sha256);
      jest.spyOn(fleet.store, 'open').mockRejectedValueOnce(new StorageUnavailableError());
      await expect(scrubber().scrubNext()).rejects.toThrow(StorageUnavailableError);
      expect(await rowOf(sha256)).toMatchObject({ fault: null });
      expect(await scrubber().scrubNext()).toBe(false);
      await rm(pathOf(sha256));
      await rookery.database.query(
        `UPDATE blob SET checked_at = checked_at - interval '1 hour' WHERE tenant_id = 1 AND sha256 = $1`,
        [sha256],
      );
      expect(await scrubber().scrubNext()).toBe(true);
      expect(await rowOf(sha256)).toMatchObject({ fault: 'missing' });
    });

    it('stops with the server, also while the store is silent', async () => {
      const content = Buffer.from('read by halves');
      const sha256 = sha256Of(content);
      await fleet.release(aVersion(), { content });
      await due(sha256);
      const silent = new PassThrough();
      silent.write(content.subarray(0, 3));
      jest.spyOn(fleet.store, 'open').mockResolvedValueOnce(silent);
      const stopping = new BlobScrubberService(
        rookery.database,
        fleet.store,
        rookery.app.get(TenantsService, { strict: false }),
        rookery.app.get(Settings),
      );
      const reading = stopping.scrubNext();
      while (silent.readableLength > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await stopping.beforeApplicationShutdown();
      expect(await reading).toBe(true);
      expect(silent.destroyed).toBe(true);
      expect(await scrubber().scrubNext()).toBe(true);
      expect(await rowOf(sha256)).toMatchObject({ fault: null });
    });

    it('calls damaged what the disk itself cannot read any more', async () => {
      const content = Buffer.from('on a bad sector');
      const sha256 = sha256Of(content);
      await fleet.release(aVersion(), { content });
      await due(sha256);
      const bad = async function* (): AsyncGenerator<Buffer> {
        yield content.subarray(0, 3);
        await Promise.resolve();
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      };
      jest.spyOn(fleet.store, 'open').mockResolvedValueOnce(Readable.from(bad()));
      expect(await scrubber().scrubNext()).toBe(true);
      expect(await rowOf(sha256)).toMatchObject({ fault: 'damaged' });
    });
  });

  /** Another transaction of this database waits for one that has not ended. */
  async function waitingForALock(): Promise<void> {
    for (;;) {
      const rows = await rookery.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});
