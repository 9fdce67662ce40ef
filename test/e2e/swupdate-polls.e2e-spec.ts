import { eventually } from './support/eventually';
import { FACTORY_VERSION, readInstalledVersion, resetDevice } from './support/installed-image';
import { Management } from './support/management';
import { NetworkLink } from './support/network-link';
import { Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { SwupdateDevice } from './support/swupdate-device';
import { WireLog, type Exchange } from './support/wire-log';

jest.setTimeout(240_000);

let server: RookeryProcess;
let management: Management;
let operator: Operator;

beforeAll(async () => {
  server = await RookeryProcess.start();
  management = new Management(server.url, server.token);
  operator = new Operator(management);
});

afterAll(() => server.discard());

describe('a device with a wrong token', () => {
  const controllerId = 'mistaken';
  let link: NetworkLink;
  let swupdate: SwupdateDevice;
  let refused: readonly Exchange[];
  let told: string;
  let episode: Episode;

  beforeAll(async () => {
    await resetDevice();
    link = await NetworkLink.to(server.url);
    const wire = new WireLog(link);
    const answers: string[] = [];
    const unwatch = link.watch((way, bytes) => {
      if (way === 'back') answers.push(bytes.toString('latin1'));
    });
    const device = { serverUrl: link.url, controllerId };
    const mistaken = new SwupdateDevice({ ...device, gatewayToken: `${server.gatewayToken}x` });
    await mistaken.start();
    try {
      await wire.untilMore(() => wire.pollsOf(controllerId), 3);
    } finally {
      await mistaken.stop();
    }
    refused = wire.exchanges.filter(({ status }) => status !== undefined);
    told = answers.join('');
    unwatch();
    await expectNothing();
    swupdate = new SwupdateDevice({ ...device, gatewayToken: server.gatewayToken });
    await swupdate.start();
    await operator.adopt(controllerId);
    const rollout = await operator.rollOut(controllerId, 'basic-1.0.swu');
    await swupdate.waitForInstalled();
    await swupdate.reboot();
    episode = await operator.record(controllerId, rollout);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  /** Neither in the books nor on the device. */
  async function expectNothing(): Promise<void> {
    await expect(management.device(controllerId)).rejects.toMatchObject({ status: 404 });
    expect((await management.send<{ items: unknown[] }>('GET', '/devices')).items).toEqual([]);
    expect(await readInstalledVersion()).toBe(FACTORY_VERSION);
  }

  it('is refused whatever it asks', () => {
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
  });

  it('is told nothing of the server, not even which of its words was wrong', () => {
    expect(told).not.toMatch(/_links|polling|tenant|token|device|exist/i);
  });

  it('updates as soon as its token is right', () => {
    expect(episode.action).toMatchObject({ state: 'confirmed', endedBy: 'device', hasProof: true });
    expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(episode.onStorage).toBe('1.0');
    expect(episode.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  });
});

describe('a device whose poll interval is changed while it runs', () => {
  const controllerId = 'rhythmic';
  let link: NetworkLink;
  let wire: WireLog;
  let swupdate: SwupdateDevice;

  beforeAll(async () => {
    await resetDevice();
    link = await NetworkLink.to(server.url);
    wire = new WireLog(link);
    swupdate = new SwupdateDevice({ serverUrl: link.url, controllerId, gatewayToken: server.gatewayToken });
    await swupdate.start();
    await operator.adopt(controllerId);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  /** Times between so many polls, counted from the first that began after now and that was answered. */
  async function watchGapsMs(count: number): Promise<number[]> {
    const sinceMs = performance.now();
    const polls = (): readonly Exchange[] =>
      wire.pollsOf(controllerId).filter(({ atMs, status }) => atMs > sinceMs && status === 200);
    await wire.untilMore(polls, count + 1);
    const times = polls().map(({ atMs }) => atMs);
    return times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
  }

  it('polls less often from its next poll on, and oftener again', async () => {
    await management.send('PATCH', '/tenant/settings', { polling: '00:00:03' });
    expect(Math.min(...(await watchGapsMs(3)))).toBeGreaterThan(2_500);
    await management.send('PATCH', '/tenant/settings', { polling: '00:00:01' });
    expect(Math.min(...(await watchGapsMs(4)))).toBeLessThan(2_500);
  });

  it('is updated at its own pace', async () => {
    const rollout = await operator.rollOut(controllerId, 'basic-1.0.swu');
    await swupdate.waitForInstalled();
    await swupdate.reboot();
    const episode = await operator.record(controllerId, rollout);
    expect(episode.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(episode.onStorage).toBe('1.0');
  });

  it('goes by what the server says after a restart, when the tenant says nothing', async () => {
    await management.send('PATCH', '/tenant/settings', { polling: null });
    await server.restartWith({ ROOKERY_POLL_INTERVAL: '3s' });
    expect(Math.min(...(await watchGapsMs(3)))).toBeGreaterThan(2_500);
    await eventually(async () => {
      expect(await management.device(controllerId)).toMatchObject({ installedVersion: '1.0' });
    });
  });
});
