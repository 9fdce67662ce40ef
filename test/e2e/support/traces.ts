import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that has to do with a folder. */
export interface Trace {
  readonly pid: number;
  readonly command: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile, or it belongs to somebody else.
    return '';
  }
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Every process that works in `folder`, was started with it as an argument, or was told of it by a variable. */
export function tracesOf(folder: string): Trace[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({
      pid: Number(name),
      command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
    }))
    .filter(({ pid, command }) =>
      [command, workingFolder(pid), read(`/proc/${pid}/environ`)].some((text) => text.includes(folder)),
    );
}
