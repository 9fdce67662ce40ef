import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { EmbeddedPostgresError, hasCode, messageOf } from '../embedded-postgres.errors';
import type { Account } from './account';

/** Where ps, id and useradd are, NixOS included. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';
const OUTPUT_LIMIT = 64 * 1024;

/** How a program ended, and the last 64 KiB of what it wrote to stdout and stderr together. */
export interface ProgramResult {
  exitCode: number | null;
  output: string;
}

export interface ProgramOptions {
  account?: Account | undefined;
  input?: string;
}

/**
 * Runs a program to its end, without a shell. Rejects only when it could not be started; a failing exit code
 * is a result.
 */
export async function run(
  file: string,
  args: string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  try {
    return await outcomeOf(file, args, options);
  } catch (error) {
    throw spawnError(file, error);
  }
}

function outcomeOf(file: string, args: string[], options: ProgramOptions): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...identityOf(options.account),
      env: cleanEnvironment(),
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    const gather = (chunk: string): void => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
    };
    child.stdout.setEncoding('utf8').on('data', gather);
    child.stderr.setEncoding('utf8').on('data', gather);
    // A program that ends without reading its input makes the pipe fail; its exit code tells the story.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output }));
  });
}

/** The spawn options that make a child run as `account`; nothing when it runs as ourselves. */
export function identityOf(account: Account | undefined): { uid: number; gid: number } | object {
  return account ? { uid: account.uid, gid: account.gid } : {};
}

/**
 * An environment without PG* and LD_* variables, which would change what the server does, and with English
 * messages, which we read to tell the reasons of a failed start apart.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH, LC_ALL: 'C', TZ: 'UTC' };
}

/** Says why a program could not be started at all. */
export function spawnError(file: string, error: unknown): EmbeddedPostgresError {
  if (hasCode(error, 'ENOENT') && isAbsolute(file) && existsSync(file)) {
    const why = 'it is linked against glibc, which this system (Alpine or another musl system?) lacks';
    return new EmbeddedPostgresError(
      `${file} exists but cannot be run: ${why}. Use a glibc based image or an external Postgres.`,
      error,
    );
  }
  if (hasCode(error, 'EPERM')) {
    const why = 'this process is root without the right to change to another user (CAP_SETUID, CAP_SETGID)';
    return new EmbeddedPostgresError(
      `${file} cannot be started: ${why}. Run Rookery as an ordinary user.`,
      error,
    );
  }
  return new EmbeddedPostgresError(`${file} cannot be started: ${messageOf(error)}`, error);
}
