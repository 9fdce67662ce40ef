import { STREAM_BLOCK_BYTES } from './clients/rauc-download';
import { raucInfo } from './clients/rauc-system';
import type { RaucMoment, RaucOutcome, RaucRound, RaucUpdater } from './clients/rauc-updater';
import { eventually } from './support/eventually';
import type { ActionView, Management } from './support/management';
import { NetworkLink } from './support/network-link';
import { RaucWorkshop, type BundleRelease, type RaucBoard } from './support/rauc-workshop';

jest.setTimeout(180_000);

/** More than the kernel keeps for a reader that rests. */
const LARGE_BYTES = 24 * 1024 * 1024;
const STEPS_OF_AN_INSTALLATION = 20;
const IDLE: RaucOutcome = { kind: 'idle' };

let workshop: RaucWorkshop;
let management: Management;

beforeAll(async () => {
  workshop = await RaucWorkshop.open();
  ({ management } = workshop);
});

afterAll(() => workshop?.close());

async function reportsOn(actionId: string): Promise<string[]> {
  const log = await management.actionLog(actionId);
  return log.filter((entry) => entry.source === 'device').flatMap((entry) => entry.messages);
}

async function outcomeOf(updater: RaucUpdater): Promise<RaucOutcome> {
  return (await updater.round()).outcome;
}

function checksumIn({ system }: RaucBoard): unknown {
  return system.lastInstalled?.images[0]?.['rootfs'];
}

it('a board registers with its first poll and is asked for its attributes once', async () => {
  const { name, updater } = workshop.board();
  const first = await updater.round();
  const second = await updater.round();
  expect(first).toEqual({ sleepSeconds: 1, isIdentified: true, outcome: IDLE });
  expect(second).toEqual({ ...first, isIdentified: false });
  expect(await management.device(name)).toMatchObject({
    installedVersion: '1.0',
    hardware: { model: 'my-board', revision: 'rev4.2' },
  });
});

describe('an update', () => {
  let board: RaucBoard;
  let release: BundleRelease;
  let actionId: string;
  let round: RaucRound;
  let beforeReboot: ActionView;
  let afterwards: RaucRound[];

  beforeAll(async () => {
    board = await workshop.knownBoard();
    release = await workshop.release();
    actionId = await workshop.assign(release, board);
    round = await board.updater.round();
    beforeReboot = await management.action(actionId);
    board.updater.reboot();
    afterwards = [await board.updater.round(), await board.updater.round()];
  });

  it('is downloaded, verified and installed', () => {
    expect(round.outcome).toEqual({ kind: 'installed', actionId });
    expect(board.updater.fetches).toEqual([{ status: 200, fromByte: undefined }]);
  });

  it('is the very bundle that rauc made', async () => {
    expect(board.system.lastInstalled).toEqual(await raucInfo(release.path));
    expect(checksumIn(board)).toMatchObject({ filename: 'rootfs.img', checksum: release.imageSha256 });
  });

  it('has its burst of reports on one connection, each of them answered 200', async () => {
    expect(board.updater.connections).toBe(1);
    expect(board.updater.warnings).toEqual([]);
    const reports = await reportsOn(actionId);
    expect(reports.filter((report) => /^\d+% /.test(report))).toHaveLength(STEPS_OF_AN_INSTALLATION);
    expect(reports.at(-1)).toBe('Software bundle installed successfully.');
  });

  it('has its success taken before the reboot', () => {
    expect(beforeReboot.state).toMatch(/^(installed|confirmed)$/);
  });

  it('is confirmed with proof when the board has told its new version', async () => {
    expect(afterwards.map(({ isIdentified }) => isIdentified)).toEqual([true, false]);
    expect(await management.action(actionId)).toMatchObject({
      state: 'confirmed',
      hasProof: true,
      endedBy: 'device',
      previousVersion: '1.0',
    });
    expect(await management.device(board.name)).toMatchObject({
      installedVersion: release.version,
      isVersionReported: true,
      attributes: { sw_version: release.version },
    });
  });

  it('is not offered again', () => {
    expect(afterwards.map(({ outcome }) => outcome)).toEqual([IDLE, IDLE]);
  });
});

