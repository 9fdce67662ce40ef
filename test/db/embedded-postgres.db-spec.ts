import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import {
  EmbeddedPostgres,
  type RunningPostgres,
} from '../../src/platform/database/embedded/embedded-postgres';
import { EmbeddedPostgresError } from '../../src/platform/database/embedded/embedded-postgres.errors';

jest.setTimeout(60_000);

const OWNER_SCRIPT = `
  const { EmbeddedPostgres } = require(process.argv[1]);
  const log = (level, message) => process.stderr.write(level + ': ' + message + '\\n');
  new EmbeddedPostgres({ dataDir: process.argv[2], log, settings: { fsync: 'off' } }).start().then(
    (running) => process.stdout.write(JSON.stringify(running) + '\\n'),
    (error) => process.stdout.write(JSON.stringify({ error: error.message }) + '\\n'),
  );
  setInterval(() => undefined, 1000);
`;
const HOOK = join(__dirname, '..', 'support', 'require-typescript.js');
const SOURCE = join(__dirname, '..', '..', 'src', 'platform', 'database', 'embedded', 'embedded-postgres.ts');
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

let folder: string;
let said: string[];
let cleanups: Array<() => Promise<unknown>>;

beforeEach(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), 'embedded-postgres-'));
  await chmod(folder, 0o755);
  said = [];
  cleanups = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function aPostgres(
  dataDir = join(folder, 'postgres'),
  settings: Record<string, string> = {},
): EmbeddedPostgres {
  const log = (level: string, message: string): void => void said.push(`${level}: ${message}`);
  const postgres = new EmbeddedPostgres({ dataDir, log, settings: { fsync: 'off', ...settings } });
  cleanups.push(() => postgres.stop());
  return postgres;
}

/** A process of its own that starts the server and does not stop it. */
function anOwner(dataDir = join(folder, 'postgres')): ChildProcess {
  const owner = spawn(process.execPath, ['-r', HOOK, '-e', OWNER_SCRIPT, SOURCE, dataDir], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  cleanups.push(() => kill(owner));
  return owner;
}

async function answerOf(owner: ChildProcess): Promise<RunningPostgres & { error?: string }> {
  const [line] = (await once(owner.stdout ?? owner, 'data')) as [Buffer];
  return JSON.parse(line.toString()) as RunningPostgres & { error?: string };
}

async function kill(owner: ChildProcess): Promise<void> {
  if (owner.exitCode !== null || owner.signalCode !== null) return;
  const exit = once(owner, 'exit');
  owner.kill('SIGKILL');
  await exit;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.flat();
  } finally {
    await client.end();
  }
}

async function eventually<T>(probe: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await probe();
    } catch (error) {
      if (attempt === 200) throw error;
      await pause(50);
    }
  }
}

