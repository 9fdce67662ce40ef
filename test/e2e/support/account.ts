import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** Who runs a program: undefined is whoever runs the tests. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export const IS_ROOT = process.getuid?.() === 0;

/** Makes an ordinary account whose home is `home`, which the caller makes. Only root can. */
export function createAccount(home: string): Account {
  const name = `rookery-e2e-${randomBytes(4).toString('hex')}`;
  execFileSync('useradd', [
    '--user-group',
    '--no-create-home',
    '--home-dir',
    home,
    '--shell',
    '/bin/sh',
    name,
  ]);
  return findAccount(name);
}

/** An account that is there already. */
export function findAccount(name: string): Account {
  const numberOf = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { name, uid: numberOf('-u'), gid: numberOf('-g') };
}

/** Removes an account of {@link createAccount}; its group goes along. */
export function removeAccount(account: Account): void {
  execFileSync('userdel', [account.name], { stdio: 'ignore' });
}

/** The command line that runs a program as `account`, in the same process group and without a shell. */
export function commandAs(account: Account | undefined, command: readonly string[]): string[] {
  if (account === undefined) {
    return [...command];
  }
  const { uid, gid } = account;
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--', ...command];
}
