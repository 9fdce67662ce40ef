import { assign } from './support/assign';
import { eventually } from './support/eventually';
import { FACTORY_VERSION, readInstalledVersion, resetDevice } from './support/installed-image';
import { Management, type ActionView, type Explanation } from './support/management';
import { NetworkLink } from './support/network-link';
import { Operator } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { SwupdateDevice } from './support/swupdate-device';
import { WireLog } from './support/wire-log';

jest.setTimeout(240_000);

let server: RookeryProcess;
let management: Management;
let operator: Operator;
let link: NetworkLink;
let wire: WireLog;
let swupdate: SwupdateDevice;

beforeAll(async () => {
  server = await RookeryProcess.start();
  management = new Management(server.url, server.token);
  operator = new Operator(management);
});

afterAll(() => server.discard());

/** A device behind a link of its own, which the server has heard of. */
async function aDevice(controllerId: string): Promise<void> {
  await resetDevice();
  link = await NetworkLink.to(server.url);
  wire = new WireLog(link);
  const { gatewayToken } = server;
  swupdate = new SwupdateDevice({ serverUrl: link.url, controllerId, gatewayToken });
  await swupdate.start();
  await operator.adopt(controllerId);
}

/** Assigns a bundle, to be installed in a window that opens so soon. */
async function assignIn(controllerId: string, seconds: number, duration: string): Promise<ActionView> {
  const release = await operator.release(controllerId, ['basic-1.0.swu']);
  const opensAt = new Date(Date.now() + seconds * 1000);
  const schedule = `${opensAt.getUTCSeconds()} ${opensAt.getUTCMinutes()} ${opensAt.getUTCHours()} * * ?`;
  const window = { schedule, duration, timezone: '+00:00' };
  return management.action(await assign(management, release.id, controllerId, { window }));
}

/** SWUpdate takes "skip" for "installed", so outside the window it must not even see the update. */
describe('an update for a window that opens later', () => {
  const controllerId = 'night-shift';
  let before: Explanation;
  let seenBefore: number;
  let action: ActionView;

  beforeAll(async () => {
    await aDevice(controllerId);
    const assigned = await assignIn(controllerId, 12, '00:05:00');
    await wire.untilMore(() => wire.pollsOf(controllerId), 3);
    before = await management.explain(controllerId);
    seenBefore = wire.matching(/\/deploymentBase\/|\/artifacts\//).length;
    await swupdate.waitForInstalled(60_000);
    await swupdate.reboot();
    action = await operator.untilState(assigned.id, 'confirmed');
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('is not seen by the device before, and explained', () => {
    expect(seenBefore).toBe(0);
    expect(before.decision).toMatchObject({ kind: 'nothing', reason: 'window-closed' });
  });

  it('is installed for real in its window', async () => {
    expect(action).toMatchObject({ state: 'confirmed', hasProof: true });
    expect(await readInstalledVersion()).toBe('1.0');
  });
});

describe('a window that closes in the middle of a download', () => {
  const controllerId = 'too-slow';
  let midway: ActionView;
  let after: Explanation;
  let finished: ActionView;
  let versionThen: string;
  let carriedAtClosing: number;

  beforeAll(async () => {
    await aDevice(controllerId);
    link.slowDownTo(12_000);
    const since = link.carriedBytes;
    const assigned = await assignIn(controllerId, 4, '00:00:08');
    await link.waitForCarried(60_000, { since, timeoutMs: 60_000 });
    midway = await management.action(assigned.id);
    after = await eventually(
      async () => {
        const explanation = await management.explain(controllerId);
        expect(explanation.decision.kind).toBe('nothing');
        return explanation;
      },
      { timeoutMs: 60_000 },
    );
    carriedAtClosing = link.carriedBytes - since;
    // Nothing has told the device to give it up. Slow to the end, this SWUpdate fails over the padding of the archive.
    await wire.untilMore(() => wire.pollsOf(controllerId), 2);
    link.fullSpeed();
    await swupdate.waitForInstalled(60_000);
    versionThen = await readInstalledVersion();
    await swupdate.reboot();
    finished = await operator.untilState(assigned.id, 'confirmed');
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('lets the device finish what it began', () => {
    expect(midway.state).toBe('downloading');
    expect(carriedAtClosing).toBeLessThan(264_704);
    expect(versionThen).not.toBe(FACTORY_VERSION);
  });

  it('shows it the update no more', () => {
    expect(after.decision).toMatchObject({ kind: 'nothing', reason: 'window-closed' });
  });

  it('is confirmed by the version that the device reports after its restart, since it reports nothing else', () => {
    expect(finished).toMatchObject({ state: 'confirmed', endedBy: 'server' });
    const reports = wire.matching(/^POST .*\/deploymentBase\/\d+\/feedback$/);
    expect(reports.every(({ status }) => status === 200)).toBe(true);
  });
});