it('RAUC streams a bundle in blocks of 128 KiB until there are no more', async () => {
  const board = await workshop.knownBoard({ streams: true });
  const release = await workshop.release({ format: 'verity', imageBytes: 5 * STREAM_BLOCK_BYTES + 1 });
  const actionId = await workshop.assign(release, board);
  expect(await outcomeOf(board.updater)).toEqual({ kind: 'installed', actionId });
  expect(checksumIn(board)).toMatchObject({ checksum: release.imageSha256 });
  board.updater.reboot();
  await board.updater.round();
  expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', hasProof: true });
});

describe('a download that is cut', () => {
  let link: NetworkLink;

  beforeEach(async () => {
    link = await NetworkLink.to(workshop.server.url);
    link.slowDownTo(40_000);
  });

  afterEach(() => link.close());

  it('is resumed by a Range request', async () => {
    let cuts = 0;
    const during = async (moment: RaucMoment): Promise<void> => {
      if (moment !== 'downloading') return;
      cuts += 1;
      link.cut();
      link.fullSpeed();
    };
    const board = await workshop.knownBoard({ serverUrl: link.url, resumes: true, during });
    const { updater } = board;
    const actionId = await workshop.assign(await workshop.release(), board);
    expect(await outcomeOf(updater)).toEqual({ kind: 'installed', actionId });
    expect(cuts).toBe(1);
    expect(updater.fetches).toEqual([{ status: 206, fromByte: expect.any(Number) }]);
    expect(updater.fetches[0]?.fromByte).toBeGreaterThan(0);
  });

  it('is a failure where the updater may not resume, and the action ends', async () => {
    const board = await workshop.knownBoard({ serverUrl: link.url, during: async () => link.cut() });
    const { updater } = board;
    const actionId = await workshop.assign(await workshop.release(), board);
    expect(await outcomeOf(updater)).toMatchObject({ kind: 'failed', actionId });
    expect(await outcomeOf(updater)).toEqual(IDLE);
    expect(await management.action(actionId)).toMatchObject({ state: 'failed', endedBy: 'device' });
  });
});

it('a download goes on after the server was started anew', async () => {
  let isRestarted = false;
  const during = async (moment: RaucMoment): Promise<void> => {
    if (moment !== 'downloading') return;
    await workshop.server.restart();
    isRestarted = true;
  };
  const board = await workshop.knownBoard({ resumes: true, during });
  const release = await workshop.release({ imageBytes: LARGE_BYTES });
  const actionId = await workshop.assign(release, board);
  expect(await outcomeOf(board.updater)).toEqual({ kind: 'installed', actionId });
  expect(isRestarted).toBe(true);
  expect(board.updater.fetches).toEqual([{ status: 206, fromByte: expect.any(Number) }]);
  expect(checksumIn(board)).toMatchObject({ checksum: release.imageSha256 });
  board.updater.reboot();
  await board.updater.round();
  expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', hasProof: true });
});

it('of a download-only update nothing is installed', async () => {
  const board = await workshop.knownBoard();
  const release = await workshop.release();
  const actionId = await workshop.assign(release, board, { type: 'download-only' });
  expect(await outcomeOf(board.updater)).toEqual({ kind: 'downloaded', actionId });
  expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', endedBy: 'device' });
  expect(await raucInfo(workshop.bundleFileOf(board.name))).toMatchObject({ version: release.version });
  expect(board.system.lastInstalled).toBeUndefined();
  expect(await outcomeOf(board.updater)).toEqual(IDLE);
  expect(await management.device(board.name)).toMatchObject({ installedVersion: '1.0' });
});

it('ahead of its maintenance window a board downloads, and installs when that opens', async () => {
  const board = await workshop.knownBoard();
  const { system, updater } = board;
  const release = await workshop.release();
  const window = windowFrom(new Date(Date.now() + 12_000));
  const actionId = await workshop.assign(release, board, { window });
  expect(await outcomeOf(updater)).toEqual({ kind: 'waiting', actionId });
  expect(await outcomeOf(updater)).toEqual({ kind: 'waiting', actionId });
  expect(system.lastInstalled).toBeUndefined();
  await eventually(async () => expect(await outcomeOf(updater)).toEqual({ kind: 'installed', actionId }), {
    timeoutMs: 60_000,
    everyMs: 500,
  });
  expect(updater.fetches).toEqual([
    { status: 200, fromByte: undefined },
    { status: 416, fromByte: release.sizeBytes },
  ]);
  updater.reboot();
  await updater.round();
  expect(await management.action(actionId)).toMatchObject({ state: 'confirmed' });
});

