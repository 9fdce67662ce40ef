import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { FeedEntity } from '../../src/modules/devices/feed.entity';
import { ApiTokenEntity } from '../../src/modules/identity/api-token.entity';
import { GatewayTokenEntity } from '../../src/modules/identity/gateway-token.entity';
import { UserEntity } from '../../src/modules/identity/user.entity';
import { connectDataSource, dataSourceOptions } from '../../src/platform/database/data-source';
import { MIGRATIONS } from '../../src/platform/database/migrations';
import { migrate, SchemaError } from '../../src/platform/database/migrator';
import { createDatabase, createEmptyDatabase, dropDatabase } from '../support/test-database';

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
    expect(Object.keys(MIGRATIONS)).toHaveLength(files.length);
  });

  it('go up, down and up again', async () => {
    await migrate(dataSource, 'auto');
    await dataSource.undoLastMigration({ transaction: 'each' });
    const tables = await dataSource.query<{ tablename: string }[]>(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`,
    );
    expect(tables).toEqual([{ tablename: 'schema_migration' }]);
    expect(await migrate(dataSource, 'auto')).toHaveLength(1);
  });

  it('set an empty database up under the policy "empty", and once only', async () => {
    expect(await migrate(dataSource, 'empty')).toHaveLength(1);
    expect(await migrate(dataSource, 'never')).toEqual([]);
  });

  it('leave a database that is not empty to the operator', async () => {
    await dataSource.query('CREATE TABLE somebody_elses (id int)');
    await expect(migrate(dataSource, 'empty')).rejects.toThrow(SchemaError);
    await expect(migrate(dataSource, 'never')).rejects.toThrow(/npm run migrate/);
  });

  it('run once when several replicas start together', async () => {
    const others = await Promise.all([connectDataSource(url), connectDataSource(url)]);
    try {
      const done = await Promise.all([dataSource, ...others].map((one) => migrate(one, 'empty')));
      expect(done.flat()).toHaveLength(1);
    } finally {
      await Promise.all(others.map((one) => one.destroy()));
    }
  });
});

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
        WHERE table_schema = 'public' AND table_name NOT IN ('tenant', 'schema_migration')
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

function typeOf(name: string): string {
  const synonyms: Record<string, string> = { 'timestamp with time zone': 'timestamptz', int: 'integer' };
  return synonyms[name] ?? name;
}
