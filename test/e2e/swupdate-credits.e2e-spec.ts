import { eventually } from './support/eventually';
import { holdBack } from './support/hold-back';
import { FACTORY_VERSION, resetDevice } from './support/installed-image';
import { Management, type ActionView, type Explanation, type RolloutView } from './support/management';
import { NetworkLink } from './support/network-link';
import { deviceWords, Operator, type Episode } from './support/operator';
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

/** What makes a rollout count an update as a success. */
type Confirms = 'version' | 'report';

async function rollOut(
  controllerId: string,
  fixture: string,
  confirms: Confirms = 'version',
): Promise<RolloutView> {
  const release = await operator.release(controllerId, [fixture]);
  return operator.start(controllerId, release, { confirms });
}

async function change(settings: object): Promise<void> {
  await management.send('PATCH', '/tenant/settings', settings);
}

async function closeByForce(controllerId: string, older: RolloutView): Promise<void> {
  const { id } = await operator.actionOf(controllerId, older);
  await management.send('POST', `/actions/${id}/cancel`, { force: true });
}

async function untilGivenUp(controllerId: string, older: RolloutView): Promise<void> {
  const { id } = await operator.actionOf(controllerId, older);
  await operator.untilState(id, 'timed-out');
  await change({ deadlines: { silent: '1d' } });
  await eventually(async () => {
    const { decision } = await management.explain(controllerId);
    expect(decision.reason).not.toBe('quiet');
  });
}

/** It stores no action id, so it reports the success of 1.0 on what is on offer after its restart: 2.0. */
async function restartOntoTheNext(
  swupdate: SwupdateDevice,
  { controllerId, newer }: { controllerId: string; newer: RolloutView },
): Promise<Episode> {
  const held = holdBack(link, /^PUT \S+\/configData/);
  await swupdate.restart({ updateState: 'installed' });
  await held();
  return operator.record(controllerId, newer);
}

/** Lets the device show its version, and the update of the newer rollout happen for real. */
async function untilReallyInstalled(
  swupdate: SwupdateDevice,
  { controllerId, newer, credited }: { controllerId: string; newer: RolloutView; credited: Episode },
): Promise<Episode> {
  link.flow();
  await eventually(async () => {
    expect(await operator.actionOf(controllerId, newer)).not.toMatchObject({ id: credited.action.id });
  });
  await swupdate.waitForInstalled();
  await swupdate.reboot();
  await operator.untilReported(controllerId, '2.0');
  return operator.record(controllerId, newer);
}

/** How the first update ends while its device restarts, and how it stands in the end. */
interface Ending {
  readonly controllerId: string;
  readonly confirms: Confirms;
  readonly settings: object;
  readonly settingsAfter: object;
  readonly end: (controllerId: string, older: RolloutView) => Promise<void>;
  readonly first: object;
  readonly counted: object;
}

const CLOSED_BY_FORCE: Ending = {
  controllerId: 'forced',
  confirms: 'version',
  settings: {},
  settingsAfter: {},
  end: closeByForce,
  first: { state: 'cancelled', endedBy: 'server', isCorrected: false },
  counted: { cancelled: 1 },
};

const CLOSED_BELIEVED: Ending = { ...CLOSED_BY_FORCE, controllerId: 'believed', confirms: 'report' };

const SUPERSEDED: Ending = {
  controllerId: 'outrun',
  confirms: 'version',
  settings: { closesSuperseded: true },
  settingsAfter: { closesSuperseded: false },
  end: () => Promise.resolve(),
  first: { state: 'cancelled', endedBy: 'server', isCorrected: false },
  counted: { cancelled: 1 },
};

const GIVEN_UP: Ending = {
  controllerId: 'overdue',
  confirms: 'version',
  settings: { deadlines: { silent: '8s', quiet: '1s' } },
  settingsAfter: { deadlines: { silent: '1d', quiet: '1d' } },
  end: untilGivenUp,
  first: { state: 'confirmed', isCorrected: true },
  counted: { confirmed: 1 },
};

