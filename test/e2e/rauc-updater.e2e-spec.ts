import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaucConnection } from './clients/rauc-connection';
import { STREAM_BLOCK_BYTES, fetchBlock } from './clients/rauc-download';
import { RaucSystem, raucInfo } from './clients/rauc-system';
import { RaucUpdater, type RaucRound, type RaucUpdaterOptions } from './clients/rauc-updater';
import { eventually } from './support/eventually';
import { Management, type ActionView, type ReleaseView } from './support/management';
import { NetworkLink } from './support/network-link';
import { makeRaucBundle, type BundleSource } from './support/rauc-bundle';
import { RookeryProcess } from './support/rookery-process';

jest.setTimeout(180_000);

const COMPATIBLE = 'my-board-rev4.2';
const FITS = 'my-board:rev4.2';
/** More than the kernel keeps for a reader that rests. */
const LARGE_BYTES = 24 * 1024 * 1024;
const STEPS_OF_AN_INSTALLATION = 20;

let folder: string;
let server: RookeryProcess;
let management: Management;
const updaters: RaucUpdater[] = [];
let names = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rauc-e2e-'));
  // Says clearly that rauc is missing, before anything else takes its time.
  await makeRaucBundle(folder, { version: '0.0' });
  server = await RookeryProcess.start();
  management = new Management(server.url, server.token);
});

afterAll(async () => {
  updaters.forEach((updater) => updater.close());
  await server?.discard();
  await rm(folder, { recursive: true, force: true });
});

/** An updater with its system, not yet heard of. */
interface Board {
  readonly name: string;
  readonly system: RaucSystem;
  readonly updater: RaucUpdater;
}

/** A board that runs version 1.0. */
function aBoard(options: Partial<RaucUpdaterOptions> = {}, at: RookeryProcess = server): Board {
  const name = `rauc-board-${(names += 1)}`;
  const system = new RaucSystem(COMPATIBLE, '1.0');
  const updater = new RaucUpdater({
    serverUrl: at.url,
    targetName: name,
    authorization: `GatewayToken ${at.gatewayToken}`,
    bundleFile: join(folder, `${name}.raucb`),
    system,
    attributes: { board: 'my-board', hwRevision: 'rev4.2', mac_address: 'ff:ff:ff:ff:ff:ff' },
    ...options,
  });
  updaters.push(updater);
  return { name, system, updater };
}

/** The same, after its first contact. */
async function aKnownBoard(options: Partial<RaucUpdaterOptions> = {}): Promise<Board> {
  const board = aBoard(options);
  await board.updater.round();
  return board;
}

/** Uploads a new bundle as a release of its own. */
async function aRelease(
  source: Partial<BundleSource> = {},
  to: Management = management,
): Promise<ReleaseView & { imageSha256: string }> {
  const version = source.version ?? '2.0';
  const { path, imageSha256 } = await makeRaucBundle(folder, { ...source, version });
  const name = `bundle-${(names += 1)}`;
  const release = await to.uploadRelease([path], { name, version, compatibility: FITS });
  return { ...release, imageSha256 };
}

/** Gives a device a release directly; returns the action. */
async function assign(
  release: ReleaseView,
  device: string,
  terms: object = {},
  by: Management = management,
): Promise<string> {
  const assignment = { release: release.id, devices: [device], ...terms };
  const made = await by.send<{ actions: readonly { id: string }[] }>('POST', '/assignments', assignment);
  const [action] = made.actions;
  if (action === undefined) throw new Error(`${device} got no action`);
  return action.id;
}

async function reportsOn(actionId: string): Promise<string[]> {
  const log = await management.actionLog(actionId);
  return log.filter((entry) => entry.source === 'device').flatMap((entry) => entry.messages);
}

async function linksOf(updater: RaucUpdater): Promise<RaucRound['outcome']> {
  return (await updater.round()).outcome;
}

