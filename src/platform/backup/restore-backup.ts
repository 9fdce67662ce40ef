import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';
import type { PoolClient } from 'pg';
import { connectForMigration } from '../database/data-source';
import { lockMigrations, migrate } from '../database/migrator';
import type { BlobStore } from '../storage/blob-store';
import { BackupError, UnmigratedError } from './backup.errors';
import { copyBlobsIn, refuseForeignBlobs } from './blobs/blobs-in';
import { listApplied, listTables } from './tables/catalog';
import type { Manifest } from './manifest';
import { restoreSecretKey } from './secret-key-copy';
import { copyTablesIn } from './tables/tables-in';

export interface RestoreWish {
  readonly databaseUrl: string;
  readonly store: BlobStore;
  /** Where the server's key goes, if the backup has it. */
  readonly dataDir: string;
  readonly say: (line: string) => void;
}

/**
 * Brings a verified backup into an empty database and an empty store, and then to this build's schema. The files come first and
 * the rows that name them in one transaction, so that whatever fails before its end leaves an empty database; the
 * same restore may be repeated then. @throws BackupError
 */
export async function restoreBackup(folder: string, manifest: Manifest, wish: RestoreWish): Promise<void> {
  const { databaseUrl, store, say } = wish;
  const dataSource = await connectForMigration(databaseUrl, manifest.schema);
  try {
    await inTransaction(dataSource, (runner, client) => refuseUsed(runner, client));
    await refuseForeignBlobs(store, folder);
    await restoreSecretKey(folder, manifest, wish.dataDir);
    await copyBlobsIn(store, folder);
    say(`Artifacts: ${manifest.blobs.count} files, each verified by its sha256.`);
    await inTransaction(dataSource, async (runner, client) => {
      await refuseUsed(runner, client);
      await bringSchema(dataSource, runner, manifest);
      await copyTablesIn(client, folder, manifest);
      await client.query('ANALYZE');
    });
  } finally {
    await dataSource.destroy();
  }
  say(`Database: ${manifest.tables.length} tables, as of ${manifest.takenAt}.`);
  const migrated = await bringUp(databaseUrl);
  if (migrated.length > 0) say(`Migrated: ${migrated.join(', ')}.`);
}

async function inTransaction(
  dataSource: DataSource,
  work: (runner: QueryRunner, client: PoolClient) => Promise<void>,
): Promise<void> {
  const runner = dataSource.createQueryRunner();
  const client = (await runner.connect()) as PoolClient;
  try {
    await client.query('BEGIN');
    await work(runner, client);
    await client.query('COMMIT');
  } catch (error) {
    // A copy that broke off leaves the connection in its middle: only its end is a rollback for certain.
    await client.end().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

/** Servers that start meanwhile wait for the end of the transaction, and then find the schema in place. */
async function refuseUsed(runner: QueryRunner, client: PoolClient): Promise<void> {
  await lockMigrations(runner);
  const isUsed = (await listApplied(client)).length > 0 || (await listTables(client)).length > 0;
  if (isUsed)
    throw new BackupError('The database is not empty. Restore into a new one; this one is untouched.');
}

/** The schema as it was when the backup was made, in the caller's transaction. */
async function bringSchema(dataSource: DataSource, runner: QueryRunner, manifest: Manifest): Promise<void> {
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = 'none';
  const done = (await executor.executePendingMigrations()).map((migration) => migration.name);
  const missing = manifest.schema.filter((name) => !done.includes(name));
  if (missing.length > 0) throw new BackupError(`This build cannot make the schema ${missing.join(', ')}.`);
}

async function bringUp(databaseUrl: string): Promise<string[]> {
  const dataSource = await connectForMigration(databaseUrl);
  try {
    return await migrate(dataSource, 'auto');
  } catch (error) {
    throw new UnmigratedError(
      `The backup was restored, but its schema could not be brought up to date: ${String(error)}`,
      { cause: error },
    );
  } finally {
    await dataSource.destroy();
  }
}
