import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../../src/platform/database/embedded/embedded-postgres';
import { commandAs, findAccount, IS_ROOT } from './account';
import { eventually } from './eventually';
import { findFreePort } from './free-port';
import { ProcessGroup } from './process-group';

/** Debian 12's own server programs. */
export const DEBIAN_15 = '/usr/lib/postgresql/15/bin';

/** A Postgres of somebody else, as far as the server under test can tell. */
export interface DatabaseServer {
  /** The address of a new database without any table. */
  createDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'rookery-own-postgres-'));
  await chmod(folder, 0o755);
  return folder;
}

async function query(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function serverAt(url: string, end: () => Promise<void>): DatabaseServer {
  return {
    createDatabase: async (name) => {
      await query(url, `CREATE DATABASE ${name}`);
      return Object.assign(new URL(url), { pathname: `/${name}` }).href;
    },
    stop: end,
  };
}

/** The Postgres that comes with Rookery, started as if it were somebody else's. */
export async function startBundled(): Promise<DatabaseServer> {
  const folder = await makeFolder();
  const postgres = new EmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    log: () => undefined,
    settings: { fsync: 'off' },
  });
  const { url } = await postgres.start();
  return serverAt(url, async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });
}

/** Why Debian's Postgres 15 cannot be tried here; undefined when it can. */
export function obstacleToDebian15(): string | undefined {
  return existsSync(join(DEBIAN_15, 'postgres')) ? undefined : `there is no ${DEBIAN_15}/postgres`;
}

/** Debian's Postgres 15, on a new cluster; as root it runs under Debian's account for it. */
export async function startDebian15(): Promise<DatabaseServer> {
  const folder = await makeFolder();
  const account = IS_ROOT ? findAccount('postgres') : undefined;
  const dataDir = join(folder, 'data');
  if (account !== undefined) {
    execFileSync('chown', [account.name, folder]);
  }
  const port = await findFreePort();
  const initdb = [
    join(DEBIAN_15, 'initdb'),
    '-D',
    dataDir,
    '-U',
    'owner',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
  ];
  const [program = '', ...args] = commandAs(account, initdb);
  execFileSync(program, args, { cwd: '/', stdio: 'ignore' });
  const settings = ['-h', '127.0.0.1', '-p', String(port), '-k', '', '-F'];
  const [postgres = '', ...options] = commandAs(account, [
    join(DEBIAN_15, 'postgres'),
    '-D',
    dataDir,
    ...settings,
  ]);
  const server = await ProcessGroup.start({
    command: postgres,
    args: options,
    cwd: '/',
    env: { LC_ALL: 'C.UTF-8' },
  });
  const url = `postgres://owner@127.0.0.1:${port}/postgres`;
  await eventually(() => query(url, 'SELECT 1'));
  return serverAt(url, async () => {
    server.signal('SIGINT');
    await server.waitForExit(10_000);
    server.killGroup();
    await rm(folder, { recursive: true, force: true });
  });
}
