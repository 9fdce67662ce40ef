import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * Ends the processes that a killed server left on its data directory. Idle ones end by themselves, but one
 * that is busy with a query notices only at its end, and until then no new server can start. Returns how many
 * it signalled; knows them on Linux only. The server itself must be dead.
 */
export async function stopOrphans(dataDir: string): Promise<number> {
  if (process.platform !== 'linux') return 0;
  let count = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || !(await isServerProcess(name, dataDir))) continue;
    try {
      // What the server itself would send them: leave at once.
      process.kill(Number(name), 'SIGQUIT');
      count += 1;
    } catch {
      // It is gone already.
    }
  }
  return count;
}

/** They work in the data directory, under titles such as "postgres: checkpointer". */
async function isServerProcess(pid: string, dataDir: string): Promise<boolean> {
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (folder !== dataDir) return false;
  const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return title.startsWith('postgres:');
}
