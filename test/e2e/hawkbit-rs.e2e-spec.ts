import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { eventually } from './support/eventually';
import { buildHawkbitRs, HawkbitRsDevice } from './support/hawkbit-rs';
import { swuFixture } from './support/installed-image';
import { Management, type ActionView, type DeviceView } from './support/management';
import { NetworkLink } from './support/network-link';
import { deviceWords, Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { WireLog } from './support/wire-log';

/** It may have to be built. */
const BUILD_PATIENCE_MS = 900_000;
const LARGE_BYTES = 16_000_000;
const BYTES_PER_SECOND = 3_000_000;
const MIDDLE_BYTES = 2_000_000;

jest.setTimeout(120_000);

let server: RookeryProcess;
let management: Management;
let operator: Operator;
let folder: string;
let link: NetworkLink;
let wire: WireLog;
let device: HawkbitRsDevice;
let sent: string;

beforeAll(async () => {
  await buildHawkbitRs();
  server = await RookeryProcess.start();
  management = new Management(server.url, server.token);
  operator = new Operator(management);
  folder = await mkdtemp(join(tmpdir(), 'bundles-'));
}, BUILD_PATIENCE_MS);

afterAll(async () => {
  await server.discard();
  await rm(folder, { recursive: true, force: true });
});

/** Registers a device, on a feed of its own and with a token of its own, behind a link; it is not started. */
async function register(controllerId: string): Promise<void> {
  link = await NetworkLink.to(server.url);
  wire = new WireLog(link);
  sent = '';
  link.watch((way, bytes) => {
    if (way === 'there') sent += bytes.toString('utf8');
  });
  await management.createFeed({ name: controllerId });
  const { targetToken } = await management.send<{ targetToken: string }>('POST', '/devices', {
    controllerId,
  });
  await management.patchDevice(controllerId, { feed: controllerId });
  device = new HawkbitRsDevice({ serverUrl: link.url, controllerId, targetToken });
}

/** It says no model, so it fits what fits all. */
async function release(feed: string, bundle: string, version = '1.0'): ReturnType<Operator['release']> {
  return operator.release(feed, [bundle], { version, compatibility: '*' });
}

async function untilPolled(controllerId: string, times: number): Promise<void> {
  await wire.untilMore(() => wire.pollsOf(controllerId), times);
}

async function discardDevice(): Promise<void> {
  await device.stop();
  await link.close();
}

describe('a device with hawkbit-rs', () => {
  const controllerId = 'crab';
  const bundle = swuFixture('basic-1.0.swu');
  let registered: DeviceView;
  let episode: Episode;

  beforeAll(async () => {
    await register(controllerId);
    await device.start();
    registered = await eventually(async () => {
      const shown = await management.device(controllerId);
      expect(shown.attributes).toHaveProperty('HwRevision');
      return shown;
    });
    const rollout = await operator.start(controllerId, await release(controllerId, bundle));
    await operator.untilEnded(controllerId, rollout);
    await untilPolled(controllerId, 3);
    episode = await operator.record(controllerId, rollout);
  });

  afterAll(discardDevice);

  it('hands in its configData when it comes and when it has updated, with null for a mode', () => {
    expect(sent).toMatch(/"mode":null/);
    const told = wire.matching(/^(PUT .*\/configData|POST .*\/deploymentBase\/\d+\/feedback)$/);
    expect(told.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'PUT 200',
      'POST 200',
      'POST 200',
      'PUT 200',
    ]);
    expect(registered.attributes).toEqual({ HwRevision: '1.0' });
    expect(registered).toMatchObject({ hardware: { revision: '1.0' } });
  });

  it('downloads the file whole, and finds all three sums right', async () => {
    expect(wire.downloads.map(({ status }) => status)).toEqual([200]);
    const received = await device.downloaded(basename(bundle));
    expect(received.equals(await readFile(bundle))).toBe(true);
    // It gives up at the first sum that is wrong.
    expect(device.log).not.toContain('Error');
  });

  it('reports its progress and its success, each answered 200', () => {
    const { action } = episode;
    expect(wire.reportsOn(action.id).map(({ status }) => status)).toEqual([200, 200]);
    expect(deviceWords(episode)).toContain('Downloading');
    expect(action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
    expect(action).toMatchObject({ deviceVerdict: 'success' });
  });

  it('is counted as one confirmed device, and gets nothing more', () => {
    expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(episode.device).toMatchObject({ installedVersion: '1.0', isVersionReported: false });
    expect(episode.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
    expect(wire.matching(/^GET .*\/deploymentBase\//)).toHaveLength(1);
  });
});

describe('a cancel that hawkbit-rs finds when it comes', () => {
  const controllerId = 'hermit';
  let action: ActionView;

  beforeAll(async () => {
    await register(controllerId);
    const { id } = await release(controllerId, swuFixture('basic-1.0.swu'));
    await management.send('POST', '/assignments', { release: id, devices: [controllerId] });
    const [assigned] = await management.actions(controllerId);
    const cancelling = await management.cancelAction(assigned?.id ?? '');
    expect(cancelling.state).toBe('cancelling');
    await device.start();
    action = await operator.untilState(cancelling.id, 'cancelled');
    await device.waitForLog('Action cancelled');
    await untilPolled(controllerId, 2);
  });

  afterAll(discardDevice);

  it('is acknowledged: first as under way, then as done', () => {
    expect(device.log).toContain(`Action to cancel: ${action.id}`);
    const answers = wire.matching(/^POST .*\/cancelAction\/\d+\/feedback$/);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(action).toMatchObject({ state: 'cancelled', endedBy: 'cancel' });
  });

  it('may be read as often as the device likes', () => {
    const reads = wire.matching(/^GET .*\/cancelAction\/\d+$/);
    expect(reads.length).toBeGreaterThan(1);
    expect(new Set(reads.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('is logged in the words of the device, and leaves nothing to do', async () => {
    const log = await management.actionLog(action.id);
    expect(deviceWords({ log })).toContain('Cancelling');
    expect(wire.downloads).toEqual([]);
    expect((await management.explain(controllerId)).decision.kind).toBe('nothing');
  });
});

describe('a download of hawkbit-rs that is cut', () => {
  const controllerId = 'lobster';
  let given: Buffer;
  let episode: Episode;

  beforeAll(async () => {
    await register(controllerId);
    given = randomBytes(LARGE_BYTES);
    await writeFile(join(folder, 'large.bin'), given);
    const large = await release(controllerId, join(folder, 'large.bin'), '2.0');
    await device.start();
    await untilPolled(controllerId, 2);
    link.slowDownTo(BYTES_PER_SECOND);
    const since = link.carriedBytes;
    const rollout = await operator.start(controllerId, large);
    await link.waitForCarried(MIDDLE_BYTES, { since, timeoutMs: 30_000 });
    link.cut();
    link.fullSpeed();
    // The example gives up at once; whoever watches over it starts it again.
    expect(await device.waitForExit()).toMatchObject({ code: 1 });
    await device.start();
    episode = await operator.record(controllerId, rollout);
  });

  afterAll(discardDevice);

  it('goes on where it was after a restart, by a range of the rest', () => {
    expect(wire.downloads.map(({ status }) => status)).toEqual([200, 206]);
    const [, resumed] = wire.downloads;
    expect(resumed?.headers['range']).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('is whole in the end, confirmed and counted once', async () => {
    expect((await device.downloaded('large.bin')).equals(given)).toBe(true);
    expect(episode.action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
    expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
  });
});

describe('hawkbit-rs with a token that is not its own', () => {
  afterAll(discardDevice);

  it('is refused, and learns nothing', async () => {
    await register('lost');
    device = new HawkbitRsDevice({ serverUrl: link.url, controllerId: 'lost', targetToken: 'not-mine' });
    await device.start();
    expect(await device.waitForExit()).toMatchObject({ code: 1 });
    expect(wire.exchanges.map(({ status }) => status)).toEqual([401]);
    expect((await management.device('lost')).lastSeenAt).toBeUndefined();
  });
});