describe("RAUC's updater", () => {
  it('registers with its first poll and is asked for its attributes once', async () => {
    const { name, updater } = aBoard();
    const first = await updater.round();
    const second = await updater.round();
    expect(first).toEqual({ sleepSeconds: 1, isIdentified: true, outcome: { kind: 'idle' } });
    expect(second).toEqual({ ...first, isIdentified: false });
    expect(await management.device(name)).toMatchObject({
      installedVersion: '1.0',
      hardware: { model: 'my-board', revision: 'rev4.2' },
    });
  });

  describe('with an update', () => {
    let board: Board;
    let release: Awaited<ReturnType<typeof aRelease>>;
    let actionId: string;
    let round: RaucRound;
    let beforeReboot: ActionView;
    let afterwards: RaucRound[];

    beforeAll(async () => {
      board = await aKnownBoard();
      release = await aRelease();
      actionId = await assign(release, board.name);
      round = await board.updater.round();
      beforeReboot = await management.action(actionId);
      board.updater.reboot();
      afterwards = [await board.updater.round(), await board.updater.round()];
    });

    it('downloads, verifies and installs it', () => {
      expect(round.outcome).toEqual({ kind: 'installed', actionId });
      expect(board.updater.fetches).toEqual([{ status: 200, fromByte: undefined }]);
    });

    it('has received the very bundle that rauc made', () => {
      expect(board.system.lastInstalled).toMatchObject({ compatible: COMPATIBLE, version: '2.0' });
      expect(board.system.lastInstalled?.images[0]?.['rootfs']).toMatchObject({
        filename: 'rootfs.img',
        checksum: release.imageSha256,
      });
    });

    it('sends its burst of reports over one connection, and each is answered 200', async () => {
      expect(board.updater.connections).toBe(1);
      expect(board.updater.warnings).toEqual([]);
      const reports = await reportsOn(actionId);
      expect(reports.filter((report) => /^\d+% /.test(report))).toHaveLength(STEPS_OF_AN_INSTALLATION);
      expect(reports.at(-1)).toBe('Software bundle installed successfully.');
    });

    it('has its success taken before the reboot', () => {
      expect(beforeReboot.state).toMatch(/^(installed|confirmed)$/);
    });

    it('is confirmed with proof when it has told the new version', async () => {
      expect(afterwards.map(({ isIdentified }) => isIdentified)).toEqual([true, false]);
      expect(await management.action(actionId)).toMatchObject({
        state: 'confirmed',
        hasProof: true,
        endedBy: 'device',
        previousVersion: '1.0',
      });
      expect(await management.device(board.name)).toMatchObject({
        installedVersion: '2.0',
        isVersionReported: true,
        attributes: { sw_version: '2.0' },
      });
    });

    it('is not offered it again', () => {
      expect(afterwards.map(({ outcome }) => outcome.kind)).toEqual(['idle', 'idle']);
    });
  });

  it('streams a bundle in blocks of 128 KiB until there are no more', async () => {
    const { name, system, updater } = await aKnownBoard({ streams: true });
    const release = await aRelease({ format: 'verity', imageBytes: 5 * STREAM_BLOCK_BYTES + 1 });
    const actionId = await assign(release, name);
    expect((await updater.round()).outcome).toEqual({ kind: 'installed', actionId });
    expect(system.lastInstalled?.images[0]?.['rootfs']).toMatchObject({ checksum: release.imageSha256 });
    updater.reboot();
    await updater.round();
    expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', hasProof: true });
  });

  it('resumes a download that was cut, by a Range request', async () => {
    const link = await NetworkLink.to(server.url);
    link.slowDownTo(40_000);
    let cuts = 0;
    const during = async (moment: string): Promise<void> => {
      if (moment !== 'downloading') return;
      cuts += 1;
      link.cut();
      link.fullSpeed();
    };
    const { name, updater } = await aKnownBoard({ serverUrl: link.url, resumes: true, during });
    const actionId = await assign(await aRelease(), name);
    expect((await updater.round()).outcome).toEqual({ kind: 'installed', actionId });
    expect(cuts).toBe(1);
    expect(updater.fetches).toEqual([{ status: 206, fromByte: expect.any(Number) }]);
    expect(updater.fetches[0]?.fromByte).toBeGreaterThan(0);
    updater.close();
    await link.close();
  });

  it('reports a failure when it may not resume, and the action ends', async () => {
    const link = await NetworkLink.to(server.url);
    link.slowDownTo(40_000);
    const during = async (): Promise<void> => link.cut();
    const { name, updater } = await aKnownBoard({ serverUrl: link.url, during });
    const actionId = await assign(await aRelease(), name);
    expect((await updater.round()).outcome).toMatchObject({ kind: 'failed', actionId });
    expect((await updater.round()).outcome).toEqual({ kind: 'idle' });
    expect(await management.action(actionId)).toMatchObject({ state: 'failed', endedBy: 'device' });
    updater.close();
    await link.close();
  });

  it('goes on with a download after the server was started anew', async () => {
    let isRestarted = false;
    const during = async (moment: string): Promise<void> => {
      if (moment !== 'downloading') return;
      await server.restart();
      isRestarted = true;
    };
    const { name, system, updater } = await aKnownBoard({ resumes: true, during });
    const release = await aRelease({ imageBytes: LARGE_BYTES });
    const actionId = await assign(release, name);
    expect((await updater.round()).outcome).toEqual({ kind: 'installed', actionId });
    expect(isRestarted).toBe(true);
    expect(updater.fetches).toEqual([{ status: 206, fromByte: expect.any(Number) }]);
    expect(system.lastInstalled?.images[0]?.['rootfs']).toMatchObject({ checksum: release.imageSha256 });
    updater.reboot();
    await updater.round();
    expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', hasProof: true });
  });

  it('downloads and installs nothing when no more is wanted', async () => {
    const { name, system, updater } = await aKnownBoard();
    const release = await aRelease();
    const actionId = await assign(release, name, { type: 'download-only' });
    expect((await updater.round()).outcome).toEqual({ kind: 'downloaded', actionId });
    expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', endedBy: 'device' });
    expect(await raucInfo(join(folder, `${name}.raucb`))).toMatchObject({ version: '2.0' });
    expect(system.lastInstalled).toBeUndefined();
    expect(await linksOf(updater)).toEqual({ kind: 'idle' });
    expect(await management.device(name)).toMatchObject({ installedVersion: '1.0' });
  });

  it('downloads ahead of its maintenance window and installs when that opens', async () => {
    const { name, system, updater } = await aKnownBoard();
    const release = await aRelease();
    const opensAt = new Date(Date.now() + 12_000);
    const actionId = await assign(release, name, { window: windowFrom(opensAt) });
    expect((await updater.round()).outcome).toEqual({ kind: 'waiting', actionId });
    expect((await updater.round()).outcome).toEqual({ kind: 'waiting', actionId });
    expect(system.lastInstalled).toBeUndefined();
    await eventually(
      async () => expect((await updater.round()).outcome).toEqual({ kind: 'installed', actionId }),
      { timeoutMs: 60_000, everyMs: 500 },
    );
    expect(updater.fetches).toEqual([
      { status: 200, fromByte: undefined },
      { status: 416, fromByte: release.modules[0]?.artifacts[0]?.sizeBytes },
    ]);
    updater.reboot();
    await updater.round();
    expect(await management.action(actionId)).toMatchObject({ state: 'confirmed' });
  });

  describe('asked to give an update up', () => {
    it('agrees when it has not begun', async () => {
      const { name, updater } = await aKnownBoard();
      const actionId = await assign(await aRelease(), name);
      await management.cancelAction(actionId);
      expect(await linksOf(updater)).toEqual({ kind: 'cancelled', actionId });
      expect(await management.action(actionId)).toMatchObject({ state: 'cancelled' });
      expect(await linksOf(updater)).toEqual({ kind: 'idle' });
    });

    it('agrees once the download is complete, and installs nothing', async () => {
      let actionId = '';
      let asked: ActionView | undefined;
      const during = async (moment: string): Promise<void> => {
        if (moment === 'downloading') asked = await management.cancelAction(actionId);
      };
      const { name, system, updater } = await aKnownBoard({ during });
      actionId = await assign(await aRelease(), name);
      expect(await linksOf(updater)).toEqual({ kind: 'cancelled', actionId });
      expect(asked).toMatchObject({ state: 'cancelling' });
      expect(updater.fetches).toEqual([{ status: 200, fromByte: undefined }]);
      expect(updater.warnings).toEqual([]);
      expect(system.lastInstalled).toBeUndefined();
      expect(await management.action(actionId)).toMatchObject({ state: 'cancelled' });
      expect(await linksOf(updater)).toEqual({ kind: 'idle' });
    });

    it.each([
      ['refuses while it installs, and goes on', true],
      ['has installed it before it hears of that, and its success counts', false],
    ])('%s', async (_what, polledInTime) => {
      let actionId = '';
      const during = async (moment: string): Promise<void> => {
        if (moment === 'installing') await management.cancelAction(actionId);
      };
      const { name, updater } = await aKnownBoard({ during, polledInTime });
      actionId = await assign(await aRelease(), name);
      expect(await linksOf(updater)).toEqual({ kind: 'installed', actionId });
      expect(updater.warnings).toEqual([]);
      updater.reboot();
      expect(await updater.round()).toMatchObject({ isIdentified: true, outcome: { kind: 'idle' } });
      expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', endedBy: 'device' });
      expect(await management.device(name)).toMatchObject({ installedVersion: '2.0' });
    });
  });

  it.each([
    ['chunks', undefined],
    ['artifacts', (files: string[]) => JSON.stringify([{ type: 'os', files }])],
  ] as const)('refuses a release of two %s, in clear words', async (what, plan) => {
    const { name, updater } = await aKnownBoard();
    const files = ['2.1', '2.2'].map((version) => makeRaucBundle(folder, { version }));
    const paths = (await Promise.all(files)).map(({ path }) => path);
    const modules = plan?.(paths.map((path) => path.split('/').at(-1) ?? ''));
    const fields = { name: `two ${what}`, version: '2.0', compatibility: FITS };
    const release = await management.uploadRelease(paths, {
      ...fields,
      ...(modules === undefined ? {} : { modules }),
    });
    const actionId = await assign(release, name);
    const why = `Deployment ${actionId} unsupported: cannot handle multiple ${what}.`;
    expect(await linksOf(updater)).toEqual({ kind: 'failed', actionId, why });
    expect(await management.action(actionId)).toMatchObject({ state: 'failed', deviceVerdict: 'failure' });
    expect(await reportsOn(actionId)).toEqual([why]);
    expect(await linksOf(updater)).toEqual({ kind: 'idle' });
  });
});

