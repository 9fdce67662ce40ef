import { createHash, randomUUID } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../storage/durable-files';
import { BackupError } from './backup.errors';
import type { Identity, Partition, Table } from './tables/catalog';

/** A file of a backup as it has to be. */
export interface Fingerprint {
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface TableCopy extends Table, Fingerprint {
  readonly rows: number;
}

/** What a backup holds. It is written last: a folder without it is no backup. */
export interface Manifest {
  readonly format: number;
  /** The moment of the snapshot, by the clock of the database. */
  readonly takenAt: string;
  readonly postgres: string;
  /** The versions of the schema that the tables have, oldest first. */
  readonly schema: readonly string[];
  readonly tables: readonly TableCopy[];
  readonly partitions: readonly Partition[];
  readonly identities: readonly Identity[];
  /** Of the list of stored files; each is verified by its own name. */
  readonly blobs: Fingerprint & { readonly count: number; readonly totalBytes: number };
  readonly secretKey?: Fingerprint;
}

export const FORMAT = 1;
const FILE = 'manifest.json';

export const BLOB_LIST = 'blobs.list';

export function tableFile(name: string): string {
  return join('tables', `${name}.copy.gz`);
}

/** Makes the backup one: atomically, and for good once it resolves. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = JSON.stringify({ ...manifest, seal: sealOf(manifest) }, undefined, 1);
  const draft = join(folder, `${FILE}.${randomUUID()}`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, FILE));
  const directory = await open(folder, 'r');
  await directory.sync().finally(() => directory.close());
}

/** @throws BackupError when there is none, or it is not as it was written. */
export async function readManifest(folder: string): Promise<Manifest> {
  const { seal, ...manifest } = parse(folder, await textOf(folder));
  if (manifest.format !== FORMAT)
    throw new BackupError(`${folder} was made by a newer Rookery (format ${String(manifest.format)}).`);
  if (seal !== sealOf(manifest)) throw new BackupError(`${join(folder, FILE)} is damaged.`);
  const strange = manifest.tables.find(({ name }) => !/^[a-z][a-z0-9_]*$/.test(name));
  if (strange !== undefined) throw new BackupError(`${join(folder, FILE)} names a table "${strange.name}".`);
  return manifest;
}

async function textOf(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, FILE), 'utf8');
  } catch (error) {
    if (!hasErrno(error, 'ENOENT') && !hasErrno(error, 'ENOTDIR')) throw error;
    throw new BackupError(`${folder} has no ${FILE}: it is no backup, or one that was not finished.`);
  }
}

function parse(folder: string, text: string): Manifest & { readonly seal?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'format' in value) return value as Manifest;
  } catch {
    // Said below.
  }
  throw new BackupError(`${join(folder, FILE)} is damaged.`);
}

function sealOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}
