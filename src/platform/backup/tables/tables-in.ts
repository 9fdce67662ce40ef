import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ClientBase } from 'pg';
import { BackupError } from '../backup.errors';
import { inOrderOfReference, listTables, quoted, type Partition } from './catalog';
import { CopyIn } from './copy-in';
import { tableFile, type Manifest, type TableCopy } from '../manifest';

/**
 * Numbers go on so much further than they had come: those that were given after the backup are on devices and in other
 * people's notes, and must not come to mean something else. A thousandth of what action ids may become.
 */
export const NUMBERS_SKIPPED = 1_000_000;

/** Fills the tables of an empty schema of the backup's version, within the caller's transaction. */
export async function copyTablesIn(client: ClientBase, folder: string, manifest: Manifest): Promise<void> {
  await refuseOtherColumns(client, manifest);
  for (const partition of manifest.partitions) await ensurePartition(client, partition);
  const tables = await inOrderOfReference(client, manifest.tables);
  // A migration may have put rows of its own there; the backup's are in their place.
  const names = (await listTables(client)).map(({ name }) => quoted(name));
  await client.query(`TRUNCATE ${names.join(', ')}`);
  await client.query(
    "SET LOCAL client_encoding = 'UTF8'; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'",
  );
  for (const table of tables) await copyTable(client, folder, table);
  for (const { table, column, last } of manifest.identities)
    await client.query(
      `SELECT setval(s.name::regclass, least(q.seqmax, $3::bigint + ${NUMBERS_SKIPPED}))
         FROM pg_get_serial_sequence(format('%I', $1::text), $2) AS s (name)
         JOIN pg_sequence q ON q.seqrelid = s.name::regclass`,
      [table, column, last],
    );
}

/** Names and order of columns are what the copies are read by. */
async function refuseOtherColumns(client: ClientBase, manifest: Manifest): Promise<void> {
  const own = new Map((await listTables(client)).map(({ name, columns }) => [name, columns]));
  for (const { name, columns } of manifest.tables) {
    const missing = columns.filter((column) => own.get(name)?.includes(column) !== true);
    if (missing.length > 0)
      throw new BackupError(`The schema of the backup has no ${missing.join(', ')} in its table ${name}.`);
  }
}

const BOUND = /^(?:DEFAULT|FOR VALUES FROM \('[-+: 0-9]+'\) TO \('[-+: 0-9]+'\))$/;

async function ensurePartition(client: ClientBase, { parent, name, bound }: Partition): Promise<void> {
  if (!BOUND.test(bound))
    throw new BackupError(`The partition ${name} of the backup has the bound ${bound}.`);
  const { rows } = await client.query('SELECT 1 WHERE to_regclass($1) IS NOT NULL', [quoted(name)]);
  if (rows.length > 0) return;
  await client.query(`CREATE TABLE ${quoted(name)} PARTITION OF ${quoted(parent)} ${bound}`);
}

async function copyTable(client: ClientBase, folder: string, table: TableCopy): Promise<void> {
  const columns = table.columns.map(quoted).join(', ');
  const rows = client.query(new CopyIn(`COPY ${quoted(table.name)} (${columns}) FROM STDIN`));
  await pipeline(createReadStream(join(folder, tableFile(table.name))), createGunzip(), rows);
  if (rows.rows !== table.rows)
    throw new BackupError(`Of ${table.name} ${rows.rows} rows came back instead of ${table.rows}.`);
}
