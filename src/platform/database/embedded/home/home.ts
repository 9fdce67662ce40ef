import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Account } from '../process/account';
import { chooseAccount, nameOf } from './account-choice';
import { EmbeddedPostgresError } from '../embedded-postgres.errors';
import type { Log } from '../log';
import { canReach } from './reach';

const STAGING_ROOT = '/var/lib/rookery';

/** Where a cluster and its companions lie, and who runs it: `account` is undefined when it is ourselves. */
export interface Home {
  dataDir: string;
  account: Account | undefined;
  passwordFile: string;
  lockFile: string;
  logFile: string;
}

/**
 * Decides where the cluster wanted at `wantedDir` really lies. An ordinary user has it there. Root's Postgres
 * runs under another account, and when that one cannot walk there (say, below /root), it lies under
 * /var/lib/rookery; an existing cluster is never left behind for an empty one.
 */
export async function findHome(wantedDir: string, log: Log): Promise<Home> {
  const wanted = await realPlace(resolve(wantedDir));
  if (process.getuid === undefined) {
    const instead = 'Use WSL or an external Postgres';
    throw new EmbeddedPostgresError(`The embedded Postgres does not run on ${process.platform}. ${instead}.`);
  }
  const ownUid = process.getuid();
  if (ownUid === 0) return homeForRoot(wanted, log);
  const ownerUid = await clusterOwner(wanted);
  if (ownerUid !== undefined && ownerUid !== ownUid) {
    throw new EmbeddedPostgresError(
      `${wanted} belongs to the user with id ${ownerUid}, but Rookery runs as ${ownUid}. Run it as the ` +
        'user who ran it before, or, when nothing runs on it any more, give the folder away: ' +
        `sudo chown -R ${ownUid} '${dirname(wanted)}'`,
    );
  }
  return homeAt(wanted, undefined);
}

async function homeForRoot(wanted: string, log: Log): Promise<Home> {
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const staged = join(STAGING_ROOT, hash, 'postgres');
  const existing = (await hasCluster(wanted)) ? wanted : (await hasCluster(staged)) ? staged : undefined;
  const account = (existing && (await ownerOf(existing))) || (await chooseAccount());
  if (!account) {
    throw new EmbeddedPostgresError(
      'Postgres refuses to run as root, and this system has no account "rookery", "postgres" or "nobody". ' +
        'Create one (useradd --system rookery) or run Rookery as an ordinary user.',
    );
  }
  if (existing !== staged && (await canReach(account, dirname(wanted)))) return homeAt(wanted, account);
  if (existing === wanted) {
    throw new EmbeddedPostgresError(
      `Root's embedded Postgres runs as "${account.name}", who may not walk to the existing database in ` +
        `${wanted}. Let others enter the folders above it (chmod o+x), or stop Rookery and move it: ` +
        `mkdir -p ${dirname(staged)} && mv '${wanted}' '${wanted}.password' ${dirname(staged)}/`,
    );
  }
  await makeStagingFolder(dirname(staged));
  const why = `Root's Postgres runs as "${account.name}", who could not walk to ${wanted}`;
  log('info', `${why}; its database lies in ${staged}.`);
  return homeAt(staged, account);
}

function homeAt(dataDir: string, account: Account | undefined): Home {
  return {
    dataDir,
    account,
    passwordFile: `${dataDir}.password`,
    lockFile: `${dataDir}.lock`,
    logFile: `${dataDir}.log`,
  };
}

/** The path without symbolic links (processes are recognised by it); makes the folders above it. */
async function realPlace(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const place = join(await realpath(dirname(path)), basename(path));
  return realpath(place).catch(() => place);
}

/** Folders that the account may walk through, whatever our umask is. */
async function makeStagingFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(STAGING_ROOT, 0o755);
  await chmod(folder, 0o755);
}

async function hasCluster(dataDir: string): Promise<boolean> {
  return stat(join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

async function clusterOwner(dataDir: string): Promise<number | undefined> {
  return (await stat(dataDir).catch(() => undefined))?.uid;
}

/**
 * Who ran this cluster before, so that it stays with that account; undefined when that was root's own doing.
 */
async function ownerOf(dataDir: string): Promise<Account | undefined> {
  const { uid, gid } = await stat(dataDir);
  return uid === 0 ? undefined : { name: await nameOf(uid), uid, gid };
}