/** One window of an hour. */
function windowFrom(at: Date): object {
  const [second, minute, hour] = [at.getUTCSeconds(), at.getUTCMinutes(), at.getUTCHours()];
  const [day, month, year] = [at.getUTCDate(), at.getUTCMonth() + 1, at.getUTCFullYear()];
  const schedule = `${second} ${minute} ${hour} ${day} ${month} ? ${year}`;
  return { schedule, duration: '01:00:00', timezone: '+00:00' };
}

describe('asked to give an update up, a board', () => {
  it('agrees when it has not begun', async () => {
    const board = await workshop.knownBoard();
    const actionId = await workshop.assign(await workshop.release(), board);
    await management.cancelAction(actionId);
    expect(await outcomeOf(board.updater)).toEqual({ kind: 'cancelled', actionId });
    expect(await management.action(actionId)).toMatchObject({ state: 'cancelled' });
    expect(await outcomeOf(board.updater)).toEqual(IDLE);
  });

  it('agrees once the download is complete, and installs nothing', async () => {
    let actionId = '';
    let asked: ActionView | undefined;
    const during = async (moment: RaucMoment): Promise<void> => {
      if (moment === 'downloading') asked = await management.cancelAction(actionId);
    };
    const board = await workshop.knownBoard({ during });
    const { system, updater } = board;
    actionId = await workshop.assign(await workshop.release(), board);
    expect(await outcomeOf(updater)).toEqual({ kind: 'cancelled', actionId });
    expect(asked).toMatchObject({ state: 'cancelling' });
    expect(updater.fetches).toEqual([{ status: 200, fromByte: undefined }]);
    expect(updater.warnings).toEqual([]);
    expect(system.lastInstalled).toBeUndefined();
    expect(await management.action(actionId)).toMatchObject({ state: 'cancelled' });
    expect(await outcomeOf(updater)).toEqual(IDLE);
  });

  it.each([
    ['refuses while it installs, and goes on', true],
    ['has installed it before it hears of that, and its success counts', false],
  ])('%s', async (_what, polledInTime) => {
    let actionId = '';
    const during = async (moment: RaucMoment): Promise<void> => {
      if (moment === 'installing') await management.cancelAction(actionId);
    };
    const board = await workshop.knownBoard({ during, polledInTime });
    const { updater } = board;
    const release = await workshop.release();
    actionId = await workshop.assign(release, board);
    expect(await outcomeOf(updater)).toEqual({ kind: 'installed', actionId });
    expect(updater.warnings).toEqual([]);
    updater.reboot();
    expect(await updater.round()).toMatchObject({ isIdentified: true, outcome: IDLE });
    expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', endedBy: 'device' });
    expect(await management.device(board.name)).toMatchObject({ installedVersion: release.version });
  });
});

it.each([
  ['chunks', false],
  ['artifacts', true],
])(
  'a release of two %s is not offered, and refused in clear words by a device whose client nobody knows',
  async (what, areTogether) => {
    const board = await workshop.knownBoard();
    const bundles = [await workshop.bundle({ version: '2.1' }), await workshop.bundle({ version: '2.2' })];
    const files = ['image-2.1.raucb', 'image-2.2.raucb'];
    const modules = areTogether
      ? [{ type: 'os', files }]
      : files.map((file, index) => ({ type: index === 0 ? 'os' : 'application', files: [file] }));
    const release = await workshop.upload(
      bundles.map(({ path }) => path),
      { modules: JSON.stringify(modules) },
    );
    const actionId = await workshop.assign(release, board);
    expect(await outcomeOf(board.updater)).toEqual(IDLE);
    const { decision } = await management.explain(board.name);
    expect(decision).toMatchObject({ kind: 'nothing', reason: 'unfit-client' });
    await management.patchDevice(board.name, { client: 'unknown' });
    const why = `Deployment ${actionId} unsupported: cannot handle multiple ${what}.`;
    expect(await outcomeOf(board.updater)).toEqual({ kind: 'failed', actionId, why });
    expect(await management.action(actionId)).toMatchObject({ state: 'failed', deviceVerdict: 'failure' });
    expect(await reportsOn(actionId)).toEqual([why]);
    expect(await outcomeOf(board.updater)).toEqual(IDLE);
  },
);
