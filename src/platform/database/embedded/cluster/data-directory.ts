import { chmod, lchown, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../process/account';
import { EmbeddedPostgresError } from '../embedded-postgres.errors';
import { createCluster, removeUnfinished, type Preparation } from './initdb';
import { createPassword, findPassword } from './password';
import { run } from '../process/program';

/**
 * Makes the data directory ready for a server start, creating the cluster when there is none, and returns the
 * password. No server may be running on it.
 */
export async function prepareDataDirectory(preparation: Preparation): Promise<string> {
  const { home, log } = preparation;
  await removeUnfinished(home, log);
  const major = await findMajorVersion(home.dataDir);
  if (major === undefined) {
    await refuseForeignFiles(home.dataDir);
    log('info', `Creating a Postgres database in ${home.dataDir}.`);
    return createCluster(preparation);
  }
  refuseOtherMajor(major, preparation);
  if (home.account) await giveTo(home.account, home.dataDir);
  await chmod(home.dataDir, 0o700);
  return (await findPassword(home.passwordFile)) ?? (await resetPassword(preparation));
}

async function findMajorVersion(dataDir: string): Promise<string | undefined> {
  const text = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text?.trim();
}

async function refuseForeignFiles(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch(() => []);
  if (names.length === 0) return;
  throw new EmbeddedPostgresError(
    `${dataDir} has no PG_VERSION, so it is no Postgres data directory, but it is not empty either ` +
      `(${names.slice(0, 5).join(', ')}). Move it away to start with an empty database, or restore a backup.`,
  );
}

function refuseOtherMajor(major: string, { home, binaries }: Preparation): void {
  const own = binaries.version.split('.')[0] ?? '';
  if (major === own) return;
  throw new EmbeddedPostgresError(
    `${home.dataDir} was made by Postgres ${major}, and this Rookery brings Postgres ${own}, which cannot ` +
      'read it. Nothing was changed. Either run the Rookery version that you ran before, or move over: with that version ' +
      '"npm run backup -- <folder>", then stop it and rename the data folder, then with this version ' +
      '"npm run restore -- <folder>". See "Upgrade of the embedded Postgres" in docs/operations.md.',
  );
}

/** After `cp` or a restore as root everything belongs to root, and Postgres would refuse it. */
async function giveTo(account: Account, path: string): Promise<void> {
  const { uid } = await stat(path);
  if (uid === account.uid) return;
  await chownTree(account, path);
}

async function chownTree(account: Account, path: string): Promise<void> {
  await lchown(path, account.uid, account.gid);
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await chownTree(account, child);
    else await lchown(child, account.uid, account.gid);
  }
}

/** The password file is gone (a restore that forgot it?): sets a new one through single-user mode. */
async function resetPassword({ home, binaries, log }: Preparation): Promise<string> {
  log('warn', `${home.passwordFile} is missing; giving the database a new password.`);
  const password = await createPassword(home.passwordFile);
  const { exitCode, output } = await run(binaries.postgres, ['--single', '-D', home.dataDir, 'postgres'], {
    account: home.account,
    input: `ALTER ROLE rookery PASSWORD '${password}'\n`,
  });
  if (exitCode !== 0 || /(ERROR|FATAL|PANIC):/.test(output)) {
    throw new EmbeddedPostgresError(`The password of the database could not be set anew:\n${output.trim()}`);
  }
  return password;
}
