import type { Account } from '../process/account';
import { run } from '../process/program';

const ACCOUNTS = ['rookery', 'postgres'];
const CREATE_ROOKERY: ReadonlyArray<readonly [string, string[]]> = [
  [
    'useradd',
    [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      'rookery',
    ],
  ],
  // BusyBox (Alpine) has no useradd.
  ['adduser', ['-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', 'rookery']],
];

/**
 * An account for Postgres: an existing `rookery` or `postgres`, else a new system account `rookery`, else
 * `nobody`. Creating one needs root. Undefined when the machine has none of them.
 */
export async function chooseAccount(): Promise<Account | undefined> {
  for (const name of ACCOUNTS) {
    const account = await findAccount(name);
    if (account) return account;
  }
  for (const [program, args] of CREATE_ROOKERY) {
    await run(program, args).catch(() => undefined);
    const account = await findAccount('rookery');
    if (account) return account;
  }
  return findAccount('nobody');
}

/** The account's name, for messages; `#<uid>` when it has none. */
export async function nameOf(uid: number): Promise<string> {
  const result = await run('id', ['-n', '-u', String(uid)]).catch(() => undefined);
  return (result?.exitCode === 0 && result.output.trim()) || `#${uid}`;
}

/** Looks an account up with `id`, which also knows those that are not in /etc/passwd. */
async function findAccount(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([numberFrom('-u', name), numberFrom('-g', name)]);
  // An account with uid 0 under another name is root all the same.
  return uid && gid !== undefined ? { name, uid, gid } : undefined;
}

async function numberFrom(flag: string, name: string): Promise<number | undefined> {
  const result = await run('id', [flag, name]).catch(() => undefined);
  const text = result?.exitCode === 0 ? result.output.trim() : '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
