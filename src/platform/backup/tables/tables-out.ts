import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { listApplied, listIdentities, listPartitions, listTables, quoted, type Table } from './catalog';
import { CopyOut } from './copy-out';
import { BLOB_LIST, FORMAT, tableFile, type Manifest, type TableCopy } from '../manifest';
import { writeSealed } from '../sealed-file';

/** What the tables mean, as far as a backup has to know. */
export interface Meaning {
  /** A query for tenant_id, sha256 and size_bytes of the stored files, given the versions of the schema. */
  readonly blobs: (schema: readonly string[]) => string;
  /** Tables whose rows are worth nothing elsewhere. */
  readonly leftOut: readonly string[];
}

/** Everything that a manifest says of the database. */
export type DatabaseCopy = Omit<Manifest, 'blobs' | 'secretKey'> & {
  readonly blobList: { readonly sizeBytes: number; readonly sha256: string };
};

/** Copies the tables and the list of stored files, all of them as they stood at one moment. */
export async function copyTablesOut(
  client: ClientBase,
  folder: string,
  { blobs, leftOut }: Meaning,
): Promise<DatabaseCopy> {
  await mkdir(join(folder, 'tables'), { mode: 0o700 });
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(
    "SET LOCAL client_encoding = 'UTF8'; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'",
  );
  const schema = await listApplied(client);
  const partitions = await listPartitions(client);
  const { rows } = await client.query<{ at: Date; postgres: string }>(
    "SELECT now() AS at, current_setting('server_version') AS postgres",
  );
  const tables: TableCopy[] = [];
  for (const table of await listTables(client))
    if (!leftOut.includes(table.name)) tables.push(await copyTable(client, folder, table));
  const blobList = await writeSealed(
    join(folder, BLOB_LIST),
    client.query(new CopyOut(`COPY (${blobs(schema)}) TO STDOUT`)),
  );
  const identities = await listIdentities(client);
  await client.query('COMMIT');
  const { at, postgres } = rows[0] ?? { at: new Date(0), postgres: '' };
  const moment = { format: FORMAT, takenAt: at.toISOString(), postgres } as const;
  return { ...moment, schema, tables, partitions, identities, blobList };
}

async function copyTable(client: ClientBase, folder: string, table: Table): Promise<TableCopy> {
  const columns = table.columns.map(quoted).join(', ');
  const rows = client.query(new CopyOut(`COPY (SELECT ${columns} FROM ${quoted(table.name)}) TO STDOUT`));
  const packed = createGzip({ level: 1 });
  const packing = pipeline(rows, packed);
  // Where writing fails, packing only hears that it was stopped, and earlier: what is to be told is the other.
  packing.catch(() => undefined);
  const print = await writeSealed(join(folder, tableFile(table.name)), packed);
  await packing;
  return { ...table, rows: rows.rows, ...print };
}
