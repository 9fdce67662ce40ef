import { AssignmentsService } from '../../src/modules/updates/orders/assignments.service';
import { AttendanceService } from '../../src/modules/updates/sweeps/attendance.service';
import { DeadlineSweepService } from '../../src/modules/updates/sweeps/deadline-sweep.service';
import { DEFAULT_TERMS, type Action } from '../../src/modules/actions/action/action';
import { later } from '../support/at-time';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

jest.setTimeout(90_000);

/** Every action ends, whatever becomes of its device; and what the device says later still counts. */
describe('deadlines', () => {
  let rookery: TestRookery;
  let replica: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery();
    replica = await startRookery({ replicaOf: rookery });
    fleet = new Fleet(rookery);
  });
  afterAll(async () => {
    await replica.close();
    await rookery.close();
  });

  interface Scene {
    readonly device: DdiDevice;
    readonly rolloutId: string;
    readonly releaseId: string;
    readonly model: string;
    readonly actionId: string;
  }

  async function scene(): Promise<Scene> {
    const model = `late-${(next += 1)}`;
    const device = await fleet.registered(`${model}-a`, { board: model, sw_version: '1.0' });
    const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*` });
    const rolloutId = await fleet.rollout(releaseId, { name: model });
    return { device, rolloutId, releaseId, model, actionId: (await device.offered()) ?? '' };
  }

  async function timedOut(): Promise<Scene> {
    const one = await scene();
    await one.device.deployment(one.actionId);
    await one.device.feedback(one.actionId, 'proceeding');
    await sweep(26 * HOUR_MS);
    expect(await fleet.stateOf(one.actionId)).toBe('timed-out');
    return one;
  }

  const sweep = (byMs: number): Promise<number> =>
    later([rookery], byMs, () => rookery.app.get(DeadlineSweepService).sweep());
  const actionOf = (id: string): Promise<Action> => fleet.actions.get(fleet.actor, id);

  async function quietUntil({ device }: Scene): Promise<Date | null | undefined> {
    const [row] = await rookery.database.query<{ quiet_until: Date | null }>(
      'SELECT quiet_until FROM device WHERE tenant_id = 1 AND controller_id = $1',
      [device.controllerId],
    );
    return row?.quiet_until;
  }

  async function fileFor({ device, actionId }: Scene): Promise<{ sha256: string; href: string }> {
    const deployment = (await (await device.deployment(actionId)).json()) as {
      deployment: {
        chunks: { artifacts: { hashes: { sha256: string }; _links: { download: { href: string } } }[] }[];
      };
    };
    const artifact = deployment.deployment.chunks[0]?.artifacts[0];
    return { sha256: artifact?.hashes.sha256 ?? '', href: artifact?._links.download.href ?? '' };
  }

  /** The store cannot be reached for once. */
  async function unserved({ device }: Scene, href: string): Promise<void> {
    jest.spyOn(fleet.store, 'outlet').mockRejectedValueOnce(new Error('the disk is away'));
    expect((await device.request('GET', href)).status).toBeGreaterThanOrEqual(500);
  }

  async function expectCounted({ rolloutId }: Scene, taken: number): Promise<void> {
    const { devices } = await fleet.rollouts.get(fleet.actor, rolloutId);
    expect(devices).toEqual(await fleet.countedFromHistory(rolloutId));
    expect(await fleet.slots(rolloutId)).toEqual({ taken, open: taken });
  }

  it('an offer that nobody fetches lapses, and may be offered again', async () => {
    const one = await scene();
    await sweep(23 * HOUR_MS);
    expect(await fleet.stateOf(one.actionId)).toBe('offered');
    await sweep(26 * HOUR_MS);
    expect(await actionOf(one.actionId)).toMatchObject({
      state: 'lapsed',
      endedBy: 'server',
      failureKind: undefined,
      dueAt: undefined,
    });
    await expectCounted(one, 0);
    expect((await one.device.feedback(one.actionId, 'closed', 'failure')).status).toBe(200);
    expect(await fleet.stateOf(one.actionId)).toBe('lapsed');
    expect(await one.device.offered()).not.toBeUndefined();
  });

  it('a force outlives the offer that nobody fetched', async () => {
    const one = await scene();
    await one.device.update();
    await fleet.fleet.change(fleet.actor, one.device.controllerId, { force: one.releaseId });
    const forced = (await one.device.offered()) ?? '';
    expect(await actionOf(forced)).toMatchObject({ isForced: true });
    await sweep(26 * HOUR_MS);
    expect(await fleet.stateOf(forced)).toBe('lapsed');
    expect(await actionOf((await one.device.offered()) ?? '')).toMatchObject({
      isForced: true,
      state: 'offered',
    });
  });

  it('an assignment has longer, also in the queue', async () => {
    const model = `late-${(next += 1)}`;
    const device = await fleet.registered(`${model}-a`, { board: model });
    const releases = await Promise.all(
      ['5.0', '6.0'].map((version) => fleet.release(version, { name: model, compatibility: `${model}:*` })),
    );
    for (const releaseId of releases)
      await rookery.database.query(
        'UPDATE release SET is_required_step = true WHERE tenant_id = 1 AND id = $1',
        [releaseId],
      );
    const assignments = rookery.app.get(AssignmentsService);
    const ids: string[] = [];
    for (const releaseId of releases) {
      const controllerIds = [device.controllerId];
      const wish = { releaseId, controllerIds, terms: DEFAULT_TERMS, isInstalled: false };
      const { actions } = await assignments.assign(fleet.actor, wish);
      ids.push(actions[0]?.id ?? '');
    }
    await sweep(80 * DAY_MS);
    const states = (): Promise<string[]> => Promise.all(ids.map((id) => fleet.stateOf(id)));
    expect(await states()).toEqual(['offered', 'queued']);
    await sweep(95 * DAY_MS);
    expect(await states()).toEqual(['lapsed', 'lapsed']);
  });

  it('a device that falls silent times out, which is a failure, and is left alone for a while', async () => {
    const one = await timedOut();
    expect(await actionOf(one.actionId)).toMatchObject({ endedBy: 'server', failureKind: 'timed-out' });
    await expectCounted(one, 0);
    const until = await quietUntil(one);
    expect(until?.getTime()).toBeGreaterThan(Date.now() + 49 * HOUR_MS);
  });

  it('nobody times out while the server was away, nor for as long afterwards', async () => {
    const one = await scene();
    await one.device.deployment(one.actionId);
    await one.device.feedback(one.actionId, 'proceeding');
    const attend = (byMs: number): Promise<void> =>
      later([rookery], byMs, () => rookery.app.get(AttendanceService).note());
    await attend(22 * HOUR_MS);
    await attend(26 * HOUR_MS);
    await sweep(26 * HOUR_MS + 1000);
    expect(await fleet.stateOf(one.actionId)).toBe('downloading');
    await sweep(30 * HOUR_MS - 1000);
    expect(await fleet.stateOf(one.actionId)).toBe('downloading');
    await sweep(30 * HOUR_MS + 1000);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'timed-out', failureKind: 'timed-out' });
    await rookery.database.query('DELETE FROM attendance');
  });

  it('a device that goes on reporting is not silent, until the whole has taken too long', async () => {
    const one = await scene();
    await one.device.deployment(one.actionId);
    await one.device.feedback(one.actionId, 'proceeding');
    await rookery.database.query(
      `UPDATE action SET due_at = now() - interval '1 minute' WHERE tenant_id = 1 AND id = $1`,
      [one.actionId],
    );
    await sweep(0);
    const { state, dueAt } = await actionOf(one.actionId);
    expect([state, (dueAt?.getTime() ?? 0) > Date.now() + 23 * HOUR_MS]).toEqual(['downloading', true]);
    await rookery.database.query(
      `UPDATE action SET due_at = now() - interval '1 minute', give_up_at = now() - interval '1 hour'
        WHERE tenant_id = 1 AND id = $1`,
      [one.actionId],
    );
    await sweep(0);
    expect(await fleet.stateOf(one.actionId)).toBe('timed-out');
  });

  it('what was made before there were deadlines gets them', async () => {
    const [waiting, fetched] = [await scene(), await scene()];
    await fetched.device.deployment(fetched.actionId);
    await rookery.database.query('UPDATE action SET due_at = NULL, give_up_at = NULL WHERE tenant_id = 1');
    await sweep(0);
    const dates = (await Promise.all([waiting, fetched].map(({ actionId }) => actionOf(actionId)))).map(
      ({ dueAt, giveUpAt }) =>
        [dueAt, giveUpAt].map((at) => Math.floor(((at?.getTime() ?? 0) - Date.now()) / DAY_MS)),
    );
    expect(dates[0]?.[0]).toBeGreaterThanOrEqual(0);
    expect(dates[1]).toEqual([expect.any(Number), 6]);
    await sweep(26 * HOUR_MS);
    expect(await fleet.stateOf(waiting.actionId)).toBe('lapsed');
    expect(await fleet.stateOf(fetched.actionId)).toBe('timed-out');
  });

  it('a failure of a device that could not have its bytes is ours', async () => {
    const one = await scene();
    const { sha256, href } = await fileFor(one);
    await fleet.store.remove('1', sha256);
    expect((await one.device.request('GET', href)).status).toBe(410);
    await one.device.feedback(one.actionId, 'closed', 'failure');
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'failed', failureKind: 'server' });
  });

  it('so is the silence of one that could not have them', async () => {
    const one = await scene();
    const { href } = await fileFor(one);
    await unserved(one, href);
    await sweep(26 * HOUR_MS);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'timed-out', failureKind: 'server' });
    const rollout = await fleet.rollouts.get(fleet.actor, one.rolloutId);
    expect(rollout).toMatchObject({ state: 'paused', halt: { kind: 'server' } });
  });

  it('what a device does with bytes that it was given in the end is not', async () => {
    const one = await scene();
    const { href } = await fileFor(one);
    await unserved(one, href);
    expect((await one.device.request('GET', href)).status).toBe(200);
    await one.device.feedback(one.actionId, 'closed', 'failure');
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'failed', failureKind: 'device' });
  });

  it('a failure before anything was begun is a refusal', async () => {
    const [refused, failed] = [await scene(), await scene()];
    await refused.device.deployment(refused.actionId);
    await refused.device.feedback(refused.actionId, 'closed', 'failure');
    expect(await actionOf(refused.actionId)).toMatchObject({ failureKind: 'rejected' });
    await failed.device.update('failure');
    expect(await actionOf(failed.actionId)).toMatchObject({ failureKind: 'device' });
  });

  it('a cancel that is never answered is ended by the server, and the slot returns', async () => {
    const one = await scene();
    await one.device.deployment(one.actionId);
    await fleet.fleet.cancel(fleet.actor, one.actionId, false);
    await expectCounted(one, 1);
    await sweep(1.2 * HOUR_MS);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'cancelled', endedBy: 'server' });
    await expectCounted(one, 0);
    expect((await one.device.cancelFeedback(one.actionId, 'closed', 'success')).status).toBe(200);
  });

  it('a late success corrects the time-out, once, and the counters with it', async () => {
    const one = await timedOut();
    expect((await one.device.feedback(one.actionId, 'proceeding')).status).toBe(200);
    expect(await quietUntil(one)).toBeNull();
    expect((await one.device.feedback(one.actionId, 'closed', 'success')).status).toBe(200);
    expect(await actionOf(one.actionId)).toMatchObject({
      state: 'confirmed',
      isCorrected: true,
      failureKind: undefined,
    });
    await expectCounted(one, 0);
    for (const finished of ['success', 'failure'])
      expect((await one.device.feedback(one.actionId, 'closed', finished)).status).toBe(200);
    expect(await fleet.stateOf(one.actionId)).toBe('confirmed');
    await expectCounted(one, 0);
  });

  it('a late failure tells what it was', async () => {
    const one = await timedOut();
    expect((await one.device.feedback(one.actionId, 'closed', 'failure')).status).toBe(200);
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'failed', failureKind: 'device' });
    expect((await one.device.feedback(one.actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(one.actionId)).toBe('failed');
    await expectCounted(one, 0);
  });

  it('the version alone corrects a time-out, and ends the silence', async () => {
    const one = await timedOut();
    await one.device.configData({ sw_version: '2.0' });
    expect(await actionOf(one.actionId)).toMatchObject({ state: 'confirmed', isCorrected: true });
    expect(await quietUntil(one)).toBeNull();
    await expectCounted(one, 0);
  });

  it('a late success ends what was offered of the same release since', async () => {
    const one = await timedOut();
    await one.device.feedback(one.actionId, 'proceeding');
    await fleet.fleet.change(fleet.actor, one.device.controllerId, { force: one.releaseId });
    const again = (await one.device.offered()) ?? '';
    expect(again).not.toBe('');
    await one.device.feedback(one.actionId, 'closed', 'success');
    expect(await fleet.stateOf(one.actionId)).toBe('confirmed');
    expect(await fleet.stateOf(again)).toBe('cancelled');
    expect(await one.device.offered()).toBeUndefined();
  });

  it('a success that comes while the time-out is written counts once, whichever was first', async () => {
    const model = `late-${(next += 1)}`;
    const names = Array.from({ length: 30 }, (_unused, index) => `${model}-${index}`);
    const devices = await Promise.all(names.map((name) => fleet.registered(name, { board: model })));
    const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*` });
    const rolloutId = await fleet.rollout(releaseId, { name: model });
    const ids = await Promise.all(
      devices.map(async (device) => {
        const id = (await device.offered()) ?? '';
        await device.deployment(id);
        await device.feedback(id, 'proceeding');
        return id;
      }),
    );
    const both = [rookery, replica];
    const statuses = await later(both, 26 * HOUR_MS, async () => {
      const sweeps = both.map(({ app }) => app.get(DeadlineSweepService).sweep());
      const answers = devices.map((device, index) => device.feedback(ids[index] ?? '', 'closed', 'success'));
      const [reports] = await Promise.all([Promise.all(answers), Promise.all(sweeps)]);
      return new Set(reports.map(({ status }) => status));
    });
    expect([...statuses]).toEqual([200]);
    const { devices: counted } = await fleet.rollouts.get(fleet.actor, rolloutId);
    expect(counted).toMatchObject({ confirmed: 30 });
    expect(counted).toEqual(await fleet.countedFromHistory(rolloutId));
    expect(await fleet.slots(rolloutId)).toEqual({ taken: 0, open: 0 });
  });

  it('two replicas that sweep at once end each action once', async () => {
    const model = `late-${(next += 1)}`;
    const names = Array.from({ length: 150 }, (_unused, index) => `${model}-${index}`);
    const devices = await Promise.all(names.map((name) => fleet.registered(name, { board: model })));
    const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*` });
    const rolloutId = await fleet.rollout(releaseId, { name: model });
    await Promise.all(
      devices.map(async (device, index) => {
        const id = (await device.offered()) ?? '';
        if (index % 2 === 0) await device.deployment(id);
      }),
    );
    const both = [rookery, replica];
    await later(both, 26 * HOUR_MS, async () => {
      const rounds = both.map(({ app }) => app.get(DeadlineSweepService));
      for (let round = 0; round < 4; round += 1) await Promise.all(rounds.map((one) => one.sweep()));
    });
    const { devices: counted } = await fleet.rollouts.get(fleet.actor, rolloutId);
    expect(counted).toMatchObject({ lapsed: 75, 'timed-out': 75 });
    expect(counted).toEqual(await fleet.countedFromHistory(rolloutId));
    expect(await fleet.slots(rolloutId)).toEqual({ taken: 0, open: 0 });
    const [twice] = await rookery.database.query<{ most: number }>(
      `SELECT max(n)::int AS most FROM (SELECT count(*) AS n FROM action_log WHERE tenant_id = 1
          AND status IN ('lapsed', 'timed-out') GROUP BY action_id) AS ends`,
    );
    expect(twice?.most).toBe(1);
  });
});
