import { mkdir, readdir } from 'node:fs/promises';
import type { Client } from 'pg';
import { holdStoredBytes } from '../database/locks';
import type { BlobStore } from '../storage/blob-store';
import { BackupError } from './backup.errors';
import { copyBlobsOut } from './blobs/blobs-out';
import { listApplied } from './tables/catalog';
import { withClient } from './tables/maintenance-client';
import { writeManifest, type Manifest } from './manifest';
import { syncTree } from './sealed-file';
import { copySecretKey } from './secret-key-copy';
import { copyTablesOut, type Meaning } from './tables/tables-out';

export interface BackupWish {
  readonly databaseUrl: string;
  readonly store: BlobStore;
  readonly meaning: Meaning;
  /** Every version of the schema that this build knows. */
  readonly knownSchema: readonly string[];
  /** The server's key in the data folder, when that is wanted too. */
  readonly secretKeyFile?: string | undefined;
  readonly say: (line: string) => void;
}

/** How long deletions under way, and another backup, are waited for. */
const HOLD_PATIENCE = '60s';

/**
 * Copies database and stored files into a new folder while the server runs. First one snapshot of all tables, then the files
 * that it names: what is deleted meanwhile leaves its bytes in the store until this is over. What was acknowledged before the
 * beginning is in the snapshot. @throws BackupError
 */
export async function makeBackup(folder: string, wish: BackupWish): Promise<Manifest> {
  await makeEmpty(folder);
  const key = wish.secretKeyFile;
  const secretKey = key === undefined ? undefined : await copySecretKey(folder, key);
  return withClient(wish.databaseUrl, async (holder) => {
    await hold(holder);
    const { blobList, ...database } = await withClient(wish.databaseUrl, async (client) => {
      await refuseSchema(client, wish.knownSchema);
      return copyTablesOut(client, folder, wish.meaning);
    });
    const rows = database.tables.reduce((sum, table) => sum + table.rows, 0);
    wish.say(`Database: ${database.tables.length} tables, ${rows} rows, as of ${database.takenAt}.`);
    const copied = await copyBlobsOut(wish.store, folder);
    wish.say(`Artifacts: ${copied.count} files, ${copied.totalBytes} bytes, each verified by its sha256.`);
    await refuseIfLost(holder);
    await syncTree(folder);
    const manifest = {
      ...{ ...database, blobs: { ...blobList, ...copied } },
      ...(secretKey === undefined ? {} : { secretKey }),
    };
    await writeManifest(folder, manifest);
    return manifest;
  });
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0)
    throw new BackupError(`${folder} is not empty. Give each backup a folder of its own.`);
}

async function hold(client: Client): Promise<void> {
  await client.query(`SET lock_timeout = '${HOLD_PATIENCE}'`);
  try {
    await holdStoredBytes(client);
  } catch (error) {
    throw new BackupError(`Another backup of this database is under way (${String(error)}).`);
  }
}

/** Without its connection nothing held deletions off any more; the files that were needed were all there, but say so. */
async function refuseIfLost(client: Client): Promise<void> {
  await client.query('SELECT 1').catch((error: unknown) => {
    throw new BackupError(`The database went away during the backup (${String(error)}). Start again.`);
  });
}

async function refuseSchema(client: Client, known: readonly string[]): Promise<void> {
  const applied = await listApplied(client);
  if (applied.length === 0) throw new BackupError('The database is empty: there is nothing to back up.');
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new BackupError(
      `The database schema is newer than this build (${unknown.join(', ')}). Back up with the build that runs on it.`,
    );
}
