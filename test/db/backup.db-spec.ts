import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { BackupError } from '../../src/platform/backup/backup.errors';
import { readManifest, writeManifest, type Manifest } from '../../src/platform/backup/manifest';
import { NUMBERS_SKIPPED } from '../../src/platform/backup/tables/tables-in';
import { verifyBackup } from '../../src/platform/backup/verify-backup';
import { connectForMigration } from '../../src/platform/database/data-source';
import { KNOWN, Shelf } from '../support/a-backup';
import { contentOf, fillTables } from '../support/full-tables';
import { createDatabase, createEmptyDatabase, dropDatabase } from '../support/test-database';

jest.setTimeout(60_000);

describe('a backup of the database', () => {
  const shelf = new Shelf();
  const urls: string[] = [];
  const clients: Client[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end();
    for (const url of urls.splice(0)) await dropDatabase(url);
    await shelf.clear();
  });

  async function aDatabase(make = createDatabase): Promise<{ url: string; client: Client }> {
    const url = await make();
    urls.push(url);
    const client = new Client({ connectionString: url });
    await client.connect();
    clients.push(client);
    return { url, client };
  }

  it('brings back every row of every table, each in its partition', async () => {
    const source = await aDatabase();
    await source.client.query(`CREATE TABLE action_log_2026_01 PARTITION OF action_log
      FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')`);
    const tables = await fillTables(source.client);
    const { folder } = await shelf.backup(source.url);
    const target = await aDatabase(createEmptyDatabase);
    await shelf.restore(folder, target.url);
    const kept = tables.filter((table) => table !== 'upload');
    const content = await contentOf(target.client, kept);
    expect(content).toEqual(await contentOf(source.client, kept));
    expect(Object.values(content).every((rows) => rows.length === 2)).toBe(true);
    expect(content['action_log']?.map((row) => row.split(' ')[0])).toEqual([
      'action_log_2026_01',
      'action_log_rest',
    ]);
    expect((await contentOf(target.client, ['upload']))['upload']).toEqual([]);
  });

  it('lets numbers go on beyond those that may have been given after it', async () => {
    const source = await aDatabase();
    const [{ id }] = await insertTenants(source.client, ['A', 'B', 'C']);
    const { folder } = await shelf.backup(source.url);
    const target = await aDatabase(createEmptyDatabase);
    await shelf.restore(folder, target.url);
    const [next] = await insertTenants(target.client, ['D']);
    expect(Number(next.id)).toBe(Number(id) + 3 + NUMBERS_SKIPPED);
  });

  it('never lets a number that devices see exceed what they can hold', async () => {
    const source = await aDatabase();
    await source.client.query(`SELECT setval(pg_get_serial_sequence('action', 'id'), 2147483000)`);
    const { folder } = await shelf.backup(source.url);
    const target = await aDatabase(createEmptyDatabase);
    await shelf.restore(folder, target.url);
    const { rows } = await target.client.query(`SELECT last_value FROM action_id_seq`);
    expect(rows).toEqual([{ last_value: '2147483647' }]);
  });

  it('holds one moment, whatever is written while it is made', async () => {
    const source = await aDatabase();
    await source.client.query(`INSERT INTO tenant (key) VALUES ('A')`);
    await source.client.query(
      `INSERT INTO event (tenant_id, kind, subject, actor) SELECT 1, 'k', repeat('x', 500), 'a' FROM generate_series(1, 20000)`,
    );
    let isOver = false;
    const writing = (async () => {
      // In each transaction one of both: no snapshot sees a difference.
      for (let round = 0; !isOver; round += 1)
        await source.client
          .query(`WITH e AS (INSERT INTO event (tenant_id, kind, subject, actor) VALUES (1, 'round', 's', 'a'))
          INSERT INTO module_type (tenant_id, key, name, description) VALUES (1, 'k${round}', 'n', 'd')`);
    })();
    const { folder } = await shelf.backup(source.url);
    isOver = true;
    await writing;
    const target = await aDatabase(createEmptyDatabase);
    await shelf.restore(folder, target.url);
    const { rows } = await target.client.query<{ events: number; rounds: number; types: number }>(
      `SELECT count(*)::int AS events, count(*) FILTER (WHERE kind = 'round')::int AS rounds,
              (SELECT count(*)::int FROM module_type) AS types FROM event`,
    );
    expect(rows[0]?.events).toBe(20_000 + (rows[0]?.rounds ?? -1));
    expect(rows[0]?.types).toBe(rows[0]?.rounds);
  });

  it('of an older schema is restored and then migrated', async () => {
    const source = await aDatabase(createEmptyDatabase);
    const older = await connectForMigration(source.url, KNOWN.slice(0, 2));
    await older.runMigrations({ transaction: 'each' });
    await older.destroy();
    await source.client.query(`INSERT INTO tenant (key) VALUES ('OLD')`);
    const { folder, manifest } = await shelf.backup(source.url);
    expect(manifest.schema).toEqual(KNOWN.slice(0, 2));
    const target = await aDatabase(createEmptyDatabase);
    await shelf.restore(folder, target.url);
    const { rows } = await target.client.query('SELECT name FROM schema_migration ORDER BY id');
    expect(rows).toEqual(KNOWN.map((name) => ({ name })));
    expect((await target.client.query('SELECT key FROM tenant')).rows).toEqual([{ key: 'OLD' }]);
  });

  it('of a newer schema is refused, and a newer database is not backed up', async () => {
    const source = await aDatabase();
    const { folder } = await shelf.backup(source.url);
    await expect(verifyBackup(folder, KNOWN.slice(0, -1))).rejects.toThrow(
      new RegExp(`made by a newer Rookery.*${KNOWN.at(-1)}`),
    );
    await source.client.query(`INSERT INTO schema_migration (timestamp, name) VALUES (9, 'Future9')`);
    await expect(shelf.backup(source.url)).rejects.toThrow(/newer than this build \(Future9\)/);
  });

  it('is not made of a database that nobody set up', async () => {
    const { url } = await aDatabase(createEmptyDatabase);
    await expect(shelf.backup(url)).rejects.toThrow(/nothing to back up/);
  });

  it('is not restored over another database', async () => {
    const source = await aDatabase();
    const { folder } = await shelf.backup(source.url);
    const target = await aDatabase();
    await target.client.query(`INSERT INTO tenant (key) VALUES ('MINE')`);
    await expect(shelf.restore(folder, target.url)).rejects.toThrow(/database is not empty/);
    expect((await target.client.query('SELECT key FROM tenant')).rows).toEqual([{ key: 'MINE' }]);
  });

  it('that cannot be restored to its end leaves nothing, and may be tried again', async () => {
    const source = await aDatabase();
    await fillTables(source.client);
    const { folder } = await shelf.backup(source.url);
    const manifest = await readManifest(folder);
    const target = await aDatabase(createEmptyDatabase);
    await reseal(folder, { ...manifest, tables: manifest.tables.map((one) => ({ ...one, rows: 3 })) });
    await expect(shelf.restore(folder, target.url)).rejects.toThrow(/2 rows came back instead of 3/);
    const { rows } = await target.client.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    expect(rows).toEqual([]);
    await reseal(folder, manifest);
    await shelf.restore(folder, target.url);
  });

  it('does not go into a folder that holds anything', async () => {
    const { url } = await aDatabase();
    const { folder } = await shelf.backup(url);
    await expect(readManifest(join(folder, 'tables'))).rejects.toBeInstanceOf(BackupError);
    await expect(shelf.backup(url, undefined, folder)).rejects.toThrow(/is not empty/);
  });
});

async function insertTenants(client: Client, keys: readonly string[]): Promise<[{ id: string }]> {
  const { rows } = await client.query<{ id: string }>(
    'INSERT INTO tenant (key) SELECT unnest($1::text[]) RETURNING id',
    [keys],
  );
  return rows as [{ id: string }];
}

async function reseal(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, 'manifest.json'), '');
  await writeManifest(folder, manifest);
}
