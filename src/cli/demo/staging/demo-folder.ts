import { chmod, mkdtemp, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LOG_NAME = 'server.log';
/** The second one as the server calls it. */
const FILE_NAMES = [LOG_NAME, 'first-credentials.json'];
const PATIENCE_MS = 5000;
const LOOK_MS = 50;

/**
 * The data of one demo: a new temporary folder, so that no real data is touched, every demo starts alike, and
 * removing it removes everything.
 */
export class DemoFolder {
  /** What in it is of use to people. */
  readonly files: readonly string[] = FILE_NAMES;

  private constructor(readonly path: string) {}

  static async make(): Promise<DemoFolder> {
    const isRoot = process.getuid?.() === 0;
    // Root's Postgres runs under another account, which has to walk there: TMPDIR may well be closed to it.
    const parent = await realpath(isRoot ? '/tmp' : tmpdir());
    const path = await mkdtemp(join(parent, 'rookery-demo-'));
    if (isRoot) await chmod(path, 0o711);
    return new DemoFolder(path);
  }

  get logFile(): string {
    return join(this.path, LOG_NAME);
  }

  /** Call when the server has ended. A server that was killed leaves its Postgres behind: that ends first. */
  async remove(): Promise<void> {
    await this.endPostgres();
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private async endPostgres(): Promise<void> {
    const cluster = join(this.path, 'postgres');
    const pidFile = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
    const pid = Number(pidFile.split('\n', 1)[0]);
    if (!(pid > 1) || !(await worksIn(pid, cluster))) return;
    // Its data is about to be removed: there is nothing to write down properly.
    for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
      const deadlineMs = performance.now() + PATIENCE_MS;
      while (send(pid, signal) && performance.now() < deadlineMs) {
        await delay(LOOK_MS);
        if (!send(pid, 0) || !(await worksIn(pid, cluster))) return;
      }
    }
  }
}

/** The number may long be another program's. Where there is no /proc, the file has to do. */
async function worksIn(pid: number, folder: string): Promise<boolean> {
  const proc = await readlink('/proc/self').catch(() => undefined);
  if (proc === undefined) return true;
  return (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === folder;
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
