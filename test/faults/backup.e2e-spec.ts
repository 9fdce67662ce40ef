import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdtemp, open, readdir, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedFleet } from '../../src/cli/simulator/fleet';
import { History } from '../../src/cli/simulator/judging/history';
import { runProgram } from '../e2e/support/backup-program';
import { entrust, release } from '../e2e/support/caretaker';
import { Management } from '../e2e/support/management';
import { RookeryProcess } from '../e2e/support/rookery-process';
import { auditBooks } from './books';
import { BroughtPostgres } from './brought-postgres';
import { pause } from './play';
import { compareReceipts, markedReports, type MarkedReport } from './receipts';
import { Theatre } from './theatre';

jest.setTimeout(480_000);

const DEVICES = 500;
const RELEASE_BYTES = 20_000;
const SETTLE_MS = 180_000;
const PATIENCE_MS = 120_000;

/** Under the prefix of folders that {@link RookeryProcess.discard} removes. */
async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-e2e-'));
  entrust({ folder });
  await chmod(folder, 0o755);
  return folder;
}

describe('a fleet whose server is lost', () => {
  const folders: string[] = [];
  let theatre: Theatre;
  let fleet: SimulatedFleet;
  let heir: RookeryProcess | undefined;

  beforeAll(async () => {
    theatre = await Theatre.open({ postgres: 'brought' });
  });
  afterAll(async () => {
    fleet.stop();
    await heir?.discard();
    await theatre.close();
    for (const folder of folders) {
      await rm(folder, { recursive: true, force: true });
      release({ folder });
    }
  });

  const folder = async (): Promise<string> => {
    const made = await aFolder();
    folders.push(made);
    return made;
  };

  /** Reports that were answered with 200 so far, as they are now. */
  const acknowledged = (): MarkedReport[] =>
    markedReports(fleet.oracle)
      .filter(({ report }) => report.answer === 200)
      .map(({ actionId, report }) => ({ actionId, report: { ...report } }));

  async function untilAcknowledged(reports: number): Promise<void> {
    const startedMs = performance.now();
    while (acknowledged().length < reports && performance.now() - startedMs < PATIENCE_MS) await pause(50);
    expect(acknowledged().length).toBeGreaterThanOrEqual(reports);
  }

  it('goes on with a restored backup, and nothing is missing that was acknowledged before it', async () => {
    const train = await theatre.train(3, RELEASE_BYTES);
    fleet = theatre.fleet({ devices: DEVICES, seed: 11, pollMs: 4_000, timeScale: 20 });
    // So many on a small machine may be asked to come back later.
    theatre.announceOutage(true);
    await train.depart();
    fleet.start();
    await untilAcknowledged(DEVICES / 5);
    await train.depart();

    const before = acknowledged();
    const backup = join(await folder(), 'backup');
    const made = await runProgram('backup', [backup], { ROOKERY_DATA_DIR: theatre.server.dataDir });
    expect(made).toMatchObject({ code: 0, output: expect.stringContaining('is complete') as string });
    // The fleet has updated all the time, and what it says from now on will be lost.
    const during = acknowledged().length;
    expect(during).toBeGreaterThan(before.length);
    await untilAcknowledged(during + DEVICES / 5);

    const [link] = theatre.links;
    if (link === undefined) throw new Error('there is no link');
    await theatre.server.kill9();
    const ofTheDead = new Set(markedReports(fleet.oracle).map(({ report }) => report));
    await expectDamagedBackupsAreRefused(backup);

    const dataDir = await aFolder();
    const restored = await runProgram('restore', [backup], { ROOKERY_DATA_DIR: dataDir });
    expect(restored).toMatchObject({ code: 0, output: expect.stringContaining('is complete') as string });
    heir = await RookeryProcess.start({
      dataDir,
      bootstrapToken: theatre.token,
      gatewayToken: theatre.gatewayToken,
      settings: { ROOKERY_LOG_LEVEL: 'warn' },
    });
    const postgres = new BroughtPostgres(dataDir);
    expect(await compareReceipts(postgres.url, before)).toMatchObject({ lost: 0, twice: 0, examples: [] });
    expect(await auditBooks(postgres.url)).toEqual([]);
    const management = new Management(heir.url, heir.token);
    expect(await verifyArtifacts(management)).toBe(3);

    link.leadTo(heir.url);
    for (const draft of await drafts(management)) await management.startRollout(draft);
    expect(await fleet.settled(SETTLE_MS)).toBe(true);
    fleet.stop();
    expect(fleet.traffic.examples).toEqual([]);
    expect(await auditBooks(postgres.url)).toEqual([]);
    const after = markedReports(fleet.oracle).filter(({ report }) => !ofTheDead.has(report));
    const receipts = await compareReceipts(postgres.url, [...before, ...after]);
    expect(receipts).toMatchObject({ lost: 0, twice: 0, refusedYetLogged: 0 });
    expect(after.length).toBeGreaterThan(DEVICES / 2);
    const shown = await new History(heir.url, heir.token).devices();
    expect(shown).toHaveLength(DEVICES);
    expect(new Set(shown.map(({ installedVersion }) => installedVersion))).toEqual(new Set(['4.0.0']));
    expect(new Set([...fleet.oracle.devices.values()].map(({ runs }) => runs))).toEqual(new Set(['4.0.0']));
  });

  /** Downloads each file of each release; how many there were. */
  async function verifyArtifacts(management: Management): Promise<number> {
    let files = 0;
    for (const { id, modules } of await management.releases())
      for (const { fileName, sha256, sizeBytes } of modules.flatMap(({ artifacts }) => artifacts)) {
        const bytes = await management.download(id, fileName);
        expect(bytes).toHaveLength(sizeBytes);
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
        files += 1;
      }
    return files;
  }

  /** Rollouts that were not started yet when the backup was made, oldest first. */
  async function drafts(management: Management): Promise<string[]> {
    const { items } = await management.send<{ items: readonly { id: string; state: string }[] }>(
      'GET',
      '/rollouts?limit=100',
    );
    const waiting = items.filter(({ state }) => state === 'draft').map(({ id }) => id);
    return waiting.sort((one, other) => Number(one) - Number(other));
  }

  async function expectDamagedBackupsAreRefused(backup: string): Promise<void> {
    const dataDir = await folder();
    const refusal = async (): Promise<string> => {
      const { code, output } = await runProgram('restore', [backup], { ROOKERY_DATA_DIR: dataDir });
      expect(code).toBe(1);
      expect(await readdir(dataDir)).toEqual([]);
      return output;
    };
    const blob = await someBlob(join(backup, 'blobs'));
    await flip(blob);
    expect(await refusal()).toMatch(/^Nothing was restored\. .* is damaged: its sha256 is not/);
    await flip(blob);
    const table = join(backup, 'tables', 'action_log.copy.gz');
    await copyFile(table, `${table}.whole`);
    await truncate(table, 1_000);
    expect(await refusal()).toMatch(/action_log\.copy\.gz is damaged: it has 1000 bytes instead of/);
    await rename(`${table}.whole`, table);
    const manifest = join(backup, 'manifest.json');
    await rename(manifest, `${manifest}.away`);
    expect(await refusal()).toMatch(/has no manifest\.json: it is no backup, or one that was not finished/);
    await rename(`${manifest}.away`, manifest);
  }
});

async function someBlob(root: string): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const file = entries.find((entry) => entry.isFile());
  if (file === undefined) throw new Error('the backup holds no files');
  return join(file.parentPath, file.name);
}

async function flip(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 1_000);
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 1_000);
  await file.close();
}
