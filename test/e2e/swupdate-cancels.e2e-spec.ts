import { assign } from './support/assign';
import { FACTORY_VERSION, readInstalledVersion, resetDevice } from './support/installed-image';
import { holdBack } from './support/hold-back';
import { Management, type ActionView, type Explanation } from './support/management';
import { NetworkLink } from './support/network-link';
import { Operator, type Episode } from './support/operator';
import { RookeryProcess } from './support/rookery-process';
import { SwupdateDevice } from './support/swupdate-device';
import { WireLog } from './support/wire-log';

jest.setTimeout(240_000);

let server: RookeryProcess;
let management: Management;
let operator: Operator;
let link: NetworkLink;
let wire: WireLog;

beforeAll(async () => {
  server = await RookeryProcess.start();
  management = new Management(server.url, server.token);
  operator = new Operator(management);
});

afterAll(() => server.discard());

/** A device behind a link of its own, which the server has heard of. */
async function aDevice(controllerId: string): Promise<SwupdateDevice> {
  await resetDevice();
  link = await NetworkLink.to(server.url);
  wire = new WireLog(link);
  const { gatewayToken } = server;
  const swupdate = new SwupdateDevice({ serverUrl: link.url, controllerId, gatewayToken });
  await swupdate.start();
  await operator.adopt(controllerId);
  return swupdate;
}

/** Waits until a device has polled so often from now on. */
async function untilPolled(controllerId: string, times: number): Promise<void> {
  await wire.untilMore(() => wire.pollsOf(controllerId), times);
}

/** What the device is offered at the moment, as it would see it itself. */
async function offerTo(controllerId: string): Promise<string | undefined> {
  const answer = await fetch(`${server.url}/DEFAULT/controller/v1/${controllerId}`, {
    headers: { authorization: `GatewayToken ${server.gatewayToken}`, connection: 'close' },
  });
  const poll = (await answer.json()) as { _links?: { deploymentBase?: { href: string } } };
  return /deploymentBase\/(\d+)/.exec(poll._links?.deploymentBase?.href ?? '')?.[1];
}

async function forceClose(actionId: string): Promise<ActionView> {
  return management.send('POST', `/actions/${actionId}/cancel`, { force: true });
}

