import { lockRolloutExclusive } from '../../src/platform/database/locks';
import { DeadlineSweepService } from '../../src/modules/updates/sweeps/deadline-sweep.service';
import type { Client } from '../../src/modules/devices/device/client';
import { later } from '../support/at-time';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { aWaitFor } from '../support/lock-waits';
import { startRookery, type TestRookery } from '../support/rookery-app';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What a device has to show before its update counts, over the wire. */
describe('an update that the version has to prove', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  interface Scene {
    readonly device: DdiDevice;
    readonly rolloutId: string;
    readonly releaseId: string;
    readonly model: string;
    readonly actionId: string;
  }

  /** A device of a kind of its own that runs 1.0 and is offered 2.0. */
  async function scene(client: Client, attributes: Record<string, string> = {}): Promise<Scene> {
    const model = `boot-${(next += 1)}`;
    const device = await fleet.registered(`${model}-a`, { board: model, sw_version: '1.0', ...attributes });
    await fleet.fleet.change(fleet.actor, device.controllerId, { client });
    const releaseId = await fleet.release('2.0', {
      name: model,
      compatibility: `${model}:*`,
      fileName: `${model}.${client === 'swupdate' ? 'swu' : 'bin'}`,
    });
    const rolloutId = await rolloutOf(releaseId, model);
    return { device, rolloutId, releaseId, model, actionId: (await device.offered()) ?? '' };
  }

  async function rolloutOf(releaseId: string, name: string, wish: object = {}): Promise<string> {
    const rolloutId = await fleet.rollout(releaseId, { name, ...wish });
    await rookery.database.query(`UPDATE rollout SET confirms = 'version' WHERE tenant_id = 1 AND id = $1`, [
      rolloutId,
    ]);
    await rookery.database.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1');
    return rolloutId;
  }

  async function succeeds({ device, actionId }: Scene): Promise<void> {
    await device.deployment(actionId);
    await device.feedback(actionId, 'proceeding');
    expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
  }

  const sweep = (byMs: number): Promise<number> =>
    later([rookery], byMs, () => rookery.app.get(DeadlineSweepService).sweep());
  const asksAt = (device: DdiDevice, byMs: number): Promise<boolean> =>
    later([rookery], byMs, async () => (await device.poll())._links?.configData !== undefined);
  const actionOf = (id: string): ReturnType<Fleet['actions']['get']> => fleet.actions.get(fleet.actor, id);

  async function deviceRow({ device }: Scene): Promise<Record<string, unknown> | undefined> {
    const [row] = await rookery.database.query<Record<string, unknown>>(
      `SELECT installed_version, installed_release_id, installed_action_id, changed_by_rollout_id, quiet_until, ask_at,
              (SELECT max(attempts) FROM device_attempt x WHERE x.device_id = d.id AND x.tenant_id = d.tenant_id) AS attempts
         FROM device d WHERE tenant_id = 1 AND controller_id = $1`,
      [device.controllerId],
    );
    return row;
  }

  async function expectCounted({ rolloutId }: Scene, taken: number): Promise<void> {
    const { devices } = await fleet.rollouts.get(fleet.actor, rolloutId);
    expect(devices).toEqual(await fleet.countedFromHistory(rolloutId));
    expect(await fleet.slots(rolloutId)).toEqual({ taken, open: taken });
  }

  it('is closed on the wire by the success, keeps its slot, and counts with the version', async () => {
    const one = await scene('rauc');
    await succeeds(one);
    expect(await fleet.stateOf(one.actionId)).toBe('installed');
    await expectCounted(one, 1);
    const links = (await one.device.poll())._links as Record<string, { href: string }>;
    expect(Object.keys(links).sort()).toEqual(['configData', 'installedBase']);
    expect(links['installedBase']?.href).toMatch(new RegExp(`/installedBase/${one.actionId}$`));
    expect((await one.device.request('GET', `/installedBase/${one.actionId}`)).status).toBe(200);
    expect((await one.device.configData({ sw_version: '2.0' })).status).toBe(200);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'confirmed', endedBy: 'device' });
    expect(await deviceRow(one)).toMatchObject({
      installed_version: '2.0',
      changed_by_rollout_id: one.rolloutId,
      ask_at: null,
      attempts: 1,
    });
    await expectCounted(one, 0);
  });

  it('takes the success again and what its log still says', async () => {
    const one = await scene('rauc');
    await succeeds(one);
    expect((await one.device.feedback(one.actionId, 'closed', 'success')).status).toBe(200);
    expect((await one.device.feedback(one.actionId, 'proceeding')).status).toBe(200);
    expect(await fleet.stateOf(one.actionId)).toBe('installed');
    expect((await one.device.feedback(one.actionId, 'closed', 'failure')).status).toBe(200);
    expect((await one.device.feedback(one.actionId, 'closed', 'failure')).status).toBe(200);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'failed', failureKind: 'rolled-back' });
  });

  it.each(['rauc', 'esp', 'unknown'] as const)(
    '%s may show the version from before for a while',
    async (client) => {
      const one = await scene(client);
      await succeeds(one);
      await one.device.configData({ sw_version: '1.0' });
      await one.device.configData({ sw_version: '1.0' });
      expect(await fleet.stateOf(one.actionId)).toBe('installed');
      await one.device.configData({ sw_version: '2.0' });
      expect(await fleet.stateOf(one.actionId)).toBe('confirmed');
    },
  );

  it.each(['rauc', 'swupdate', 'esp'] as const)(
    '%s is rolled back when it shows a third version',
    async (client) => {
      const one = await scene(client);
      await succeeds(one);
      await one.device.configData({ sw_version: '1.5' });
      expect(await actionOf(one.actionId)).toMatchObject({
        state: 'failed',
        failureKind: 'rolled-back',
        endedBy: 'server',
      });
      expect(await deviceRow(one)).toMatchObject({ changed_by_rollout_id: null, installed_release_id: null });
      await expectCounted(one, 0);
    },
  );

  it('SWUpdate is rolled back when it starts with the version from before', async () => {
    const one = await scene('swupdate');
    await succeeds(one);
    expect((await one.device.poll())._links).toEqual({ installedBase: expect.anything() });
    await one.device.configData({ sw_version: '1.0' });
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'failed', failureKind: 'rolled-back' });
    expect(await one.device.offered()).toBeUndefined();
  });

  it("SWUpdate's answer to a question may be from before", async () => {
    const one = await scene('swupdate');
    await succeeds(one);
    expect(await asksAt(one.device, 10 * MINUTE_MS)).toBe(false);
    expect(await asksAt(one.device, 16 * MINUTE_MS)).toBe(true);
    await one.device.configData({ sw_version: '1.0' });
    expect(await fleet.stateOf(one.actionId)).toBe('installed');
    await one.device.configData({ sw_version: '2.0' });
    expect(await fleet.stateOf(one.actionId)).toBe('confirmed');
  });

  it('is asked for again and again, less and less often, and never at two polls running', async () => {
    const one = await scene('rauc');
    await succeeds(one);
    await one.device.configData({ sw_version: '1.0' });
    const shown: number[] = [];
    for (let minute = 0; minute <= 40; minute += 1)
      if (await asksAt(one.device, minute * MINUTE_MS)) shown.push(minute);
    const gaps = shown.slice(1).map((minute, index) => minute - (shown[index] ?? 0));
    expect(shown.length).toBeGreaterThan(3);
    expect(gaps.every((gap, index) => gap >= 2 && gap >= (gaps[index - 1] ?? 0))).toBe(true);
    const before = await deviceRow(one);
    await one.device.poll();
    expect(await deviceRow(one)).toEqual(before);
  });

  it('is rolled back when nothing shows it in time, and a success all the same when something does later', async () => {
    const one = await scene('rauc');
    await succeeds(one);
    await sweep(5 * HOUR_MS);
    expect(await fleet.stateOf(one.actionId)).toBe('installed');
    await sweep(7 * HOUR_MS);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'failed', failureKind: 'rolled-back' });
    await expectCounted(one, 0);
    await one.device.configData({ sw_version: '2.0' });
    expect(await actionOf(one.actionId)).toMatchObject({
      state: 'confirmed',
      isCorrected: true,
      failureKind: undefined,
    });
    expect(await deviceRow(one)).toMatchObject({
      installed_version: '2.0',
      changed_by_rollout_id: one.rolloutId,
    });
    await expectCounted(one, 0);
  });

  it('a late success has to be shown as well, and is asked for it', async () => {
    const one = await scene('rauc');
    await one.device.deployment(one.actionId);
    await one.device.feedback(one.actionId, 'proceeding');
    await sweep(26 * HOUR_MS);
    expect(await fleet.stateOf(one.actionId)).toBe('timed-out');
    expect((await one.device.feedback(one.actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(one.actionId)).toBe('timed-out');
    expect((await one.device.poll())._links).toHaveProperty('configData');
    await one.device.configData({ sw_version: '2.0' });
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'confirmed', isCorrected: true });
    await expectCounted(one, 0);
  });

  it('does not ask RAUC to give up what it has closed', async () => {
    const one = await scene('rauc');
    await succeeds(one);
    await fleet.fleet.cancel(fleet.actor, one.actionId, false);
    expect(await fleet.stateOf(one.actionId)).toBe('cancelled');
    expect((await one.device.poll())._links).not.toHaveProperty('cancelAction');
    await one.device.configData({ sw_version: '2.0' });
    expect(await fleet.stateOf(one.actionId)).toBe('confirmed');
    await expectCounted(one, 0);
  });

  describe('by the name that the device says it runs', () => {
    const says = async ({ device, model }: Scene, version: string): Promise<number> => {
      const body = JSON.stringify({ name: model, version });
      return (await device.request('PUT', '/installedBase', { body })).status;
    };

    it('is proven once it is installed', async () => {
      const one = await scene('rauc');
      await succeeds(one);
      expect(await says(one, '2.0')).toBe(200);
      expect(await fleet.stateOf(one.actionId)).toBe('confirmed');
    });

    it('is proven before the device has closed it, and counts as a success', async () => {
      const one = await scene('rauc');
      await one.device.deployment(one.actionId);
      await one.device.feedback(one.actionId, 'proceeding');
      expect(await says(one, '2.0')).toBe(201);
      expect(await fleet.stateOf(one.actionId)).toBe('confirmed');
      expect(await deviceRow(one)).toMatchObject({
        installed_version: '2.0',
        installed_action_id: one.actionId,
        changed_by_rollout_id: one.rolloutId,
        attempts: 1,
      });
      await expectCounted(one, 0);
      expect((await one.device.feedback(one.actionId, 'closed', 'success')).status).toBe(200);
      expect(await says(one, '2.0')).toBe(200);
      const history = await rookery.database.query(
        'SELECT id FROM action WHERE tenant_id = 1 AND controller_id = $1',
        [one.device.controllerId],
      );
      expect(history).toEqual([{ id: one.actionId }]);
    });

    it('is proven after it was given up, once', async () => {
      const one = await scene('rauc');
      await one.device.deployment(one.actionId);
      await sweep(26 * HOUR_MS);
      expect(await fleet.stateOf(one.actionId)).toBe('timed-out');
      expect(await says(one, '2.0')).toBe(201);
      expect(await actionOf(one.actionId)).toMatchObject({ state: 'confirmed', isCorrected: true });
      expect(await says(one, '2.0')).toBe(200);
      await expectCounted(one, 0);
    });

    it('keeps whose update it was, also when a newer one is on offer', async () => {
      const one = await scene('swupdate');
      await one.device.feedback(one.actionId, 'closed', 'success');
      expect(await fleet.stateOf(one.actionId)).toBe('lapsed');
      const name = `${one.model} newer`;
      const newer = await fleet.release('3.0', {
        ...{ name: one.model, compatibility: `${one.model}:*`, fileName: `${one.model}.swu` },
      });
      await rolloutOf(newer, name, { priority: 9 });
      expect(await one.device.offered()).not.toBe(one.actionId);
      await says(one, '2.0');
      expect(await actionOf(one.actionId)).toMatchObject({ state: 'confirmed', isCorrected: true });
      expect(await deviceRow(one)).toMatchObject({
        installed_action_id: one.actionId,
        changed_by_rollout_id: one.rolloutId,
      });
    });

    it('ends the silence after a time-out', async () => {
      const one = await scene('rauc');
      await one.device.deployment(one.actionId);
      await sweep(26 * HOUR_MS);
      expect(await deviceRow(one)).toMatchObject({ quiet_until: expect.any(Date) as Date });
      await says(one, '2.0');
      expect(await deviceRow(one)).toMatchObject({ quiet_until: null });
    });

    it('is not proven by what ran before it', async () => {
      const one = await scene('rauc');
      await succeeds(one);
      await one.device.configData({ sw_version: '2.0' });
      await fleet.fleet.change(fleet.actor, one.device.controllerId, { force: one.releaseId });
      const again = (await one.device.offered()) ?? '';
      await one.device.deployment(again);
      await one.device.feedback(again, 'proceeding');
      expect(await says(one, '2.0')).toBe(200);
      expect(await fleet.stateOf(again)).toBe('downloading');
    });
  });

  it('a version that makes a failure waits for the rollout before it holds the device', async () => {
    const one = await scene('rauc');
    await succeeds(one);
    const { database } = rookery;
    let told: Promise<Response> | undefined;
    await database.transaction(async (tx) => {
      await lockRolloutExclusive(tx, one.rolloutId);
      told = one.device.configData({ sw_version: '1.5' });
      await aWaitFor(rookery, 'pg_advisory_xact_lock(');
      const free = await database.query(
        'SELECT 1 FROM device WHERE tenant_id = 1 AND controller_id = $1 FOR UPDATE SKIP LOCKED',
        [one.device.controllerId],
      );
      expect(free).toHaveLength(1);
    });
    expect((await told)?.status).toBe(200);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'failed', failureKind: 'rolled-back' });
    await expectCounted(one, 0);
  });

  it('a device that never told its version is believed', async () => {
    const model = `boot-${(next += 1)}`;
    const device = fleet.device(`${model}-a`);
    await device.poll();
    await device.configData({ board: model });
    const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*` });
    await rolloutOf(releaseId, model);
    expect(await fleet.stateOf(await device.update())).toBe('confirmed');
  });

  /** SWUpdate reports on what is on offer after its restart: the next update, which it has not even fetched. */
  async function credited(one: Scene): Promise<string> {
    const newer = await fleet.release('3.0', {
      name: one.model,
      compatibility: `${one.model}:*`,
      fileName: `${one.model}.swu`,
    });
    await rolloutOf(newer, `${one.model} newer`, { priority: 9 });
    const second = (await one.device.offered()) ?? '';
    expect((await one.device.feedback(second, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(second)).toBe('lapsed');
    expect(await one.device.offered()).toBeUndefined();
    return second;
  }

  it('the success of one update, credited to the next, costs that one no attempt', async () => {
    const one = await scene('swupdate');
    await one.device.deployment(one.actionId);
    await one.device.feedback(one.actionId, 'proceeding');
    await fleet.fleet.cancel(fleet.actor, one.actionId, true);
    const second = await credited(one);
    await one.device.configData({ sw_version: '2.0' });
    expect(await fleet.stateOf(second)).toBe('lapsed');
    // It never ran it, so that is not what it would go back to.
    expect(await deviceRow(one)).toMatchObject({ installed_release_id: null, changed_by_rollout_id: null });
    const third = (await one.device.offered()) ?? '';
    expect(Number(third)).toBeGreaterThan(Number(second));
    await one.device.feedback(third, 'closed', 'success');
    await one.device.configData({ sw_version: '2.0' });
    expect(await one.device.offered()).toBeUndefined();
  });

  it('nor does it when the device comes up with the version from before', async () => {
    const one = await scene('swupdate');
    await one.device.deployment(one.actionId);
    await one.device.feedback(one.actionId, 'proceeding');
    await fleet.fleet.cancel(fleet.actor, one.actionId, true);
    const second = await credited(one);
    // It is not asked: what it sends by itself says what came up.
    expect((await one.device.poll())._links).not.toHaveProperty('configData');
    await one.device.configData({ sw_version: '1.0' });
    expect(await fleet.stateOf(second)).toBe('lapsed');
    expect(Number(await one.device.offered())).toBeGreaterThan(Number(second));
  });

  it('what was given up is proven by the version, also when its success was credited to the next', async () => {
    const one = await scene('swupdate');
    await one.device.deployment(one.actionId);
    await one.device.feedback(one.actionId, 'proceeding');
    await sweep(26 * HOUR_MS);
    expect(await fleet.stateOf(one.actionId)).toBe('timed-out');
    await one.device.feedback(one.actionId, 'proceeding');
    const second = await credited(one);
    await one.device.configData({ sw_version: '2.0' });
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'confirmed', isCorrected: true });
    expect(await fleet.stateOf(second)).toBe('lapsed');
    await expectCounted(one, 0);
    expect(Number(await one.device.offered())).toBeGreaterThan(Number(second));
  });
});
