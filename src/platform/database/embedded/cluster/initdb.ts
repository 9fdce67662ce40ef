import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Binaries } from './binaries';
import { EmbeddedPostgresError, hasCode, messageOf } from '../embedded-postgres.errors';
import type { Home } from '../home/home';
import type { Log } from '../log';
import { createPassword, findPassword } from './password';
import { run } from '../process/program';
import { stage } from './staged-binaries';

const UNKNOWN_USER =
  'Postgres needs a user id with an entry in /etc/passwd. In a container, run as a user of the image.';

/** What creating a cluster, or making one ready, needs to know. */
export interface Preparation {
  home: Home;
  binaries: Binaries;
  settings: Readonly<Record<string, string>>;
  log: Log;
}

/**
 * Creates a cluster with the superuser `rookery` and returns its password. It grows in a sibling folder and
 * is renamed when complete, so that a data directory is never half made.
 */
export async function createCluster(preparation: Preparation): Promise<string> {
  const { home } = preparation;
  const draft = `${home.dataDir}.initdb-${randomUUID()}`;
  const password = (await findPassword(home.passwordFile)) ?? (await createPassword(home.passwordFile));
  try {
    await makeFolderFor(home, draft);
    await writeFile(join(draft, 'password'), `${password}\n`, { mode: 0o600 });
    if (home.account) await chown(join(draft, 'password'), home.account.uid, home.account.gid);
    await runInitdb(preparation, draft);
    await moveIntoPlace(join(draft, 'data'), home.dataDir);
    return password;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes what a start that was killed in the middle left; its initdb may even be running still. */
export async function removeUnfinished(home: Home, log: Log): Promise<void> {
  const folder = dirname(home.dataDir);
  const prefix = `${basename(home.dataDir)}.initdb-`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    log('warn', `Removing ${join(folder, name)}, left by a first start that was interrupted.`);
    const patience = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
    await rm(join(folder, name), patience).catch((error: unknown) => log('warn', messageOf(error)));
  }
}

async function makeFolderFor(home: Home, folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  if (home.account) await chown(folder, home.account.uid, home.account.gid);
}

async function runInitdb({ home, binaries, settings }: Preparation, draft: string): Promise<void> {
  const args = [
    `--pgdata=${join(draft, 'data')}`,
    `--pwfile=${join(draft, 'password')}`,
    '--username=rookery',
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    // Sorts like C, but knows the upper and lower case of all letters; needs nothing of the system or ICU.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(settings['fsync'] === 'off' ? ['--no-sync'] : []),
  ];
  await withPlainPath(binaries.folder, async (folder) => {
    const { exitCode, output } = await run(join(folder, 'bin', 'initdb'), args, { account: home.account });
    if (exitCode === 0) return;
    const advice = /user does not exist/.test(output) ? `\n${UNKNOWN_USER}` : '';
    throw new EmbeddedPostgresError(
      `Creating the database in ${home.dataDir} failed (initdb, ${exitCode ?? 'killed'}):\n` +
        `${output.trim()}${advice}`,
    );
  });
}

/**
 * initdb hands its own path to a shell between double quotes; where that would go wrong, it runs from a copy.
 */
async function withPlainPath(folder: string, use: (folder: string) => Promise<void>): Promise<void> {
  if (!/["$`\\]/.test(folder)) return use(folder);
  const scratch = await mkdtemp(join(tmpdir(), 'rookery-initdb-'));
  try {
    await chmod(scratch, 0o755);
    await stage(folder, join(scratch, 'postgres'));
    await use(join(scratch, 'postgres'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function moveIntoPlace(made: string, dataDir: string): Promise<void> {
  try {
    // An empty folder may stand there already.
    await rmdir(dataDir).catch(() => undefined);
    await rename(made, dataDir);
  } catch (error) {
    if (!hasCode(error, 'EBUSY', 'EXDEV', 'ENOTEMPTY', 'EEXIST')) throw error;
    throw new EmbeddedPostgresError(
      `${dataDir} cannot be replaced by the new database (${messageOf(error)}). If a volume is mounted on ` +
        'it, mount the volume one folder higher.',
      error,
    );
  }
  const folder = await open(dirname(dataDir), 'r');
  await folder.sync().finally(() => folder.close());
}