describe('a cancel that comes before the device does', () => {
  const controllerId = 'away';
  let swupdate: SwupdateDevice;
  let cancelling: ActionView;
  let action: ActionView;
  let explanation: Explanation;

  beforeAll(async () => {
    swupdate = await aDevice(controllerId);
    await swupdate.stop();
    const release = await operator.release(controllerId, ['basic-1.0.swu']);
    await management.send('POST', '/assignments', { release: release.id, devices: [controllerId] });
    const [assigned] = await management.actions(controllerId);
    cancelling = await management.cancelAction(assigned?.id ?? '');
    await swupdate.start();
    action = await operator.untilState(cancelling.id, 'cancelled');
    await untilPolled(controllerId, 3);
    explanation = await management.explain(controllerId);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('waits for the device, which acknowledges it', () => {
    expect(cancelling.state).toBe('cancelling');
    expect(action).toMatchObject({ endedBy: 'cancel', hasProof: false });
  });

  it('is answered once, and no deployment is fetched', () => {
    const answers = wire.matching(/^POST .*\/cancelAction\/\d+\/feedback$/);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(wire.matching(/\/deploymentBase\/|\/artifacts\//)).toEqual([]);
  });

  it('is logged from both sides', async () => {
    const log = await management.actionLog(action.id);
    expect(new Set(log.map(({ source }) => source))).toEqual(new Set(['server', 'device']));
  });

  it('leaves the device as it was, with nothing to do', async () => {
    expect(await readInstalledVersion()).toBe(FACTORY_VERSION);
    expect(explanation.decision.kind).toBe('nothing');
  });
});

describe('a cancel between the offer and its fetch', () => {
  const controllerId = 'too-late';
  let swupdate: SwupdateDevice;
  let offered: ActionView;
  let episode: Episode;

  beforeAll(async () => {
    swupdate = await aDevice(controllerId);
    const held = holdBack(link, /^GET \S+\/deploymentBase\//);
    const rollout = await operator.rollOut(controllerId, 'basic-1.0.swu');
    await held();
    offered = await operator.actionOf(controllerId, rollout);
    await management.cancelAction(offered.id);
    link.flow();
    await operator.untilEnded(controllerId, rollout);
    await untilPolled(controllerId, 3);
    episode = await operator.record(controllerId, rollout);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('keeps the deployment from the device, which was told of it', () => {
    expect(offered.state).toBe('offered');
    expect(wire.matching(/^GET .*\/deploymentBase\//)[0]).toMatchObject({ status: 404 });
    expect(wire.downloads).toEqual([]);
  });

  it('ends the action as cancelled', () => {
    expect(episode.action).toMatchObject({ state: 'cancelled', endedBy: 'cancel', hasProof: false });
  });

  it('leaves the device as it was', () => {
    expect(episode.onStorage).toBe(FACTORY_VERSION);
    expect(episode.device.installedVersion).toBe(FACTORY_VERSION);
  });

  it('is counted as one cancelled device, and nothing else', () => {
    expect(episode.rollout).toMatchObject({ admitted: 1, devices: { cancelled: 1 } });
  });

  it('offers nothing more', () => {
    expect(episode.explanation.decision.kind).toBe('nothing');
  });
});

describe('an action that the operator closes by force while the device reboots', () => {
  const controllerId = 'rebooting';
  let swupdate: SwupdateDevice;
  let closed: ActionView;
  let first: Episode;
  let reportsBefore: number;
  let second: Episode;

  beforeAll(async () => {
    swupdate = await aDevice(controllerId);
    const rollout = await operator.rollOut(controllerId, 'basic-1.0.swu');
    await swupdate.waitForInstalled();
    await swupdate.stop();
    const { id } = await operator.actionOf(controllerId, rollout);
    reportsBefore = wire.reportsOn(id).length;
    const held = holdBack(link, /^POST \S+\/deploymentBase\/\d+\/feedback/);
    await swupdate.restart({ updateState: 'installed' });
    await held();
    closed = await forceClose(id);
    link.flow();
    await operator.untilState(id, 'confirmed');
    await untilPolled(controllerId, 4);
    first = await operator.record(controllerId, rollout);
    const next = await operator.rollOut(controllerId, 'basic-2.0.swu');
    await swupdate.waitForInstalled();
    await swupdate.reboot();
    second = await operator.record(controllerId, next);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('is over for the server, though the device is about to report', () => {
    expect(closed).toMatchObject({ state: 'cancelled', endedBy: 'server', hasProof: true });
  });

  it('gets the late report, which is answered 200 and not repeated', () => {
    const late = wire.reportsOn(closed.id).slice(reportsBefore);
    expect(late.map(({ status }) => status)).toEqual([200]);
  });

  it('is corrected once: the device runs it', () => {
    expect(first.action).toMatchObject({ state: 'confirmed', isCorrected: true, deviceVerdict: 'success' });
    expect(first.onStorage).toBe('1.0');
    expect(first.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(first.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  });

  it('does not keep the next release from being installed', () => {
    expect(second.action).toMatchObject({ state: 'confirmed', endedBy: 'device', previousVersion: '1.0' });
    expect(second.onStorage).toBe('2.0');
    expect(second.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
  });
});

describe('a newer rollout, of what an operator assigned a release that has still to be booted', () => {
  const controllerId = 'patient';
  let swupdate: SwupdateDevice;
  let actionsMeanwhile: readonly ActionView[];
  let offeredMeanwhile: string | undefined;
  let explained: Explanation;
  let first: ActionView;
  let second: Episode;

  beforeAll(async () => {
    swupdate = await aDevice(controllerId);
    const older = await operator.release(controllerId, ['basic-1.0.swu']);
    const assigned = await assign(management, older.id, controllerId);
    await swupdate.waitForInstalled();
    const newer = await operator.rollOut(controllerId, 'basic-2.0.swu');
    await untilPolled(controllerId, 3);
    actionsMeanwhile = await management.actions(controllerId);
    offeredMeanwhile = await offerTo(controllerId);
    explained = await management.explain(controllerId);
    await swupdate.reboot();
    first = await operator.untilState(assigned, 'confirmed');
    await operator.untilOffered(controllerId, newer);
    await swupdate.waitForInstalled();
    await swupdate.reboot();
    second = await operator.record(controllerId, newer);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('is not offered before the first is over', () => {
    expect(actionsMeanwhile.map(({ id }) => id)).toEqual([first.id]);
    expect(offeredMeanwhile).toBe(first.id);
    expect(explained.decision).toMatchObject({ kind: 'continue', actionId: first.id });
  });

  it('leaves the success of the first to the first', () => {
    expect(first).toMatchObject({ endedBy: 'device', previousVersion: '0.9', hasProof: true });
  });

  it('is installed in the end', () => {
    expect(second.action).toMatchObject({ state: 'confirmed', endedBy: 'device', previousVersion: '1.0' });
    expect(second.onStorage).toBe('2.0');
    expect(second.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(second.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  });
});

describe('a newer rollout, of a device that has still to boot what an older one brought', () => {
  const controllerId = 'outrun';
  let swupdate: SwupdateDevice;
  let outrun: ActionView;
  let first: Episode;
  let second: Episode;

  beforeAll(async () => {
    swupdate = await aDevice(controllerId);
    const older = await operator.rollOut(controllerId, 'basic-1.0.swu');
    await swupdate.waitForInstalled();
    const newer = await operator.rollOut(controllerId, 'basic-2.0.swu');
    outrun = await operator.untilEnded(controllerId, older);
    await swupdate.waitForInstalled();
    await swupdate.reboot();
    second = await operator.record(controllerId, newer);
    first = await operator.record(controllerId, older);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('asks it to give that up, which it does', () => {
    expect(outrun).toMatchObject({ state: 'cancelled', endedBy: 'cancel' });
    const answers = wire.matching(/^POST .*\/cancelAction\/\d+\/feedback$/);
    expect(answers.map(({ status }) => status)).toEqual([200]);
  });

  it('is counted for neither good nor bad in the older one', () => {
    expect(first.action).toMatchObject({ state: 'cancelled', isCorrected: false });
    expect(first.rollout).toMatchObject({ admitted: 1, devices: { cancelled: 1 } });
  });

  it('is installed at once, over what never ran', () => {
    expect(second.action).toMatchObject({ state: 'confirmed', endedBy: 'device', previousVersion: '0.9' });
    expect(second.onStorage).toBe('2.0');
    expect(second.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(second.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  });
});
