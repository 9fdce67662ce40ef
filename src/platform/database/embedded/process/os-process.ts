import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { run } from './program';

/**
 * A text that only this process has: its pid may be given to another one later, its birth may not. Undefined
 * when there is no such process; a zombie counts as none, because kill(pid, 0) finds it for as long as nobody
 * reaps it.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    const ticks = stat === undefined ? undefined : startTicksIn(stat);
    if (ticks === undefined) return undefined;
    const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return `${bootId.trim()} ${ticks}`;
  }
  const listed = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => undefined);
  const [state, ...start] = (listed?.output ?? '').trim().split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : start.join(' ');
}

/**
 * The start time (field 22) in /proc/<pid>/stat, or undefined for a zombie; a program's name may contain
 * anything.
 */
export function startTicksIn(stat: string): string | undefined {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || 'ZX'.includes(state) ? undefined : fields[18];
}

/**
 * True when `pid` is alive and really is the Postgres server of `dataDir`, not a later process with that
 * number.
 */
export async function isPostgresOf(pid: number, dataDir: string): Promise<boolean> {
  if ((await birthOf(pid)) === undefined) return false;
  if (process.platform !== 'linux') {
    const listed = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => undefined);
    return listed !== undefined && /postgres/.test(listed.output) && listed.output.includes(dataDir);
  }
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [program = '', ...args] = commandLine.split('\0');
  if (basename(program) !== 'postgres') return false;
  if (args.includes(dataDir)) return true;
  // The server works in its data directory, so this also knows it after the directory was moved.
  return (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === dataDir;
}
