import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

/** A process of this machine, as Linux shows it. */
export interface LivingProcess {
  readonly pid: number;
  readonly folder: string;
  readonly command: readonly string[];
}

function look(pid: number): LivingProcess | undefined {
  try {
    // A zombie has no folder any more, nor has a process of somebody else for an ordinary user.
    const folder = readlinkSync(`/proc/${pid}/cwd`);
    return { pid, folder, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean) };
  } catch {
    return undefined;
  }
}

/** The processes whose working folder is one of `folders` or lies below it: ours and nobody else's. */
export function processesIn(...folders: readonly string[]): LivingProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(Number(name)) ?? [])
    .filter((one) => folders.some((folder) => `${one.folder}${sep}`.startsWith(`${folder}${sep}`)));
}
