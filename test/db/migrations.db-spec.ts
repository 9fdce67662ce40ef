import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { FeedEntity } from '../../src/modules/devices/feeds/feed.entity';
import { ApiTokenEntity } from '../../src/modules/identity/api-token.entity';
import { GatewayTokenEntity } from '../../src/modules/identity/gateway-token.entity';
import { UserEntity } from '../../src/modules/identity/user.entity';
import { connectDataSource, dataSourceOptions } from '../../src/platform/database/data-source';
import { MIGRATIONS } from '../../src/platform/database/migrations';
import { migrate, SchemaError } from '../../src/platform/database/migrator';
import { createDatabase, createEmptyDatabase, dropDatabase } from '../support/test-database';

const ALL = Object.values(MIGRATIONS);

describe('migrations', () => {
  let url: string;
  let dataSource: DataSource;

  beforeEach(async () => {
    url = await createEmptyDatabase();
    dataSource = await connectDataSource(url);
  });
  afterEach(async () => {
    await dataSource.destroy();
    await dropDatabase(url);
  });

  it('are all in the list that the build runs', () => {
    const files = readdirSync(join(__dirname, '../../migrations')).filter((name) => name.endsWith('.ts'));
    expect(ALL).toHaveLength(files.length);
  });

  it('go up, down and up again', async () => {
    await migrate(dataSource, 'auto');
    const shape = await shapeOf(dataSource);
    for (let left = ALL.length; left > 0; left -= 1)
      await dataSource.undoLastMigration({ transaction: 'each' });
    const tables = await dataSource.query<{ tablename: string }[]>(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`,
    );
    expect(tables).toEqual([{ tablename: 'schema_migration' }]);
    expect(await migrate(dataSource, 'auto')).toHaveLength(ALL.length);
    expect(await shapeOf(dataSource)).toEqual(shape);
  });

  it('each take back what they did, and nothing else', async () => {
    const shapes: unknown[] = [];
    for (let count = 1; count <= ALL.length; count += 1) {
      await migrateTo(url, count);
      shapes.push(await shapeOf(dataSource));
    }
    for (const shape of shapes.reverse()) {
      expect(await shapeOf(dataSource)).toEqual(shape);
      await dataSource.undoLastMigration({ transaction: 'each' });
    }
  });

  it('set an empty database up under the policy "empty", and once only', async () => {
    expect(await migrate(dataSource, 'empty')).toHaveLength(ALL.length);
    expect(await migrate(dataSource, 'never')).toEqual([]);
  });

  it('leave a database that is not empty to the operator', async () => {
    await dataSource.query('CREATE TABLE somebody_elses (id int)');
    await expect(migrate(dataSource, 'empty')).rejects.toThrow(SchemaError);
    await expect(migrate(dataSource, 'never')).rejects.toThrow(/npm run migrate/);
  });

  it('let a build run on the schema of the next one, and refuse it on a newer one', async () => {
    await migrate(dataSource, 'auto');
    const later = (name: string): Promise<unknown> =>
      dataSource.query('INSERT INTO schema_migration (timestamp, name) VALUES (1, $1)', [name]);
    await later('Later1');
    expect(await migrate(dataSource, 'never')).toEqual([]);
    await later('Later2');
    await expect(migrate(dataSource, 'never')).rejects.toThrow(
      '2 versions newer than this build (Later1, Later2)',
    );
  });

  it('run once when several replicas start together', async () => {
    const others = await Promise.all([connectDataSource(url), connectDataSource(url)]);
    try {
      const done = await Promise.all([dataSource, ...others].map((one) => migrate(one, 'empty')));
      expect(done.flat()).toHaveLength(ALL.length);
    } finally {
      await Promise.all(others.map((one) => one.destroy()));
    }
  });
});

describe('the migration to the whole contract', () => {
  let url: string;
  let dataSource: DataSource;

  beforeEach(async () => {
    url = await createEmptyDatabase();
    dataSource = await connectDataSource(url);
    await migrateTo(url, 1);
    await dataSource.query(FOUNDATION_ROWS);
  });
  afterEach(async () => {
    await dataSource.destroy();
    await dropDatabase(url);
  });

  const rowsOf = async (table: string): Promise<Record<string, unknown>[]> =>
    dataSource.query<Record<string, unknown>[]>(
      `SELECT to_jsonb(t) - 'origin' AS row FROM ${table} t ORDER BY 1`,
    );
  const origins = async (table: string): Promise<string[]> =>
    (await dataSource.query<{ origin: string }[]>(`SELECT origin FROM ${table} ORDER BY 1`)).map(
      (row) => row.origin,
    );

  it('keeps every row', async () => {
    const before = new Map<string, Record<string, unknown>[]>();
    for (const table of FOUNDATION_TABLES) before.set(table, await rowsOf(table));
    await migrateTo(url, 2);
    for (const [table, rows] of before) {
      expect(rows).not.toEqual([]);
      expect(await rowsOf(table)).toEqual(
        rows.map(({ row }) => ({ row: expect.objectContaining(Object(row)) })),
      );
    }
    expect(await origins('action')).toEqual(['assignment:3', 'rollout:1']);
    expect(await origins('device_attempt')).toEqual(['assignment:3', 'latest:1']);
  });

  it('gives each tenant that is there its settings and module types', async () => {
    await migrateTo(url, 2);
    const settings = await dataSource.query(
      'SELECT tenant_id, polling, max_log_entries, takes_gateway_tokens, revision FROM tenant_settings ORDER BY 1',
    );
    const fresh = { polling: null, max_log_entries: 1000, takes_gateway_tokens: true, revision: 1 };
    expect(settings).toEqual([
      { tenant_id: '1', ...fresh },
      { tenant_id: '2', ...fresh },
    ]);
    expect(
      await dataSource.query('SELECT key, max_per_release FROM module_type WHERE tenant_id = 2 ORDER BY 1'),
    ).toEqual([
      { key: 'application', max_per_release: null },
      { key: 'os', max_per_release: 1 },
      { key: 'runtime', max_per_release: 1 },
    ]);
  });

  it('can be taken back, with what was made under it left in the history', async () => {
    const before = await Promise.all(FOUNDATION_TABLES.map(rowsOf));
    await migrateTo(url, 2);
    await dataSource.query(CONTRACT_ROWS);
    await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await origins('action')).toEqual(['assignment:3', 'direct:1', 'rollout:1']);
    await dataSource.query('DELETE FROM action WHERE id = 3');
    expect(await Promise.all(FOUNDATION_TABLES.map(rowsOf))).toEqual(before);
    expect(await origins('device_attempt')).toEqual(['assignment:3', 'latest:1']);
    await migrateTo(url, 2);
    expect(await origins('action')).toEqual(['assignment:3', 'rollout:1']);
  });
});

/** A device that is to keep a release of its own, with an action and an attempt on that account, and another tenant. */
const FOUNDATION_ROWS = `
INSERT INTO tenant (key) VALUES ('DEFAULT'), ('OTHER');
INSERT INTO tenant_plan (tenant_id) VALUES (1), (2);
INSERT INTO feed (tenant_id, name, is_default) VALUES (1, 'default', true);
INSERT INTO release (tenant_id, name, version, digest, created_by) VALUES (1, 'firmware', '1.0', 'abc', 'ci');
INSERT INTO release_module (tenant_id, release_id, position, type, name, version, format)
  VALUES (1, 1, 1, 'os', 'firmware', '1.0', 'swu');
INSERT INTO rollout (tenant_id, name, feed_id, release_id, salt, created_by) VALUES (1, 'spring', 1, 1, '1', 'ops');
INSERT INTO device (tenant_id, controller_id, feed_id, mode, assigned_release_id, assignment_number, created_by)
  VALUES (1, 'sensor-7', 1, 'assigned', 1, 3, 'ops');
INSERT INTO device_attempt (tenant_id, device_id, origin, attempts) VALUES (1, 1, 'assignment:3', 1), (1, 1, 'latest:1', 2);
INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, state, is_exposed, ended_by, ended_at)
  VALUES (1, 1, 'sensor-7', 1, 'assignment:3', NULL, 'confirmed', false, 'device', now()),
         (1, 1, 'sensor-7', 1, 'rollout:1', 1, 'offered', true, NULL, NULL);`;

const FOUNDATION_TABLES = [
  'tenant',
  'release',
  'release_module',
  'rollout',
  'device',
  'device_attempt',
  'action',
];

const CONTRACT_ROWS = `
INSERT INTO assignment (tenant_id, release_id, type, weight, needs_confirmation, created_by)
  VALUES (1, 1, 'soft', 500, true, 'ops');
INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, assignment_id, type, weight, state, is_exposed)
  VALUES (1, 1, 'sensor-7', 1, 'direct:1', 1, 'soft', 500, 'queued', false);
INSERT INTO module_type (tenant_id, key, name) VALUES (1, 'bootloader', 'Bootloader');
UPDATE tenant_settings SET polling = '00:01:00';
UPDATE device SET auto_confirm = true, auto_confirm_at = now(), auto_confirm_by = 'ops', installed_action_id = 1;`;

describe('the schema', () => {
  let url: string;
  let dataSource: DataSource;

  beforeAll(async () => {
    url = await createDatabase();
    const entities = [UserEntity, ApiTokenEntity, GatewayTokenEntity, FeedEntity];
    dataSource = await new DataSource({ ...dataSourceOptions(url, 2), entities }).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(url);
  });

  it('has each column that an entity names, with its type and nullability', async () => {
    for (const entity of dataSource.entityMetadatas) {
      const columns = await dataSource.query<
        { column_name: string; data_type: string; is_nullable: string }[]
      >(`SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = $1`, [
        entity.tableName,
      ]);
      const actual = columns.map((one) => [
        one.column_name,
        typeOf(one.data_type),
        one.is_nullable === 'YES',
      ]);
      const said = entity.columns.map((one) => [one.databaseName, typeOf(String(one.type)), one.isNullable]);
      expect(actual.sort()).toEqual(said.sort());
    }
  });

  it('carries the tenant in every table', async () => {
    const tables = await dataSource.query<{ table_name: string }[]>(
      `SELECT table_name FROM information_schema.tables t
        WHERE table_schema = 'public' AND table_name NOT IN ('tenant', 'attendance', 'schema_migration')
          AND NOT EXISTS (SELECT 1 FROM information_schema.columns c
                           WHERE c.table_name = t.table_name AND c.column_name = 'tenant_id' AND c.is_nullable = 'NO')`,
    );
    expect(tables).toEqual([]);
  });

  it('names every constraint itself', async () => {
    const unnamed = await dataSource.query<{ conname: string }[]>(
      `SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE n.nspname = 'public' AND contype IN ('p', 'u', 'f', 'c') AND t.relname <> 'schema_migration'
          AND NOT t.relispartition AND conname ~ '_(pkey|key|fkey|check|not_null)[0-9]*$'`,
    );
    expect(unnamed).toEqual([]);
  });

  it('keeps the ids that devices see below 2^31', async () => {
    const [row] = await dataSource.query<{ count: string }[]>(
      `SELECT count(*) FROM pg_sequences WHERE sequencename IN ('action_id_seq', 'release_module_id_seq')
          AND max_value = 2147483647`,
    );
    expect(row?.count).toBe('2');
  });

  it('has partitions for this month and the next two', async () => {
    const [row] = await dataSource.query<{ logs: string; events: string }[]>(
      `SELECT count(*) FILTER (WHERE relname ~ '^action_log_\\d') AS logs,
              count(*) FILTER (WHERE relname ~ '^event_\\d') AS events
         FROM pg_class WHERE relispartition AND relkind = 'r'`,
    );
    expect(row).toEqual({ logs: '3', events: '3' });
  });
});

/** Runs the first `count` migrations, as a build did that knew no more. */
async function migrateTo(url: string, count: number): Promise<void> {
  const options = { ...dataSourceOptions(url, 2), migrations: ALL.slice(0, count) };
  const older = await new DataSource(options).initialize();
  try {
    await migrate(older, 'auto');
  } finally {
    await older.destroy();
  }
}

/** Every column, constraint and index, whatever the order in which they were made. */
async function shapeOf(dataSource: DataSource): Promise<unknown[]> {
  return dataSource.query<unknown[]>(
    `SELECT 'column' AS kind, table_name::text AS owner, column_name::text AS name,
            concat_ws(' ', data_type, is_nullable, column_default) AS definition
       FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
     ORDER BY 1, 2, 3`,
  );
}

function typeOf(name: string): string {
  const synonyms: Record<string, string> = { 'timestamp with time zone': 'timestamptz', int: 'integer' };
  return synonyms[name] ?? name;
}
