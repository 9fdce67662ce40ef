import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  obstacleToDebian15,
  startBundled,
  startDebian15,
  type DatabaseServer,
} from './support/database-server';
import { Management } from './support/management';
import { ProcessGroup } from './support/process-group';
import { RookeryProcess } from './support/rookery-process';

jest.setTimeout(120_000);

const REPOSITORY = resolve(__dirname, '../..');
const MIGRATE_PATIENCE_MS = 90_000;
const obstacle = obstacleToDebian15();
if (obstacle !== undefined) {
  process.stderr.write(`Debian's Postgres 15 is not tried: ${obstacle}\n`);
}

const SERVERS: readonly { readonly name: string; readonly start: () => Promise<DatabaseServer> }[] = [
  { name: 'the Postgres 18 that comes with Rookery', start: startBundled },
  ...(obstacle === undefined ? [{ name: "Debian's Postgres 15", start: startDebian15 }] : []),
];

/** `npm run migrate` on a database, and what it wrote. */
async function runMigrate(databaseUrl: string): Promise<{ code: number | null | undefined; output: string }> {
  const npm = await ProcessGroup.start({
    command: 'npm',
    args: ['run', 'migrate'],
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ROOKERY_DATABASE_URL: databaseUrl },
  });
  const exit = await npm.waitForExit(MIGRATE_PATIENCE_MS);
  npm.killGroup();
  return { code: exit?.code, output: npm.output };
}

async function poll(server: RookeryProcess, token: string): Promise<number> {
  const answer = await fetch(`${server.url}/DEFAULT/controller/v1/first`, {
    headers: { authorization: `GatewayToken ${token}`, connection: 'close' },
  });
  await answer.body?.cancel();
  return answer.status;
}

describe.each(SERVERS)('on $name', ({ start }) => {
  let postgres: DatabaseServer;
  let servers: RookeryProcess[];

  beforeAll(async () => {
    postgres = await start();
  });

  afterAll(() => postgres.stop());

  beforeEach(() => {
    servers = [];
  });

  afterEach(() => Promise.all(servers.map((server) => server.discard())));

  async function startOn(
    databaseUrl: string,
    settings: Record<string, string> = {},
  ): Promise<RookeryProcess> {
    const server = await RookeryProcess.start({ databaseUrl, settings });
    servers.push(server);
    return server;
  }

  it('sets up an empty database at the start and brings no Postgres of its own', async () => {
    const server = await startOn(await postgres.createDatabase('empty_one'));
    expect(await new Management(server.url, server.token).releases()).toEqual([]);
    expect(existsSync(join(server.dataDir, 'postgres'))).toBe(false);
  });

  it('finds at the second start what the first one stored', async () => {
    const databaseUrl = await postgres.createDatabase('kept');
    const server = await startOn(databaseUrl);
    expect(await poll(server, server.gatewayToken)).toBe(200);
    await server.restart();
    expect(await new Management(server.url, server.token).device('first')).toMatchObject({
      controllerId: 'first',
    });
  });

  it('refuses an empty database with ROOKERY_MIGRATE=never and says what to do', async () => {
    const databaseUrl = await postgres.createDatabase('untouched');
    const dataDir = await mkdtemp(join(tmpdir(), 'rookery-refused-'));
    await chmod(dataDir, 0o755);
    const program = await ProcessGroup.start({
      command: process.execPath,
      args: ['dist/src/main.js'],
      cwd: REPOSITORY,
      env: {
        ROOKERY_DATABASE_URL: databaseUrl,
        ROOKERY_MIGRATE: 'never',
        ROOKERY_DATA_DIR: dataDir,
        ROOKERY_PORT: '0',
      },
    });
    expect((await program.waitForExit(MIGRATE_PATIENCE_MS))?.code).toBe(1);
    expect(program.output).toMatch(/^Rookery cannot start\. .*"npm run migrate"/m);
    expect(program.output).not.toMatch(/^ {4}at /m);
    await rm(dataDir, { recursive: true });
  });

  it('starts with ROOKERY_MIGRATE=never after npm run migrate', async () => {
    const databaseUrl = await postgres.createDatabase('migrated');
    expect(await runMigrate(databaseUrl)).toMatchObject({
      code: 0,
      output: expect.stringContaining('Migrated: '),
    });
    expect(await runMigrate(databaseUrl)).toMatchObject({
      code: 0,
      output: expect.stringContaining('up to date'),
    });
    const server = await startOn(databaseUrl, { ROOKERY_MIGRATE: 'never' });
    expect(await new Management(server.url, server.token).releases()).toEqual([]);
  });

  it('lets the preset API token in and no other', async () => {
    const server = await startOn(await postgres.createDatabase('tokens'));
    expect(await new Management(server.url, server.token).releases()).toEqual([]);
    const stranger = new Management(server.url, `${server.token}x`);
    await expect(stranger.releases()).rejects.toMatchObject({ status: 401 });
  });

  it('registers devices by the preset gateway token and by no other', async () => {
    const server = await startOn(await postgres.createDatabase('gateways'));
    expect(await poll(server, `${server.gatewayToken}x`)).toBe(401);
    expect(await poll(server, server.gatewayToken)).toBe(200);
    expect(await new Management(server.url, server.token).device('first')).toMatchObject({
      controllerId: 'first',
    });
  });
});
