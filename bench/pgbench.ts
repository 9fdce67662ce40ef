import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quantile } from './figures';
import type { RoundReport } from './load';
import type { Workbench } from './workbench';

const run = promisify(execFile);

/** As many as the server's pool has by default: what it could keep Postgres busy with at once. */
const CLIENTS = 10;
const DEBIAN = '/usr/lib/postgresql';

/** What pgbench is to do. */
export interface BareSql {
  /** The script: one unit. */
  readonly file: string;
  readonly databaseUrl: string;
  /** Variables of the script. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Where its log may lie for a moment. */
  readonly workbench: Workbench;
}

/** Where the program is; undefined when Debian's package `postgresql` is not installed and it is not on the path. */
export function findPgbench(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const ofDebian = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, 'bin', 'pgbench'));
  const onPath = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'pgbench'));
  return [...ofDebian, ...onPath].find((program) => existsSync(program));
}

export async function pgbenchVersion(program: string): Promise<string> {
  return (await run(program, ['--version'])).stdout.replace(/^\D+/, '').split(' ')[0] ?? '';
}

/** Lets so many clients do the unit again and again, and reads its log for how long each took. */
export async function drivePgbench(program: string, sql: BareSql, seconds: number): Promise<RoundReport> {
  const folder = await mkdtemp(join(sql.workbench.folder, 'pgbench-'));
  try {
    const wholeSeconds = Math.max(1, Math.round(seconds));
    const numbers = Object.entries(sql.numbers).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
    const { stdout } = await run(
      program,
      [
        ...['--no-vacuum', '--protocol=prepared', `--client=${CLIENTS}`, '--jobs=1'],
        ...[`--time=${wholeSeconds}`, '--log', `--log-prefix=${join(folder, 'log')}`],
        ...numbers,
        `--file=${sql.file}`,
      ],
      { env: environmentOf(sql.databaseUrl), signal: sql.workbench.signal },
    );
    return reportOf(stdout, wholeSeconds, await latenciesIn(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By the environment: a password among the arguments is one that everybody sees. */
function environmentOf(databaseUrl: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  return {
    PATH: process.env['PATH'] ?? '',
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  };
}

/** Each line is a transaction; its third field is how many microseconds it took. */
async function latenciesIn(folder: string): Promise<Float64Array> {
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')),
  );
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  return Float64Array.from(lines, (line) => Number(line.split(' ', 3)[2]) / 1000).sort();
}

function reportOf(output: string, seconds: number, latencies: Float64Array): RoundReport {
  const units = Number(/transactions actually processed: (\d+)/.exec(output)?.[1]);
  const failed = /failed transactions: (\d+)/.exec(output)?.[1] ?? '0';
  if (!(units > 0) || failed !== '0') throw new Error(`pgbench did not do its work: ${output}`);
  const [p50Ms, p99Ms] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  return { units, requests: units, seconds, p50Ms, p99Ms };
}
