import { RolloutRoomService } from '../../src/modules/rollouts/gates/rollout-room.service';
import { DEFAULT_TENANT_SETTINGS } from '../../src/modules/tenants/tenant-settings';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** Sequences of events that went wrong once, or nearly did. */
describe('hard cases', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const aModel = (): string => `kind-${(next += 1)}`;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  interface Scene {
    readonly device: DdiDevice;
    readonly rolloutId: string;
    readonly actionId: string;
    readonly model: string;
  }

  /** A device of a kind of its own that is offered version 2.0. */
  async function scene(attributes: Record<string, string> = {}): Promise<Scene> {
    const model = aModel();
    const device = await fleet.registered(`${model}-a`, { board: model, ...attributes });
    const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*` });
    const rolloutId = await fleet.rollout(releaseId, { name: model });
    return { device, rolloutId, actionId: (await device.offered()) ?? '', model };
  }

  async function installed(device: DdiDevice): Promise<unknown> {
    const [row] = await rookery.database.query<{ installed_version: string; is_version_reported: boolean }>(
      'SELECT installed_version, is_version_reported FROM device WHERE tenant_id = 1 AND controller_id = $1',
      [device.controllerId],
    );
    return [row?.installed_version, row?.is_version_reported];
  }

  it('attributes without a version leave the version alone that the last update brought', async () => {
    const { device, model } = await scene({ sw_version: '1.0' });
    await device.update();
    expect(await installed(device)).toEqual(['2.0', false]);
    await device.configData({ uptime: '5' });
    expect(await installed(device)).toEqual(['2.0', false]);
    const lower = await fleet.release('1.5', { name: model, compatibility: `${model}:*` });
    await fleet.rollout(lower, { name: `${model} low`, priority: 9 });
    expect(await device.offered()).toBeUndefined();
    await device.configData({ sw_version: '2.0' });
    expect(await installed(device)).toEqual(['2.0', true]);
  });

  it('a late success of an older action does not overwrite what a newer one installed', async () => {
    const { device, model, actionId } = await scene();
    await device.deployment(actionId);
    await device.feedback(actionId, 'proceeding');
    await fleet.fleet.cancel(fleet.actor, actionId, true);
    const higher = await fleet.release('3.0', { name: model, compatibility: `${model}:*` });
    await fleet.rollout(higher, { name: `${model} high`, priority: 9 });
    await device.update();
    await device.configData({ sw_version: '3.0' });
    expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('confirmed');
    expect(await installed(device)).toEqual(['3.0', true]);
  });

  it('a removed release does not keep its device from reporting', async () => {
    const { device, rolloutId, actionId } = await scene();
    const { releaseId } = await fleet.actions.get(fleet.actor, actionId);
    await device.feedback(actionId, 'proceeding');
    await device.feedback(actionId, 'closed', 'success');
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'close');
    await fleet.releases.remove(fleet.actor, releaseId);
    expect((await device.configData({ sw_version: '9.9' })).status).toBe(200);
    expect(Object.keys((await device.poll())._links ?? {})).toEqual(['installedBase']);
  });

  it('more devices than connections prove their version at once', async () => {
    const model = aModel();
    const names = Array.from({ length: 40 }, (_unused, index) => `${model}-${index}`);
    const devices = await Promise.all(names.map((name) => fleet.registered(name, { board: model })));
    await fleet.rollout(await fleet.release('2.0', { name: model, compatibility: `${model}:*` }), {
      name: model,
    });
    await Promise.all(devices.map((device) => device.offered()));
    const answers = await Promise.all(devices.map((device) => device.configData({ sw_version: '2.0' })));
    expect(answers.map((answer) => answer.status)).toEqual(names.map(() => 200));
  });

  const UNPACED = { inFlightCap: undefined, offersPerMinute: undefined, ramp: undefined };

  it('lanes that are only being taken do not count as full', async () => {
    const { rolloutId } = await scene();
    const room = rookery.app.get(RolloutRoomService);
    const entry = {
      ...{ tenantId: '1', rolloutId, deviceId: '0', wave: 1, minute: 0, pace: UNPACED },
      most: { ofRollout: false, ofWave: false },
    };
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holder = rookery.database.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM rollout_lane WHERE tenant_id = 1 AND rollout_id = $1 FOR UPDATE', [
        rolloutId,
      ]);
      await held;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const taking = rookery.database.transaction((tx) => room.enter(tx, entry));
    await new Promise((resolve) => setTimeout(resolve, 100));
    release();
    await holder;
    expect(await taking).toEqual(expect.any(Number));
  });

  it('a full log keeps neither the file from its device nor the end from the log', async () => {
    const { device, actionId } = await scene();
    const deployment = (await (await device.deployment(actionId)).json()) as {
      deployment: { chunks: { artifacts: { _links: { download: { href: string } } }[] }[] };
    };
    const href = deployment.deployment.chunks[0]?.artifacts[0]?._links.download.href ?? '';
    await device.feedback(actionId, 'proceeding');
    await rookery.database.query('UPDATE action SET log_count = $2 WHERE tenant_id = 1 AND id = $1', [
      actionId,
      DEFAULT_TENANT_SETTINGS.quotas.logEntries,
    ]);
    expect((await device.feedback(actionId, 'proceeding')).status).toBe(429);
    const download = await device.request('GET', href);
    expect([download.status, (await download.text()).length > 0]).toEqual([200, true]);
    expect((await device.feedback(actionId, 'closed', 'failure')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('failed');
  });

  it('bytes that are gone are a 410, not a broken connection', async () => {
    const { device, actionId } = await scene();
    const deployment = (await (await device.deployment(actionId)).json()) as {
      deployment: {
        chunks: { artifacts: { hashes: { sha256: string }; _links: { download: { href: string } } }[] }[];
      };
    };
    const artifact = deployment.deployment.chunks[0]?.artifacts[0];
    await fleet.store.remove('1', artifact?.hashes.sha256 ?? '');
    expect((await device.request('GET', artifact?._links.download.href ?? '')).status).toBe(410);
  });

  it('what an operator cancelled is not offered again at the next poll', async () => {
    const { device, actionId } = await scene();
    await fleet.fleet.cancel(fleet.actor, actionId, false);
    await device.cancelFeedback(actionId, 'closed', 'success');
    expect(await fleet.stateOf(actionId)).toBe('cancelled');
    expect(await device.offered()).toBeUndefined();
    expect((await device.deployment(actionId)).status).toBe(404);
  });

  it('a device that skips for a cancel is no success, however much it reported before', async () => {
    const { device, actionId } = await scene();
    await device.deployment(actionId);
    await device.feedback(actionId, 'proceeding');
    await fleet.fleet.cancel(fleet.actor, actionId, false);
    await device.feedback(actionId, 'closed', 'success', ['Skipped Update.']);
    expect(await fleet.stateOf(actionId)).toBe('cancelled');
    expect(await installed(device)).toEqual(['0.9', true]);
    expect((await device.deployment(actionId)).status).toBe(404);
  });

  it('a removed device that comes back may finish telling about its former life', async () => {
    const { device, actionId } = await scene();
    await device.deployment(actionId);
    await fleet.fleet.remove(fleet.actor, device.controllerId);
    await device.poll();
    expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('cancelled');
  });

  it('a late success ends what is open for the same release', async () => {
    const { device, actionId } = await scene();
    await device.deployment(actionId);
    await device.feedback(actionId, 'proceeding');
    await fleet.fleet.cancel(fleet.actor, actionId, true);
    const { releaseId } = await fleet.actions.get(fleet.actor, actionId);
    await fleet.fleet.change(fleet.actor, device.controllerId, { force: releaseId });
    const again = (await device.offered()) ?? '';
    await device.deployment(again);
    await device.feedback(actionId, 'closed', 'success');
    expect([await fleet.stateOf(actionId), await fleet.stateOf(again)]).toEqual(['confirmed', 'cancelled']);
    expect(await device.offered()).toBeUndefined();
  });

  it('hardware found wrong is asked to cancel once, not at every poll', async () => {
    const { device, actionId } = await scene();
    await device.deployment(actionId);
    await device.configData({ board: 'another' });
    expect((await device.poll())._links?.cancelAction).toBeDefined();
    await device.cancelFeedback(actionId, 'rejected', 'success');
    expect((await device.poll())._links?.cancelAction).toBeUndefined();
    const log = await fleet.actions.log(fleet.actor, actionId, 0, 1000);
    expect(log.filter((entry) => entry.status === 'cancelling')).toHaveLength(1);
  });
});
