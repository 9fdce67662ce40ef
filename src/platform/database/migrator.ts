import type { DataSource, QueryRunner } from 'typeorm';

/** Serialises migrators of several replicas; an arbitrary constant, unlike the two-key locks of plans and rollouts. */
const MIGRATION_LOCK = 7_205_759_403;

/** The database's schema is not the one this build runs on. */
export class SchemaError extends Error {}

export type MigratePolicy = 'empty' | 'auto' | 'never';

/**
 * Brings the schema to this build's version as far as `policy` allows, and refuses anything it cannot run on.
 * @throws SchemaError when migrations are missing and the policy leaves them to the operator.
 */
export async function migrate(dataSource: DataSource, policy: MigratePolicy): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await migrateLocked(dataSource, policy);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await runner.release();
  }
}

/** For whoever makes a schema in a transaction of their own: until its end no other process migrates. */
export async function lockMigrations(runner: QueryRunner): Promise<void> {
  await runner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
}

async function migrateLocked(dataSource: DataSource, policy: MigratePolicy): Promise<string[]> {
  await refuseOldServer(dataSource);
  await refuseNewerSchema(dataSource);
  if (!(await dataSource.showMigrations())) return [];
  const isEmpty = await hasNoTables(dataSource);
  if (policy === 'never' || (policy === 'empty' && !isEmpty)) {
    throw new SchemaError(
      'The database schema is older than this build. Back it up, then run "npm run migrate" (or set ROOKERY_MIGRATE=auto).',
    );
  }
  const done = await dataSource.runMigrations({ transaction: 'each' });
  return done.map((migration) => migration.name);
}

async function refuseOldServer(dataSource: DataSource): Promise<void> {
  const [row] = await dataSource.query<{ server_version_num: string }[]>('SHOW server_version_num');
  if (Number(row?.server_version_num) < 150_000) {
    throw new SchemaError(
      `Postgres ${row?.server_version_num ?? '?'} is too old: Rookery needs version 15 or later.`,
    );
  }
}

/** This build also runs on the schema of the next one (expand, then contract), so that replicas can be replaced in turn. */
const MOST_MIGRATIONS_AHEAD = 1;

async function refuseNewerSchema(dataSource: DataSource): Promise<void> {
  const [table] = await dataSource.query<{ name: string | null }[]>(
    `SELECT to_regclass('schema_migration') AS name`,
  );
  if (table?.name == null) return;
  // A migration's `name` is optional; TypeORM writes down its class where there is none.
  const own = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
  const applied = await dataSource.query<{ name: string }[]>('SELECT name FROM schema_migration');
  const unknown = applied.map((row) => row.name).filter((name) => !own.includes(name));
  if (unknown.length <= MOST_MIGRATIONS_AHEAD) return;
  throw new SchemaError(
    `The database schema is ${unknown.length} versions newer than this build (${unknown.join(', ')}). Start a newer build.`,
  );
}

async function hasNoTables(dataSource: DataSource): Promise<boolean> {
  const rows = await dataSource.query<unknown[]>(
    `SELECT 1 FROM pg_catalog.pg_tables
      WHERE schemaname = current_schema() AND tablename <> 'schema_migration' LIMIT 1`,
  );
  return rows.length === 0;
}
