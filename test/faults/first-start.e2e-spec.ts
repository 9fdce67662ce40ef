import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Random } from '../../src/cli/simulator/random';
import { entrust, release } from '../e2e/support/caretaker';
import { findFreePort } from '../e2e/support/free-port';
import { Management } from '../e2e/support/management';
import { ProcessGroup } from '../e2e/support/process-group';
import { processesIn } from '../e2e/support/processes';
import { RookeryProcess } from '../e2e/support/rookery-process';
import { auditBooks } from './books';
import { ask } from './connection';
import { OwnPostgres } from './own-postgres';
import { pause } from './play';

jest.setTimeout(240_000);

const REPOSITORY = resolve(__dirname, '../..');
const KILLS = 4;

/** A server that nobody waits for. */
async function launch(settings: Readonly<Record<string, string>>): Promise<ProcessGroup> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), ...settings };
  return ProcessGroup.start({ command: process.execPath, args: ['dist/src/main.js'], cwd: REPOSITORY, env });
}

async function killAfter(ms: number, settings: Readonly<Record<string, string>>): Promise<void> {
  const server = await launch(settings);
  await pause(ms);
  server.signal('SIGKILL');
  await server.waitForExit(5_000);
  server.killGroup();
}

describe('kill -9 during the very first start', () => {
  const random = new Random(7, 'first start');
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'rookery-first-start-'));
    entrust({ folder: dataDir });
    await chmod(dataDir, 0o755);
  });
  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true });
    release({ folder: dataDir });
  });

  it('leaves nothing that keeps the next start from setting up the embedded Postgres and the schema', async () => {
    const usualMs = await durationOfFirstStart();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const port = await findFreePort();
      await killAfter(random.between(100, usualMs), {
        ROOKERY_DATA_DIR: dataDir,
        ROOKERY_PORT: String(port),
      });
    }
    const server = await RookeryProcess.start({ dataDir });
    const management = new Management(server.url, server.token);
    expect(await management.releases()).toEqual([]);
    await server.stop();
    expect(processesIn(dataDir)).toEqual([]);
  });

  it('leaves a database of the operator either empty or whole', async () => {
    const postgres = await OwnPostgres.start();
    try {
      const settings = { ROOKERY_DATABASE_URL: postgres.url, ROOKERY_DATA_DIR: dataDir, ROOKERY_PORT: '0' };
      for (let kill = 0; kill < KILLS; kill += 1) {
        const server = await launch(settings);
        // The tables of the first migration come all at once, so this is within it or right after it.
        await postgres.atOpenTransaction(() => server.signal('SIGKILL'), 20_000);
        await server.waitForExit(5_000);
        server.killGroup();
      }
      const token = randomBytes(24).toString('hex');
      const server = await RookeryProcess.start({
        dataDir,
        databaseUrl: postgres.url,
        bootstrapToken: token,
      });
      expect(await new Management(server.url, token).releases()).toEqual([]);
      expect(await ask(postgres.url, 'SELECT key FROM tenant')).toEqual([{ key: 'DEFAULT' }]);
      expect(await auditBooks(postgres.url)).toEqual([]);
      await server.stop();
    } finally {
      await postgres.discard();
    }
  });
});

/** Depends on the machine and what else it does. */
async function durationOfFirstStart(): Promise<number> {
  const beginMs = performance.now();
  const server = await RookeryProcess.start();
  const ms = performance.now() - beginMs;
  await server.discard();
  return ms;
}
