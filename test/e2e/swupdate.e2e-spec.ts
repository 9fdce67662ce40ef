import { eventually } from './support/eventually';
import { resetDevice } from './support/installed-image';
import {
  Management,
  type ActionView,
  type DeviceView,
  type Explanation,
  type RolloutView,
} from './support/management';
import { NetworkLink } from './support/network-link';
import { deviceWords, Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { SwupdateDevice } from './support/swupdate-device';

jest.setTimeout(240_000);

const FITS = 'my-board:rev4.2';

let server: RookeryProcess;
let management: Management;
let operator: Operator;

beforeAll(async () => {
  server = await RookeryProcess.start();
  management = new Management(server.url, server.token);
  operator = new Operator(management);
});

afterAll(() => server.discard());

describe('a device with swupdate', () => {
  const controllerId = 'board-1';
  let swupdate: SwupdateDevice;
  let registered: DeviceView;
  let beforeReboot: Readonly<Record<'one' | 'two', ActionView>>;
  let episodes: Readonly<Record<'one' | 'two' | 'quote' | 'hardware', Episode>>;
  let pinned: {
    readonly actionsBefore: readonly ActionView[];
    readonly actions: readonly ActionView[];
    readonly rollout: RolloutView;
    readonly explanation: Explanation;
    readonly polls: number;
  };

  /** Uploads, rolls out, lets the device install and reboot. */
  async function update(fixture: string): Promise<Episode & { readonly beforeReboot: ActionView }> {
    const rollout = await operator.rollOut(controllerId, fixture);
    await swupdate.waitForInstalled();
    const installed = await operator.actionOf(controllerId, rollout);
    await swupdate.reboot();
    await operator.untilEnded(controllerId, rollout);
    // Until then the version is only believed.
    await eventually(async () => {
      expect(await management.device(controllerId)).toMatchObject({ isVersionReported: true });
    });
    return { ...(await operator.record(controllerId, rollout)), beforeReboot: installed };
  }

  /** Rolls out what the device will refuse. */
  async function refuse(fixture: string, version: string): Promise<Episode> {
    return operator.record(
      controllerId,
      await operator.rollOut(controllerId, fixture, { version, compatibility: FITS }),
    );
  }

  async function watchPinned(): Promise<typeof pinned> {
    await management.patchDevice(controllerId, { pinned: true });
    const actionsBefore = await management.actions(controllerId);
    const rollout = await operator.rollOut(controllerId, 'json.swu', { version: '4.0', compatibility: FITS });
    const seen = new Set<string>();
    await eventually(async () => {
      seen.add((await management.device(controllerId)).lastSeenAt ?? '');
      expect(seen.size).toBeGreaterThan(3);
    });
    return {
      actionsBefore,
      polls: seen.size - 1,
      actions: await management.actions(controllerId),
      rollout: await management.rollout(rollout.id),
      explanation: await management.explain(controllerId),
    };
  }

  beforeAll(async () => {
    await resetDevice();
    const { url: serverUrl, gatewayToken } = server;
    swupdate = new SwupdateDevice({ serverUrl, controllerId, gatewayToken });
    await expect(management.device(controllerId)).rejects.toMatchObject({ status: 404 });
    await swupdate.start();
    registered = await operator.adopt(controllerId);
    const one = await update('basic-1.0.swu');
    const two = await update('basic-2.0.swu');
    beforeReboot = { one: one.beforeReboot, two: two.beforeReboot };
    episodes = {
      one,
      two,
      quote: await refuse('fail-quote.swu', '3.0'),
      hardware: await refuse('fail-hw.swu', '3.1'),
    };
    pinned = await watchPinned();
  });

  afterAll(() => swupdate.stop());

  it('registers by the gateway token', () => {
    expect(registered).toMatchObject({ controllerId, feed: 'default', mode: 'rollout' });
  });

  it('hands in its configData', () => {
    expect(registered.attributes).toEqual({ swVersion: '0.9', board: 'my-board', hwRevision: 'rev4.2' });
    expect(registered).toMatchObject({
      installedVersion: '0.9',
      hardware: { model: 'my-board', revision: 'rev4.2' },
    });
  });

  describe.each([
    ['one', '1.0', '0.9'],
    ['two', '2.0', '1.0'],
  ] as const)('update %s, to version %s', (name, version, previous) => {
    it('is downloaded, verified and installed for real', () => {
      expect(episodes[name].onStorage).toBe(version);
    });

    it('is not over before the device has restarted', () => {
      expect(beforeReboot[name].state).toMatch(/^(downloading|downloaded|installing|installed)$/);
    });

    it('is confirmed after the restart, by the device itself and with proof', () => {
      expect(episodes[name].action).toMatchObject({
        state: 'confirmed',
        endedBy: 'device',
        hasProof: true,
        previousVersion: previous,
      });
    });

    it('leaves the version that the device reports', () => {
      expect(episodes[name].device.installedVersion).toBe(version);
      expect(episodes[name].device.attributes).toMatchObject({ swVersion: version });
    });

    it('is logged without gaps, in the words of both sides', () => {
      const { log } = episodes[name];
      expect(log.map((entry) => entry.seq)).toEqual(log.map((_entry, index) => index + 1));
      expect(new Set(log.map((entry) => entry.source))).toEqual(new Set(['device', 'server']));
    });

    it('is counted as one confirmed device, and nothing else', () => {
      expect(episodes[name].rollout).toMatchObject({ admitted: 1 });
      expect(episodes[name].rollout.devices).toEqual({ confirmed: 1 });
    });

    it('is explained: the version is installed already', () => {
      expect(episodes[name].explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
    });
  });

  describe.each([
    ['quote', 'whose error text breaks its JSON', /Required image file ro.{1,2}ot \.img missing/],
    ['hardware', 'for other hardware', /SW not compatible with hardware/],
  ] as const)('a bundle (%s) %s', (name, _what, words) => {
    it('ends as failed', () => {
      expect(episodes[name].action).toMatchObject({
        state: 'failed',
        endedBy: 'device',
        deviceVerdict: 'failure',
      });
    });

    it("has the device's own words in the log", () => {
      expect(deviceWords(episodes[name])).toMatch(words);
    });

    it('leaves version 2.0 on the device', () => {
      expect(episodes[name].onStorage).toBe('2.0');
      expect(episodes[name].device.installedVersion).toBe('2.0');
    });

    it('is counted as one failed device, and nothing else', () => {
      expect(episodes[name].rollout.admitted).toBe(1);
      expect(episodes[name].rollout.devices).toEqual({ failed: 1 });
    });

    it('is explained: the attempt is used up', () => {
      expect(episodes[name].explanation.decision).toMatchObject({ kind: 'nothing', reason: 'exhausted' });
    });
  });

  it('gets nothing while it is pinned, however often it polls', () => {
    expect(pinned.polls).toBeGreaterThan(2);
    expect(pinned.actions).toEqual(pinned.actionsBefore);
    expect(pinned.rollout).toMatchObject({ state: 'running', admitted: 0, devices: {} });
  });

  it('is told why it gets nothing: it is pinned', () => {
    expect(pinned.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'pinned' });
  });
});

describe('a cancel in the middle of a download', () => {
  const controllerId = 'board-2';
  let link: NetworkLink;
  let swupdate: SwupdateDevice;
  let atCancel: ActionView;
  let cancelling: ActionView;
  let episode: Episode;

  beforeAll(async () => {
    await resetDevice('1.0');
    link = await NetworkLink.to(server.url);
    swupdate = new SwupdateDevice({ serverUrl: link.url, controllerId, gatewayToken: server.gatewayToken });
    await swupdate.start();
    await operator.adopt(controllerId);
    link.slowDownTo(20_000);
    const since = link.carriedBytes;
    const rollout = await operator.rollOut(controllerId, 'basic-2.0.swu');
    await link.waitForCarried(60_000, { since, timeoutMs: 30_000 });
    atCancel = await operator.actionOf(controllerId, rollout);
    cancelling = await management.cancelAction(atCancel.id);
    await operator.untilEnded(controllerId, rollout);
    link.fullSpeed();
    episode = await operator.record(controllerId, rollout);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('waits for the answer of the device', () => {
    expect(atCancel.state).toMatch(/^(retrieved|downloading)$/);
    expect(cancelling.state).toBe('cancelling');
  });

  it('ends the action as cancelled', () => {
    expect(episode.action.state).toBe('cancelled');
  });

  it('leaves the old version on the device', () => {
    expect(episode.onStorage).toBe('1.0');
    expect(episode.device.installedVersion).toBe('1.0');
  });

  it('is counted as one cancelled device, and nothing else', () => {
    expect(episode.rollout.admitted).toBe(1);
    expect(episode.rollout.devices).toEqual({ cancelled: 1 });
  });

  it('is explained: the attempt is used up', () => {
    expect(episode.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'exhausted' });
  });
});
