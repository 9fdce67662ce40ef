import { identify, urlOf } from './connection';
import { findHome } from './home/home';
import type { Log } from './log';
import { isPostgresOf } from './process/os-process';
import { findPassword } from './cluster/password';
import { findPidFile } from './process/pid-file';

/**
 * The url of the server that a running Rookery has on its data directory, for a program beside it; undefined when there is
 * none. Whoever uses it takes nothing over: the server may stop at any time.
 */
export async function findRunningServer(wantedDir: string, log: Log): Promise<string | undefined> {
  const home = await findHome(wantedDir, log);
  const found = await findPidFile(home.dataDir);
  if (found?.isReady !== true || !(await isPostgresOf(found.pid, home.dataDir))) return undefined;
  const password = await findPassword(home.passwordFile);
  if (password === undefined) return undefined;
  const credentials = { port: found.port, password };
  const { dataDir } = await identify(credentials);
  return dataDir === home.dataDir ? urlOf(credentials) : undefined;
}
