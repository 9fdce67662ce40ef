import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ZephyrBoard, type ZephyrBoardOptions } from './clients/zephyr-board';
import { ConnectionLost } from './clients/zephyr-socket';
import { assign } from './support/assign';
import { Management, type ReleaseView } from './support/management';
import { NetworkLink } from './support/network-link';
import { RookeryProcess } from './support/rookery-process';

jest.setTimeout(120_000);

const IMAGE = 'zephyr.signed.bin';
/** The board knows its server by an address of its own, and takes only the paths of the links that begin with this. */
const PUBLIC_URL = 'https://updates.fleet-operations.eu-central.example-manufacturer.com';

let folder: string;
let server: RookeryProcess;
let management: Management;
let names = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zephyr-e2e-'));
  server = await RookeryProcess.start({ settings: { ROOKERY_PUBLIC_URL: PUBLIC_URL } });
  management = new Management(server.url, server.token);
});

afterAll(async () => {
  await server?.discard();
  await rm(folder, { recursive: true, force: true });
});

interface Board {
  readonly name: string;
  readonly board: ZephyrBoard;
}

/** A board that was never heard of. */
function aBoard(options: Partial<ZephyrBoardOptions> = {}): Board {
  const name = `nrf52840dk_nrf52840-${String((names += 1)).padStart(16, '0')}`;
  const authorization = `GatewayToken ${server.gatewayToken}`;
  const board = new ZephyrBoard({ serverUrl: server.url, controllerId: name, authorization, ...options });
  return { name, board };
}

/** The same, after its first contact. */
async function aKnownBoard(options: Partial<ZephyrBoardOptions> = {}): Promise<Board> {
  const known = aBoard(options);
  await known.board.wakeUp();
  return known;
}

/** A new image as a release of one application, for any hardware: the board says nothing of its own. */
async function aRelease(): Promise<{ release: ReleaseView; image: Buffer }> {
  const image = randomBytes(200_000);
  const path = join(folder, IMAGE);
  await writeFile(path, image);
  const modules = JSON.stringify([{ type: 'application', files: [IMAGE] }]);
  const name = `zephyr-${(names += 1)}`;
  const fields = { name, version: `2.0.${names}`, compatibility: '*', modules };
  return { release: await management.uploadRelease([path], fields), image };
}

/** Gives a board a new release; returns the action and the image. */
async function update(name: string): Promise<{ actionId: string; image: Buffer }> {
  const { release, image } = await aRelease();
  return { actionId: await assign(management, release.id, name), image };
}

