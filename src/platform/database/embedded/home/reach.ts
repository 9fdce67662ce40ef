import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Account } from '../process/account';

const EXECUTE = 0o1;
const READ = 0o4;

/**
 * True when `account` may walk to `path` and, with `isRead`, also read (and enter or execute) it. Judges by
 * owner, group and mode; access lists are not looked at.
 */
export async function canReach(account: Account, path: string, isRead = false): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return false;
  if (isRead && !(await allows(account, real, READ | EXECUTE))) return false;
  for (let folder = isRead ? dirname(real) : real; ; folder = dirname(folder)) {
    if (!(await allows(account, folder, EXECUTE))) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function allows(account: Account, path: string, bits: number): Promise<boolean> {
  const found = await stat(path);
  return (permissionsFor(account, found) & bits) === bits;
}

/**
 * The three permission bits that apply to `account`: those of the owner, else of the group, else of all
 * others.
 */
export function permissionsFor(account: Account, file: { uid: number; gid: number; mode: number }): number {
  if (file.uid === account.uid) return (file.mode >> 6) & 0o7;
  if (file.gid === account.gid) return (file.mode >> 3) & 0o7;
  return file.mode & 0o7;
}
