import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The fields of /proc/<pid>/stat that we need (see proc_pid_stat(5)). */
interface Stat {
  readonly parentPid: number;
  readonly ownTicks: number;
  /** Of children that ended and were waited for, with their own such children. */
  readonly endedChildrenTicks: number;
}

const MS_PER_TICK = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU that a process has used so far, user and system, all threads. */
export function cpuMs(pid: number): number {
  return ticksToMs(statOf(pid)?.ownTicks ?? 0);
}

/**
 * CPU that a process and all its children have used so far. A child that ends in between moves from one addend to the
 * other (a parent that waits for it, as the postmaster does, inherits its time), so nothing is lost or counted twice.
 */
export function familyCpuMs(pid: number): number {
  const parent = statOf(pid);
  if (parent === undefined) throw new Error(`process ${pid} is gone`);
  const children = allPids()
    .map(statOf)
    .filter((stat) => stat?.parentPid === pid);
  const ticks = [parent, ...children].map((stat) => (stat?.ownTicks ?? 0) + (stat?.endedChildrenTicks ?? 0));
  return ticksToMs(ticks.reduce((sum, one) => sum + one, 0));
}

/** Resident memory of a process. */
export function residentBytes(pid: number): number {
  const kiB = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kiB ?? 0) * 1024;
}

function allPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // After the name, which may hold anything; `state` (field 3) comes first.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    parentPid: field(4),
    ownTicks: field(14) + field(15),
    endedChildrenTicks: field(16) + field(17),
  };
}

function ticksToMs(ticks: number): number {
  return ticks * MS_PER_TICK;
}