describe("a board with Zephyr's client", () => {
  it('registers, tells its VIN in the same run and is not asked again', async () => {
    const { name, board } = aBoard();
    expect(await board.wakeUp()).toEqual({ steps: ['identified'], sleepSeconds: 1 });
    expect(await board.wakeUp()).toEqual({ steps: [], sleepSeconds: 1 });
    expect(await management.device(name)).toMatchObject({ attributes: { VIN: name } });
  });

  it('keeps its one connection, though it rests longer between requests than Node would wait', async () => {
    const { board } = aBoard({ restMs: 7_000 });
    expect(await board.wakeUp()).toMatchObject({ steps: ['identified'] });
  });

  it('is updated, and says so once, after its restart', async () => {
    const { name, board } = await aKnownBoard();
    const { actionId, image } = await update(name);
    expect(await board.wakeUp()).toMatchObject({ steps: ['installed'] });
    expect(await management.action(actionId)).toMatchObject({
      state: expect.stringMatching(/^(retrieved|downloading)$/),
    });
    board.reboot();
    expect(board.runningImage?.equals(image)).toBe(true);
    // Asked for its attributes, as after every update; then there is nothing left.
    expect(await board.wakeUp()).toMatchObject({ steps: ['reported', 'identified'] });
    expect(await board.wakeUp()).toMatchObject({ steps: [] });
    expect(await management.action(actionId)).toMatchObject({
      state: 'confirmed',
      endedBy: 'device',
      hasProof: true,
    });
    const log = await management.actionLog(actionId);
    expect(log.filter((entry) => entry.source === 'device')).toHaveLength(1);
  });

  it('is updated once more after that', async () => {
    const { name, board } = await aKnownBoard();
    const toTheNext = async (): Promise<void> => {
      const { actionId, image } = await update(name);
      expect(await board.wakeUp()).toMatchObject({ steps: ['installed'] });
      board.reboot();
      expect(board.runningImage?.equals(image)).toBe(true);
      expect(await board.wakeUp()).toMatchObject({ steps: ['reported', 'identified'] });
      expect(await management.action(actionId)).toMatchObject({ state: 'confirmed' });
    };
    await toTheNext();
    await toTheNext();
  });

  it('is updated by a rollout for any hardware, since it tells none', async () => {
    const { name, board } = await aKnownBoard();
    await management.createFeed({ name });
    await management.patchDevice(name, { feed: name });
    const { release } = await aRelease();
    const rollout = await management.rollOut({ name, feed: name, releaseId: release.id });
    expect(await board.wakeUp()).toMatchObject({ steps: ['installed'] });
    board.reboot();
    expect(await board.wakeUp()).toMatchObject({ steps: ['reported', 'identified'] });
    expect(await management.rollout(rollout.id)).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
  });

  it.each(['default', 'DEFAULT', 'Default'])(
    'finds its tenant in every link as it writes it: %s',
    async (tenant) => {
      const { name, board } = await aKnownBoard({ tenant });
      await update(name);
      expect(await board.wakeUp()).toMatchObject({ steps: ['installed'] });
    },
  );

  it('gets links below 200 characters, with a long public address and an id as long as real ones', async () => {
    const { name, board } = await aKnownBoard();
    await update(name);
    expect(await board.wakeUp()).toMatchObject({ steps: ['installed'] });
    expect(board.longestHref).toBeGreaterThan(PUBLIC_URL.length);
    expect(board.longestHref).toBeLessThan(200);
  });

  describe('asked to give an update up', () => {
    it('agrees, and the link is gone at once', async () => {
      const { name, board } = await aKnownBoard();
      const { actionId } = await update(name);
      await management.cancelAction(actionId);
      expect(await board.wakeUp()).toMatchObject({ steps: ['cancelled'] });
      expect(await board.wakeUp()).toMatchObject({ steps: [] });
      expect(await management.action(actionId)).toMatchObject({ state: 'cancelled', endedBy: 'cancel' });
    });

    it('takes the next one in the same run', async () => {
      const { name, board } = await aKnownBoard();
      const { actionId } = await update(name);
      const next = await update(name);
      expect(await board.wakeUp()).toMatchObject({ steps: ['cancelled', 'installed'] });
      board.reboot();
      expect(board.runningImage?.equals(next.image)).toBe(true);
      await board.wakeUp();
      expect(await management.action(actionId)).toMatchObject({ state: 'cancelled' });
      expect(await management.action(next.actionId)).toMatchObject({ state: 'confirmed' });
    });

    it('agrees in the middle of a download that broke off', async () => {
      const link = await NetworkLink.to(server.url);
      link.slowDownTo(40_000);
      const onDownload = async (): Promise<void> => link.cut();
      const { name, board } = await aKnownBoard({ serverUrl: link.url, savesProgress: true, onDownload });
      const { actionId } = await update(name);
      await expect(board.wakeUp()).rejects.toThrow(ConnectionLost);
      await management.cancelAction(actionId);
      link.fullSpeed();
      expect(await board.wakeUp()).toMatchObject({ steps: ['cancelled'] });
      expect(await management.action(actionId)).toMatchObject({ state: 'cancelled' });
      await link.close();
    });

    it('has installed it before it hears of that: its report is taken, and no cancel is left', async () => {
      const { name, board } = await aKnownBoard();
      const { actionId } = await update(name);
      expect(await board.wakeUp()).toMatchObject({ steps: ['installed'] });
      await management.cancelAction(actionId);
      board.reboot();
      expect((await board.wakeUp()).steps).not.toContain('cancelled');
      expect(await board.wakeUp()).toMatchObject({ steps: [] });
      expect(await management.action(actionId)).toMatchObject({
        endedBy: 'device',
        deviceVerdict: 'success',
      });
    });
  });

  it.each([
    ['goes on where its download broke off', true],
    ['begins anew when it saves no progress', false],
  ])('%s', async (_what, savesProgress) => {
    const link = await NetworkLink.to(server.url);
    link.slowDownTo(40_000);
    let isCut = false;
    const onDownload = async (): Promise<void> => {
      if (!isCut) link.cut();
      isCut = true;
    };
    const { name, board } = await aKnownBoard({ serverUrl: link.url, savesProgress, onDownload });
    const { actionId, image } = await update(name);
    await expect(board.wakeUp()).rejects.toThrow(ConnectionLost);
    link.fullSpeed();
    expect(await board.wakeUp()).toMatchObject({ steps: ['installed'] });
    const [first, second = 0] = board.downloadedFrom;
    expect(first).toBe(0);
    expect(second > 0).toBe(savesProgress);
    board.reboot();
    expect(board.runningImage?.equals(image)).toBe(true);
    await board.wakeUp();
    expect(await management.action(actionId)).toMatchObject({ state: 'confirmed', hasProof: true });
    await link.close();
  });
});
