import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What Postgres writes into postmaster.pid; `isReady` once it accepts connections. */
export interface PidFile {
  pid: number;
  port: number;
  isReady: boolean;
}

/**
 * Reads the text of a postmaster.pid: pid, data directory, start, port, socket, address, shared memory,
 * status.
 */
export function parsePidFile(text: string): PidFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return { pid, port: Number(lines[3] ?? 0) || 0, isReady: lines[7] === 'ready' };
}

/** The postmaster.pid of a data directory; undefined when there is none or it is not readable as one. */
export async function findPidFile(dataDir: string): Promise<PidFile | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  return parsePidFile(text);
}

/**
 * Removes the pid file of a server that is known to be dead. Postgres would do it itself, except when the pid
 * now belongs to another process (or a zombie): then it refuses to start. Processes that the dead server left
 * behind are still noticed by Postgres, through its shared memory.
 */
export async function removeStalePidFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'postmaster.pid'), { force: true });
}