async function pidOf(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

describe('starting and stopping', () => {
  it('creates a database that only this machine and the password reach', async () => {
    const { url, dataDir, isAdopted } = await aPostgres().start();
    expect(isAdopted).toBe(false);
    expect(new URL(url)).toMatchObject({ hostname: '127.0.0.1', pathname: '/rookery' });
    expect(await ask(url, 'SHOW listen_addresses')).toEqual(['127.0.0.1']);
    expect(await ask(url, 'SHOW unix_socket_directories')).toEqual(['']);
    expect(await ask(url, 'SHOW server_encoding')).toEqual(['UTF8']);
    expect(await ask(url, `SELECT lower('ÄÖ') || ('a' > 'B')`)).toEqual(['äötrue']);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    expect((await stat(`${dataDir}.password`)).mode & 0o777).toBe(0o600);
    const withoutPassword = Object.assign(new URL(url), { password: 'guess' }).href;
    await expect(ask(withoutPassword, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('keeps the data and starts fast the second time', async () => {
    const first = aPostgres();
    await ask((await first.start()).url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const begin = Date.now();
    const { url, isAdopted } = await aPostgres().start();
    expect(Date.now() - begin).toBeLessThan(2000);
    expect(isAdopted).toBe(false);
    expect(await ask(url, 'SELECT answer FROM kept')).toEqual([42]);
  });

  it('lives in a path with spaces, quotes and letters beyond ASCII', async () => {
    const { url, dataDir } = await aPostgres(join(folder, `my "data" it's $HOME`, 'Größe 日本')).start();
    expect(await ask(url, 'SHOW data_directory')).toEqual([dataDir]);
  });

  it('leaves neither lock nor process behind and may be stopped twice', async () => {
    const postgres = aPostgres();
    const { dataDir } = await postgres.start();
    const pid = await pidOf(dataDir);
    await Promise.all([postgres.stop(), postgres.stop()]);
    await postgres.stop();
    expect(await readdir(dirname(dataDir))).toEqual(['postgres', 'postgres.log', 'postgres.password']);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(postgres.start()).rejects.toThrow('was stopped');
  });

  it('stops also while it is starting', async () => {
    const postgres = aPostgres();
    const starting = postgres.start().catch((error: unknown) => error);
    await pause(30);
    await postgres.stop();
    await starting;
    expect(await readdir(folder)).not.toContain('postgres.lock');
    const running = await aPostgres().start();
    expect(await ask(running.url, 'SELECT 1')).toEqual([1]);
  });

  itAsRoot('moves below /var/lib/rookery where its account may not walk, and stays there', async () => {
    await mkdir(join(folder, 'closed'), { mode: 0o700 });
    const wanted = join(folder, 'closed', 'postgres');
    const postgres = aPostgres(wanted);
    const { dataDir, url } = await postgres.start();
    cleanups.unshift(() => rm(dirname(dataDir), { recursive: true, force: true }));
    expect(dataDir).toMatch(/^\/var\/lib\/rookery\/[0-9a-f]{12}\/postgres$/);
    expect(said.join()).toContain(dataDir);
    await ask(url, 'CREATE TABLE kept ()');
    await postgres.stop();
    await chmod(join(folder, 'closed'), 0o755);
    expect((await aPostgres(wanted).start()).dataDir).toBe(dataDir);
  });
});

describe('adoption', () => {
  it('takes the server over that a killed owner left, and stops it later', async () => {
    const owner = anOwner();
    const before = await answerOf(owner);
    await ask(before.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = await pidOf(before.dataDir);
    await kill(owner);
    const postgres = aPostgres();
    expect(await postgres.start()).toEqual({ ...before, isAdopted: true });
    expect(await pidOf(before.dataDir)).toBe(pid);
    expect(await ask(before.url, 'SELECT answer FROM kept')).toEqual([42]);
    await postgres.stop();
    await expect(ask(before.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('replaces a running server whose password is lost', async () => {
    const owner = anOwner();
    const before = await answerOf(owner);
    await ask(before.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await kill(owner);
    await rm(`${before.dataDir}.password`);
    const { url, isAdopted } = await aPostgres().start();
    expect(isAdopted).toBe(false);
    expect(await ask(url, 'SELECT answer FROM kept')).toEqual([42]);
    expect(said.join()).toContain('its password is lost');
  });

  it('replaces a running server that does not answer', async () => {
    const owner = anOwner();
    const before = await answerOf(owner);
    const pid = await pidOf(before.dataDir);
    await kill(owner);
    process.kill(pid, 'SIGSTOP');
    const { url, isAdopted } = await aPostgres().start();
    expect(isAdopted).toBe(false);
    expect(await ask(url, 'SELECT 1')).toEqual([1]);
  });

  it('replaces a running server when the settings were changed meanwhile', async () => {
    const owner = anOwner();
    await answerOf(owner);
    await kill(owner);
    const { url, isAdopted } = await aPostgres(undefined, { max_connections: '33' }).start();
    expect(isAdopted).toBe(false);
    expect(await ask(url, 'SHOW max_connections')).toEqual(['33']);
  });

  it('refuses a second owner while the first one lives', async () => {
    const { url } = await aPostgres().start();
    await expect(aPostgres().start()).rejects.toThrow(
      /already in use by another Rookery \(this very process/,
    );
    const second = await answerOf(anOwner());
    expect(second.error).toContain(`already in use by another Rookery (process ${process.pid}`);
    expect(await ask(url, 'SELECT 1')).toEqual([1]);
  });
});

describe('recovery', () => {
  it('starts a killed server again on the same port', async () => {
    const { url, dataDir } = await aPostgres().start();
    await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    for (let round = 0; round < 2; round += 1) {
      const pid = await pidOf(dataDir);
      process.kill(pid, 'SIGKILL');
      await eventually(async () => expect(await pidOf(dataDir)).not.toBe(pid));
      expect(await eventually(() => ask(url, 'SELECT answer FROM kept'))).toEqual([42]);
    }
    expect(said.join()).toContain('signal SIGKILL');
  });

  it('does not wait for the queries that a killed server left running', async () => {
    const { url, dataDir } = await aPostgres().start();
    const query = ask(url, 'SELECT count(*) FROM generate_series(1, 1e10)').catch(() => 'interrupted');
    await eventually(async () => {
      const [busy] = await ask(url, `SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE '%1e10%'`);
      expect(busy).toBe(2);
    });
    process.kill(await pidOf(dataDir), 'SIGKILL');
    expect(await query).toBe('interrupted');
    expect(await eventually(() => ask(url, 'SELECT 1'))).toEqual([1]);
  });

  it('starts an adopted server again, too', async () => {
    const owner = anOwner();
    const { url, dataDir } = await answerOf(owner);
    await kill(owner);
    expect((await aPostgres().start()).isAdopted).toBe(true);
    const pid = await pidOf(dataDir);
    process.kill(pid, 'SIGKILL');
    await eventually(async () => expect(await pidOf(dataDir)).not.toBe(pid));
    expect(await eventually(() => ask(url, 'SELECT 1'))).toEqual([1]);
  });

  it('starts after owner and server were both killed', async () => {
    const owner = anOwner();
    const { url, dataDir } = await answerOf(owner);
    await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await kill(owner);
    process.kill(await pidOf(dataDir), 'SIGKILL');
    const after = await aPostgres().start();
    expect(after.isAdopted).toBe(false);
    expect(await ask(after.url, 'SELECT answer FROM kept')).toEqual([42]);
  });

  it.each([
    ['of a dead process', () => 2 ** 22 - 1],
    ['with the pid of another process', () => process.pid],
  ])('is not disturbed by a pid file %s', async (_what, pid) => {
    const first = aPostgres();
    const { dataDir } = await first.start();
    await first.stop();
    await writeFile(join(dataDir, 'postmaster.pid'), `${pid()}\n${dataDir}\n1\n1\n\n127.0.0.1\n\nready\n`);
    const { url, isAdopted } = await aPostgres().start();
    expect(isAdopted).toBe(false);
    expect(await ask(url, 'SELECT 1')).toEqual([1]);
  });

  it('begins anew when the first start was killed half way', async () => {
    const owner = anOwner();
    const isUnderWay = (name: string): boolean => name.startsWith('postgres.initdb-');
    await eventually(async () => expect((await readdir(folder)).some(isUnderWay)).toBe(true));
    await pause(200);
    await kill(owner);
    expect(await readdir(folder)).not.toContain('postgres');
    const { url } = await aPostgres().start();
    expect(await ask(url, 'SELECT 1')).toEqual([1]);
    expect((await readdir(folder)).some(isUnderWay)).toBe(false);
  });

  it('waits in a restart until its port is free again', async () => {
    const { url, dataDir } = await aPostgres().start();
    process.kill(await pidOf(dataDir), 'SIGSTOP');
    const squatter = createServer();
    const port = Number(new URL(url).port);
    process.kill(await pidOf(dataDir), 'SIGKILL');
    const isSquatted = await new Promise<boolean>((resolve) => {
      squatter.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    await pause(500);
    await new Promise((resolve) => squatter.close(resolve));
    expect(await eventually(() => ask(url, 'SELECT 1'))).toEqual([1]);
    if (isSquatted) expect(said.join()).toContain('Address already in use');
  });
});

describe('refusals', () => {
  async function aStoppedCluster(): Promise<string> {
    const postgres = aPostgres();
    const { dataDir } = await postgres.start();
    await postgres.stop();
    return dataDir;
  }

  it('does not touch the data of another major version and says what to do', async () => {
    const dataDir = await aStoppedCluster();
    await writeFile(join(dataDir, 'PG_VERSION'), '15\n');
    await expect(aPostgres().start()).rejects.toThrow(
      /made by Postgres 15.*brings Postgres 18.*npm run backup.*npm run restore/s,
    );
    expect(await readdir(folder)).not.toContain('postgres.lock');
  });

  it('does not create a database among files of somebody else', async () => {
    await mkdir(join(folder, 'postgres'));
    await writeFile(join(folder, 'postgres', 'thesis.txt'), 'x');
    await expect(aPostgres().start()).rejects.toThrow('is not empty');
  });

  it('repeats what the server itself says when it does not start', async () => {
    const dataDir = await aStoppedCluster();
    await appendFile(join(dataDir, 'postgresql.conf'), '\nno_such_setting = 1\n');
    const error: unknown = await aPostgres()
      .start()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EmbeddedPostgresError);
    expect(String(error)).toContain('unrecognized configuration parameter "no_such_setting"');
  });
});