describe.each([
  ['was closed by force', CLOSED_BY_FORCE],
  ['was closed by force (and the rollouts believe reports)', CLOSED_BELIEVED],
  ['gave way to a newer rollout', SUPERSEDED],
  ['was given up', GIVEN_UP],
])('a success that comes after its action %s, when the next release is on offer', (_what, ending) => {
  const { controllerId, confirms } = ending;
  let swupdate: SwupdateDevice;
  let credited: Episode;
  let installed: Episode;
  let first: Episode;
  let disproved: readonly string[];
  let actions: readonly ActionView[];

  beforeAll(async () => {
    await change(ending.settings);
    swupdate = await aDevice(controllerId);
    const older = await rollOut(controllerId, 'basic-1.0.swu', confirms);
    await swupdate.waitForInstalled();
    await swupdate.stop();
    await ending.end(controllerId, older);
    const newer = await rollOut(controllerId, 'basic-2.0.swu', confirms);
    credited = await restartOntoTheNext(swupdate, { controllerId, newer });
    installed = await untilReallyInstalled(swupdate, { controllerId, newer, credited });
    first = await operator.record(controllerId, older);
    const log = await management.actionLog(credited.action.id);
    disproved = log.filter(({ status }) => status === 'disproved').flatMap(({ messages }) => messages);
    actions = await management.actions(controllerId);
  });

  afterAll(async () => {
    await change(ending.settingsAfter);
    await swupdate.stop();
    await link.close();
  });

  it('is reported on the next one, which was not even downloaded', () => {
    expect(deviceWords(credited)).toContain('Update Installed.');
    expect(wire.reportsOn(credited.action.id).map(({ status }) => status)).toEqual([200]);
    expect(credited.action).toMatchObject({ deviceVerdict: 'success', hasProof: false });
    expect(credited.action['awaitsVersion']).toBe(confirms === 'version');
    expect(credited.onStorage).toBe('1.0');
  });

  it('does not make that one succeed: it ends as if it had not been', () => {
    expect(credited.action).toMatchObject({ state: 'lapsed', endedBy: 'device' });
    expect(credited.rollout).toMatchObject({ admitted: 1, devices: { lapsed: 1 } });
    expect(credited.device['installedVersion']).not.toBe('2.0');
  });

  it('is explained: it has had its attempt, until the device shows what it runs', () => {
    expect(credited.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'exhausted' });
    expect(disproved).toEqual(['The device reports version 1.0.']);
  });

  it('is followed by the real update, which nobody has to ask for', () => {
    expect(installed.action.id).not.toBe(credited.action.id);
    expect(installed.action).toMatchObject({ state: 'confirmed', hasProof: true, previousVersion: '1.0' });
    expect(installed.onStorage).toBe('2.0');
    expect(installed.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(installed.explanation.decision).toMatchObject({ kind: 'nothing', reason: 'installed' });
  });

  it('leaves the first to what the version says of it', () => {
    expect(first.action).toMatchObject(ending.first);
    expect(first.rollout).toMatchObject({ admitted: 1, devices: ending.counted });
    expect(actions).toHaveLength(3);
  });
});

describe('a success on the next release, of a device that comes up with the version from before', () => {
  const controllerId = 'boastful';
  let swupdate: SwupdateDevice;
  let credited: Episode;
  let installed: Episode;

  beforeAll(async () => {
    swupdate = await aDevice(controllerId);
    const older = await rollOut(controllerId, 'basic-1.0.swu');
    await swupdate.waitForInstalled();
    await swupdate.stop();
    await closeByForce(controllerId, older);
    const newer = await rollOut(controllerId, 'basic-2.0.swu');
    await resetDevice();
    credited = await restartOntoTheNext(swupdate, { controllerId, newer });
    installed = await untilReallyInstalled(swupdate, { controllerId, newer, credited });
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('does not make that one succeed', () => {
    expect(credited.action).toMatchObject({ state: 'lapsed', endedBy: 'device', hasProof: false });
    expect(credited.rollout).toMatchObject({ admitted: 1, devices: { lapsed: 1 } });
    expect(credited.onStorage).toBe(FACTORY_VERSION);
  });

  it('is followed by the real update, which nobody has to ask for', () => {
    expect(installed.action).toMatchObject({ state: 'confirmed', hasProof: true, previousVersion: '0.9' });
    expect(installed.onStorage).toBe('2.0');
    expect(installed.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
  });
});

describe('an offer that turns into a cancel between two questions of the device', () => {
  const controllerId = 'skipping';
  let swupdate: SwupdateDevice;
  let cancelling: ActionView;
  let skipped: Episode;
  let later: Explanation;
  let next: Episode;

  beforeAll(async () => {
    swupdate = await aDevice(controllerId);
    const fetches = holdBack(link, /^GET \S+\/deploymentBase\//);
    const older = await rollOut(controllerId, 'basic-1.0.swu');
    await fetches();
    // It asks all of it twice before it installs.
    const asksAgain = holdBack(link, new RegExp(`^GET \\S+/controller/v1/${controllerId} `));
    link.flow();
    await asksAgain();
    cancelling = await management.cancelAction((await operator.actionOf(controllerId, older)).id);
    link.flow();
    skipped = await operator.record(controllerId, older);
    await wire.untilMore(() => wire.pollsOf(controllerId), 3);
    later = await management.explain(controllerId);
    const newer = await rollOut(controllerId, 'basic-2.0.swu');
    await swupdate.waitForInstalled();
    await swupdate.reboot();
    next = await operator.record(controllerId, newer);
  });

  afterAll(async () => {
    await swupdate.stop();
    await link.close();
  });

  it('is called a success by the device, which has installed nothing', () => {
    expect(cancelling.state).toBe('cancelling');
    expect(deviceWords(skipped)).toContain('Skipped Update.');
    expect(wire.reportsOn(cancelling.id).map(({ status }) => status)).toContain(200);
    expect(skipped.onStorage).toBe(FACTORY_VERSION);
  });

  it('ends as cancelled, and counts as that', () => {
    expect(skipped.action).toMatchObject({ state: 'cancelled', endedBy: 'cancel', hasProof: false });
    expect(skipped.rollout).toMatchObject({ admitted: 1, devices: { cancelled: 1 } });
    expect(skipped.device).toMatchObject({ installedVersion: FACTORY_VERSION });
  });

  it('is not offered again', () => {
    expect(later.decision.kind).toBe('nothing');
  });

  it('does not keep the next release from being installed', () => {
    expect(next.action).toMatchObject({ state: 'confirmed', hasProof: true, previousVersion: '0.9' });
    expect(next.rollout).toMatchObject({ admitted: 1, devices: { confirmed: 1 } });
    expect(next.onStorage).toBe('2.0');
  });
});
