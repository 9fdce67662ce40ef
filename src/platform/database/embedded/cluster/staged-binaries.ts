import { chmod, cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findNativeFolder, isCompleted, isUsableBy, probe, type Binaries } from './binaries';
import { EmbeddedPostgresError } from '../embedded-postgres.errors';
import type { Home } from '../home/home';
import type { Log } from '../log';

/**
 * The Postgres programs, where the account that runs them can: in node_modules, or in a copy beside the data
 * directory when that account may not walk there or node_modules lacks something and is read-only.
 */
export async function prepareBinaries(home: Home, log: Log): Promise<Binaries> {
  const native = await findNativeFolder();
  const isInPlace =
    (await isCompleted(native)) && (!home.account || (await isUsableBy(home.account, native)));
  if (isInPlace) return probe(native, home.account);
  const copy = `${home.dataDir}-binaries-${await packageVersion(native)}`;
  const isNew = await stage(native, copy);
  if (isNew) log('info', `Postgres cannot be run from ${native}; its programs were copied to ${copy}.`);
  if (isNew) await removeOlderCopies(home, copy);
  return probe(copy, home.account);
}

/**
 * Copies the programs to `copy`, which then is complete or absent. Returns false when it was there already.
 */
export async function stage(native: string, copy: string): Promise<boolean> {
  const draft = `${copy}.new`;
  if (await isPresent(copy)) return false;
  await rm(draft, { recursive: true, force: true });
  // Static libraries are for compiling against.
  const filter = (path: string): boolean => !/\.a$|[/\\]pkgconfig$/.test(path);
  await cp(native, draft, { recursive: true, verbatimSymlinks: true, filter });
  await openToAll(draft);
  if (!(await isCompleted(draft))) {
    throw new EmbeddedPostgresError(`The copy of the Postgres programs in ${draft} could not be completed.`);
  }
  await rename(draft, copy);
  return true;
}

async function isPresent(copy: string): Promise<boolean> {
  return (await readdir(copy).catch(() => [])).length > 0;
}

/** A strict umask at install time or now must not keep the account out. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}

async function packageVersion(native: string): Promise<string> {
  const text = await readFile(join(dirname(native), 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version).replace(/[^\w.-]/g, '_');
}

async function removeOlderCopies(home: Home, current: string): Promise<void> {
  const prefix = `${basename(home.dataDir)}-binaries-`;
  const folder = dirname(home.dataDir);
  for (const name of await readdir(folder)) {
    const isOlder = name.startsWith(prefix) && name !== basename(current);
    if (isOlder) await rm(join(folder, name), { recursive: true, force: true });
  }
}