/** One window of an hour, from the next full second on. */
function windowFrom(at: Date): object {
  const [second, minute, hour] = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours()];
  const [day, month, year] = [at.getUTCDate(), at.getUTCMonth() + 1, at.getUTCFullYear()];
  const schedule = `${second} ${minute} ${hour} ${day} ${month} ? ${year}`;
  return { schedule, duration: '01:00:00', timezone: '+00:00' };
}

describe('with the limits of addresses on', () => {
  const RANGES = 10_000;
  const SOCKETS = 6;
  let limited: RookeryProcess;
  let manager: Management;

  beforeAll(async () => {
    limited = await RookeryProcess.start({
      settings: {
        ROOKERY_DDI_EXEMPT: 'none',
        ROOKERY_DDI_READS_PER_SECOND: '20',
        ROOKERY_DDI_WRITES_PER_SECOND: '10',
      },
    });
    manager = new Management(limited.url, limited.token);
  });

  afterAll(() => limited?.discard());

  it('polls too many are refused', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
    const authorization = `GatewayToken ${limited.gatewayToken}`;
    const poll = (): Promise<number> =>
      new Promise((resolve, reject) => {
        request(`${limited.url}/DEFAULT/controller/v1/flood`, { agent, headers: { authorization } })
          .on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
          .on('error', reject)
          .end();
      });
    // However slow the machine is, some second sees more than 20 of them.
    const statuses = new Set<number>();
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, poll));
      answers.forEach((status) => statuses.add(status));
      expect(statuses).toContain(429);
    });
    agent.destroy();
  });

  it('the updater repeats what is refused, and loses nothing of its burst', async () => {
    const { name, updater } = aBoard({}, limited);
    await eventually(() => updater.round());
    const actionId = await assign(await aRelease({}, manager), name, {}, manager);
    await eventually(async () => expect(await linksOf(updater)).toEqual({ kind: 'installed', actionId }));
    expect(updater.warnings).toEqual([]);
    const log = await manager.actionLog(actionId);
    const steps = log.flatMap((entry) => entry.messages).filter((message) => /^\d+% /.test(message));
    expect(steps).toHaveLength(STEPS_OF_AN_INSTALLATION);
  });

  it('ten thousand ranges of 128 KiB are all answered 206', async () => {
    const { name, updater } = aBoard({}, limited);
    await eventually(() => updater.round());
    const release = await aRelease({ format: 'verity', imageBytes: 4 * STREAM_BLOCK_BYTES }, manager);
    await assign(release, name, {}, manager);
    const { url, connection } = await offeredBundle(name);
    const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
    let next = 0;
    let bytes = 0;
    const reader = async (): Promise<void> => {
      while (next < RANGES) {
        const start = (next++ % 4) * STREAM_BLOCK_BYTES;
        const block = await fetchBlock(connection, { url, start, agent });
        bytes += block?.length ?? 0;
      }
    };
    await Promise.all(Array.from({ length: SOCKETS }, reader));
    expect(bytes).toBe(RANGES * STREAM_BLOCK_BYTES);
    agent.destroy();
    connection.close();
  });

  /** Fetches the deployment that is on offer, and nothing more. */
  async function offeredBundle(name: string): Promise<{ url: string; connection: RaucConnection }> {
    const connection = new RaucConnection(`GatewayToken ${limited.gatewayToken}`);
    const read = async <T>(url: string): Promise<T> => {
      const { status, text } = await connection.call('GET', url);
      if (status !== 200) throw new Error(`GET ${url} is answered ${status}`);
      return JSON.parse(text) as T;
    };
    const url = await eventually(async () => {
      interface Poll {
        _links: { deploymentBase: { href: string } };
      }
      interface Offer {
        deployment: { chunks: { artifacts: { _links: { download: { href: string } } }[] }[] };
      }
      const poll = await read<Poll>(`${limited.url}/DEFAULT/controller/v1/${name}`);
      const offer = await read<Offer>(poll._links.deploymentBase.href);
      return offer.deployment.chunks[0]?.artifacts[0]?._links.download.href ?? '';
    });
    return { url, connection };
  }
});
