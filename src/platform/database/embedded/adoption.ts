import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { identify, type Credentials } from './connection';
import { messageOf } from './embedded-postgres.errors';
import type { Preparation } from './cluster/initdb';
import { isPostgresOf } from './process/os-process';
import { findPassword } from './cluster/password';
import { findPidFile } from './process/pid-file';
import { Postmaster } from './process/postmaster';
import { hasArguments, serverArguments } from './cluster/server-settings';
import { Stopwatch } from './stopwatch';

const PATIENCE_MS = 3000;

/** A server that runs already, and the password it took. */
export interface Adopted {
  postmaster: Postmaster;
  password: string;
}

/**
 * Looks for a server that an earlier process of ours left running on the data directory. It is taken over
 * when it lets us in and is what we would start ourselves; otherwise it is stopped.
 */
export async function adoptOrStop(preparation: Preparation): Promise<Adopted | undefined> {
  const { home, log } = preparation;
  const found = await findPidFile(home.dataDir);
  if (!found || !(await isPostgresOf(found.pid, home.dataDir))) return undefined;
  const postmaster = await Postmaster.adopt(found.pid, found.port);
  if (!postmaster) return undefined;
  const password = await findPassword(home.passwordFile);
  const obstacle = password
    ? await obstacleTo(preparation, { port: found.port, password })
    : 'its password is lost';
  if (obstacle === undefined && password) {
    log('info', `Adopted the Postgres server (pid ${found.pid}) that still ran on ${home.dataDir}.`);
    return { postmaster, password };
  }
  log(
    'warn',
    `Stopping the Postgres server (pid ${found.pid}) that still ran on ${home.dataDir}: ${obstacle}.`,
  );
  await postmaster.stop();
  return undefined;
}

/** Why the running server cannot be used, or undefined when it can. */
async function obstacleTo(preparation: Preparation, credentials: Credentials): Promise<string | undefined> {
  const { home, binaries, settings } = preparation;
  const opts = await readFile(join(home.dataDir, 'postmaster.opts'), 'utf8').catch(() => '');
  if (!hasArguments(opts, serverArguments(home.dataDir, settings)))
    return 'it was started with other settings';
  const stopwatch = new Stopwatch();
  for (;;) {
    try {
      const { version, dataDir } = await identify(credentials);
      if (version !== binaries.version) return `it is Postgres ${version}, ours is ${binaries.version}`;
      return dataDir === home.dataDir ? undefined : `it serves ${dataDir}`;
    } catch (error) {
      if (stopwatch.elapsedMs > PATIENCE_MS) return `it does not let us in (${messageOf(error)})`;
      // It may be starting up or recovering.
      await pause(200);
    }
  }
}
