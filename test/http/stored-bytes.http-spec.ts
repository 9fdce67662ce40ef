import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactsService } from '../../src/modules/artifacts/artifacts.service';
import { BlobCollectorService } from '../../src/modules/artifacts/blob-collector.service';
import { BlobScrubberService } from '../../src/modules/artifacts/blob-scrubber.service';
import { ReleasesService } from '../../src/modules/releases/releases.service';
import { TenantSettingsService } from '../../src/modules/tenants/tenant-settings.service';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Bytes come and go with what refers to them, and are never half there. */
describe('stored bytes', () => {
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

  const collector = (): BlobCollectorService => rookery.app.get(BlobCollectorService);
  const removeRelease = (id: string): Promise<void> =>
    rookery.app.get(ReleasesService).remove(fleet.actor, id);

  async function faultOf(sha256: string): Promise<string | null | undefined> {
    const [row] = await rookery.database.query<{ fault: string | null }>(
      'SELECT fault FROM blob WHERE tenant_id = 1 AND sha256 = $1',
      [sha256],
    );
    return row?.fault;
  }

  describe('that two releases share', () => {
    it('are stored once, and stay until the second of them is gone', async () => {
      const content = Buffer.from('shared');
      const one = await fleet.release(aVersion(), { content });
      const two = await fleet.release(aVersion(), { name: 'other', content });
      const sha256 = sha256Of(content);
      const rows = await rookery.database.query('SELECT id FROM blob WHERE tenant_id = 1 AND sha256 = $1', [
        sha256,
      ]);
      expect(rows).toHaveLength(1);
      await removeRelease(one);
      expect(await fleet.store.has('1', sha256)).toBe(true);
      await removeRelease(two);
      expect(await fleet.store.has('1', sha256)).toBe(false);
      expect(await faultOf(sha256)).toBeUndefined();
    });

    it('are placed anew when they were collected between their placing and their release', async () => {
      const content = Buffer.from('collected in between');
      const artifacts = rookery.app.get(ArtifactsService);
      const claim = jest.spyOn(artifacts, 'claim').mockImplementationOnce(async (tx, tenantId, sha256s) => {
        await artifacts.collect(tenantId, sha256s);
        return ArtifactsService.prototype.claim.call(artifacts, tx, tenantId, sha256s);
      });
      const id = await fleet.release(aVersion(), { content });
      expect(claim).toHaveBeenCalledTimes(2);
      claim.mockRestore();
      expect(await fleet.store.has('1', sha256Of(content))).toBe(true);
      await removeRelease(id);
    });

    it('are gone again when their release cannot be made', async () => {
      const version = aVersion();
      const id = await fleet.release(version, { content: Buffer.from('the one') });
      const other = Buffer.from('the other');
      await expect(fleet.release(version, { content: other })).rejects.toMatchObject({ kind: 'conflict' });
      expect(await fleet.store.has('1', sha256Of(other))).toBe(false);
      await removeRelease(id);
    });
  });

  describe('that nobody knows', () => {
    it('are removed by the collector: staged ones that are old, orphans, and rows that no release took', async () => {
      const orphan = Buffer.from('an orphan');
      await mkdir(join(pathOf(sha256Of(orphan)), '..'), { recursive: true });
      await writeFile(pathOf(sha256Of(orphan)), orphan);
      const stale = join(rookery.dataDir, 'artifacts', 'staging', 'stale');
      await writeFile(stale, 'x');
      await utimes(stale, 1, 1);
      const artifacts = rookery.app.get(ArtifactsService);
      const unclaimed = Buffer.from('unclaimed');
      const staged = await artifacts.stage('1', chunks(unclaimed), { maxBytes: 100 });
      await artifacts.place('1', [staged]);
      await staged.discard();
      const kept = Buffer.from('kept');
      const id = await fleet.release(aVersion(), { content: kept });
      expect(await collector().collect()).toEqual({ staged: 1, orphans: 1, unclaimed: 0 });
      await rookery.database.query(
        `UPDATE blob SET created_at = now() - interval '2 hours' WHERE tenant_id = 1`,
      );
      expect(await collector().collect()).toEqual({ staged: 0, orphans: 0, unclaimed: 1 });
      expect(await fleet.store.has('1', sha256Of(unclaimed))).toBe(false);
      expect(await fleet.store.has('1', sha256Of(kept))).toBe(true);
      expect(await readdir(join(rookery.dataDir, 'artifacts', 'staging'))).toEqual([]);
      await removeRelease(id);
    });
  });

  describe('of another database', () => {
    it('stay, since a server may have been started with the wrong one', async () => {
      const foreign = Buffer.from('older than the database');
      const path = pathOf(sha256Of(foreign));
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, foreign);
      await utimes(path, 1_000_000_000, 1_000_000_000);
      expect(await collector().collect()).toMatchObject({ orphans: 0 });
      expect(await fleet.store.has('1', sha256Of(foreign))).toBe(true);
      await rm(path);
    });
  });

  describe('beyond the quota of the tenant', () => {
    const limit = (storedBytes: number): Promise<unknown> =>
      rookery.app.get(TenantSettingsService).change(fleet.actor, { quotas: { storedBytes } });
    afterEach(() => limit(0));

    it('are refused, while they come in or with the release, and leave nothing behind', async () => {
      const held = await fleet.release(aVersion(), { content: Buffer.alloc(600, 'a') });
      await limit(1000);
      const large = Buffer.alloc(500, 'b');
      await expect(fleet.release(aVersion(), { content: large })).rejects.toMatchObject({
        code: 'storage_quota',
      });
      expect(await fleet.store.has('1', sha256Of(large))).toBe(false);
      const fitting = await fleet.release(aVersion(), { content: Buffer.alloc(400, 'c') });
      await removeRelease(held);
      await removeRelease(fitting);
    });

    it('are counted once for what is there already, and told as 507', async () => {
      const content = Buffer.alloc(600, 'd');
      const first = await fleet.release(aVersion(), { content });
      await limit(700);
      const form = new FormData();
      form.append('version', aVersion());
      form.append('compatibility', '*');
      form.append('file', new Blob([Buffer.alloc(101, 'e')]), 'more.bin');
      const answer = await fetch(`${rookery.url}/api/v1/releases`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${rookery.token}` },
        body: form,
      });
      expect([answer.status, await answer.json()]).toMatchObject([507, { code: 'storage_quota' }]);
      await removeRelease(first);
    });

    it('are taken when they are there already, for the same release and for another', async () => {
      const content = Buffer.alloc(600, 'f');
      const version = aVersion();
      const first = await fleet.release(version, { content });
      await limit(700);
      expect(await fleet.release(version, { content })).toBe(first);
      const second = await fleet.release(version, { name: 'the same bytes', content });
      await removeRelease(first);
      await removeRelease(second);
    });
  });

  describe('that rot', () => {
    let releaseId: string;
    const content = Buffer.from('sound');
    const sha256 = sha256Of(content);
    const scrubAll = async (): Promise<void> => {
      await rookery.database.query(
        `UPDATE blob SET checked_at = NULL, created_at = now() - interval '1 hour' WHERE tenant_id = 1`,
      );
      while (await scrubber().scrubNext());
    };
    const scrubber = (): BlobScrubberService => rookery.app.get(BlobScrubberService);

    beforeAll(async () => {
      releaseId = await fleet.release(aVersion(), { content });
    });

    it('are found, told once in the audit with what is made of them, and healed by the same upload', async () => {
      await scrubAll();
      expect(await faultOf(sha256)).toBeNull();
      await writeFile(pathOf(sha256), 'roten');
      await scrubAll();
      await scrubAll();
      expect(await faultOf(sha256)).toBe('damaged');
      const events = await rookery.database.query(
        `SELECT detail FROM event WHERE tenant_id = 1 AND kind = 'blob.damaged' AND subject = $1`,
        [`blob:${sha256}`],
      );
      expect(events).toEqual([{ detail: { releases: [releaseId] } }]);
      await fleet.release(aVersion(), { name: 'again', content });
      expect(await faultOf(sha256)).toBeNull();
      await scrubAll();
      expect(await faultOf(sha256)).toBeNull();
      const healings = await rookery.database.query(
        `SELECT detail->'releases' AS releases FROM event
          WHERE tenant_id = 1 AND kind = 'blob.healed' AND subject = $1`,
        [`blob:${sha256}`],
      );
      expect(healings).toEqual([{ releases: [releaseId] }]);
    });

    it('and are shorter or longer than they were break a download off: nobody waits for the rest', async () => {
      const cut = Buffer.alloc(200_000, 'c');
      const id = await fleet.release(aVersion(), { content: cut });
      const url = `${rookery.url}/api/v1/releases/${id}/artifacts`;
      const { modules } = await rookery.app.get(ReleasesService).get('1', id);
      const name = modules[0]?.artifacts[0]?.fileName ?? '';
      const read = async (): Promise<number> => {
        const answer = await fetch(`${url}/${name}`, {
          headers: { Authorization: `Bearer ${rookery.token}` },
        });
        return (await answer.arrayBuffer()).byteLength;
      };
      expect(await read()).toBe(cut.length);
      for (const bytes of [cut.subarray(0, 150_000), Buffer.concat([cut, Buffer.from('more')])]) {
        await writeFile(pathOf(sha256Of(cut)), bytes);
        await expect(read()).rejects.toThrow();
      }
      await removeRelease(id);
    });

    it('are found when they are gone altogether', async () => {
      await rename(pathOf(sha256), `${pathOf(sha256)}.away`);
      await scrubAll();
      expect(await faultOf(sha256)).toBe('missing');
    });

    it('heal within an hour or so when they are back', async () => {
      await rename(`${pathOf(sha256)}.away`, pathOf(sha256));
      while (await scrubber().scrubNext());
      expect(await faultOf(sha256)).toBe('missing');
      await rookery.database.query(
        `UPDATE blob SET checked_at = now() - interval '61 minutes' WHERE tenant_id = 1`,
      );
      expect(await scrubber().scrubNext()).toBe(true);
      expect(await faultOf(sha256)).toBeNull();
      expect(await scrubber().scrubNext()).toBe(false);
    });
  });
});

async function* chunks(content: Buffer): AsyncIterable<Buffer> {
  await Promise.resolve();
  yield content;
}
