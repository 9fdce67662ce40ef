import { DEFAULT_TERMS, type ActionTerms } from '../../src/modules/actions/action/action';
import { AssignmentsService } from '../../src/modules/updates/orders/assignments.service';
import { InvalidationsService } from '../../src/modules/updates/orders/invalidations.service';
import { QueueSweepService } from '../../src/modules/updates/sweeps/queue-sweep.service';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** An operator gives devices a release directly (hawkBit's assignments), whatever their mode. */
describe('assignments', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const anId = (): string => `assigned-${(next += 1)}`;
  const aVersion = (): string => `${(next += 1)}.0`;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  async function assign(
    releaseId: string,
    devices: readonly DdiDevice[],
    terms: Partial<ActionTerms> = {},
  ): Promise<string[]> {
    const outcome = await rookery.app.get(AssignmentsService).assign(fleet.actor, {
      releaseId,
      controllerIds: devices.map((device) => device.controllerId),
      terms: { ...DEFAULT_TERMS, ...terms },
      isInstalled: false,
    });
    return outcome.actions.map((action) => action.id);
  }

  /** A release that later ones queue behind. */
  async function aStep(): Promise<string> {
    const id = await fleet.release(aVersion());
    await rookery.database.execute('UPDATE release SET is_required_step = true WHERE id = $1', [id]);
    return id;
  }

  it('give each device an action at once, and the same again counts as assigned', async () => {
    const [one, two] = [await fleet.registered(anId()), await fleet.registered(anId())];
    const release = await fleet.release(aVersion());
    const made = await assign(release, [one, two]);
    expect(made).toHaveLength(2);
    expect([await one.offered(), await two.offered()].sort()).toEqual([...made].sort());
    expect(await assign(release, [one, two])).toEqual([]);
  });

  it('make none when one of the devices is unknown', async () => {
    const device = await fleet.registered(anId());
    const release = await fleet.release(aVersion());
    await expect(assign(release, [device, fleet.device('nobody')])).rejects.toThrow('nobody');
    expect(await device.offered()).toBeUndefined();
  });

  it('cancel what was assigned before; the newer one comes when the device has given it up', async () => {
    const device = await fleet.registered(anId());
    const [older] = await assign(await fleet.release(aVersion()), [device]);
    const [newer] = await assign(await fleet.release(aVersion()), [device]);
    expect((await device.poll())._links).toMatchObject({
      cancelAction: { href: `${device.url}/cancelAction/${older}` },
    });
    expect(await fleet.stateOf(newer ?? '')).toBe('queued');
    await device.cancelFeedback(older ?? '', 'closed', 'success');
    expect(await device.offered()).toBe(newer);
    expect(await fleet.stateOf(newer ?? '')).toBe('offered');
  });

  it('D12: queue behind required steps and come one after the other', async () => {
    const device = await fleet.registered(anId());
    const releases = [await aStep(), await aStep(), await aStep()];
    const actions: string[] = [];
    for (const release of releases) actions.push(...(await assign(release, [device])));
    for (const action of actions) {
      expect(await device.offered()).toBe(action);
      expect((await device.deployment(action)).status).toBe(200);
      expect((await device.feedback(action, 'proceeding')).status).toBe(200);
      expect((await device.feedback(action, 'closed', 'success')).status).toBe(200);
    }
    expect(await device.offered()).toBeUndefined();
    expect(await Promise.all(actions.map((id) => fleet.stateOf(id)))).toEqual(actions.map(() => 'confirmed'));
  });

  it('hide a queued action from its device until its turn has come', async () => {
    const device = await fleet.registered(anId());
    const [first] = await assign(await aStep(), [device]);
    const [second = ''] = await assign(await aStep(), [device]);
    expect((await device.deployment(second)).status).toBe(404);
    expect((await device.feedback(second, 'proceeding')).status).toBe(404);
    expect(await device.offered()).toBe(first);
  });

  it('end a queued action that is cancelled at once, and never show it', async () => {
    const device = await fleet.registered(anId());
    const [first = ''] = await assign(await aStep(), [device]);
    const [second = ''] = await assign(await aStep(), [device]);
    await fleet.fleet.cancel(fleet.actor, second, false);
    expect(await fleet.stateOf(second)).toBe('cancelled');
    await device.deployment(first);
    await device.feedback(first, 'proceeding');
    await device.feedback(first, 'closed', 'success');
    expect(await device.offered()).toBeUndefined();
  });

  it('let the heavier one go first while the lighter was not fetched', async () => {
    const device = await fleet.registered(anId());
    const [light] = await assign(await aStep(), [device], { weight: 10 });
    const [heavy = ''] = await assign(await aStep(), [device], { weight: 500 });
    const [middle] = await assign(await aStep(), [device], { weight: 100 });
    expect(await device.offered()).toBe(heavy);
    await device.deployment(heavy);
    const [late] = await assign(await aStep(), [device], { weight: 900 });
    expect(await device.offered()).toBe(heavy);
    for (const expected of [heavy, late, middle, light]) {
      expect(await device.offered()).toBe(expected);
      await device.deployment(expected ?? '');
      await device.feedback(expected ?? '', 'proceeding');
      await device.feedback(expected ?? '', 'closed', 'success');
    }
  });

  it('hold what a pinned device has assigned, and give it when it is no longer pinned', async () => {
    const device = await fleet.registered(anId());
    const [action = ''] = await assign(await fleet.release(aVersion()), [device]);
    await fleet.fleet.change(fleet.actor, device.controllerId, { pinned: true });
    expect(await device.offered()).toBeUndefined();
    expect((await device.deployment(action)).status).toBe(404);
    await fleet.fleet.change(fleet.actor, device.controllerId, { pinned: false });
    expect(await device.offered()).toBe(action);
  });

  it('I11: end a download-only action with the download, install nothing and ask for attributes', async () => {
    const device = await fleet.registered(anId());
    const [action = ''] = await assign(await fleet.release(aVersion()), [device], { type: 'download-only' });
    expect(await (await device.deployment(action)).json()).toMatchObject({
      deployment: { download: 'forced', update: 'skip' },
    });
    expect((await device.feedback(action, 'download')).status).toBe(200);
    expect((await device.feedback(action, 'downloaded')).status).toBe(200);
    expect(await fleet.stateOf(action)).toBe('confirmed');
    expect(Object.keys((await device.poll())._links ?? {})).toEqual(['configData']);
  });

  it('D5: change the link of a time-forced update when its time has come, and only then', async () => {
    const device = await fleet.registered(anId());
    const forceAt = new Date(Date.now() + 1500);
    const [action = ''] = await assign(await fleet.release(aVersion()), [device], {
      type: 'time-forced',
      forceAt,
    });
    const link = async (): Promise<string | undefined> => (await device.poll())._links?.deploymentBase?.href;
    const before = await link();
    expect(await link()).toBe(before);
    expect(await (await device.deployment(action)).json()).toMatchObject({
      deployment: { update: 'attempt' },
    });
    await new Promise((resolve) => setTimeout(resolve, 1600));
    expect(await link()).not.toBe(before);
    expect(await (await device.deployment(action)).json()).toMatchObject({
      deployment: { update: 'forced' },
    });
  });

  it('cancel themselves when the last maintenance window is over', async () => {
    const device = await fleet.registered(anId());
    const window = { schedule: '0 0 3 1 1 ? 2020', durationMs: 3_600_000, timezone: '+00:00' };
    const [action = ''] = await assign(await fleet.release(aVersion()), [device], { window });
    expect((await device.poll())._links).toMatchObject({
      cancelAction: { href: `${device.url}/cancelAction/${action}` },
    });
  });

  it('are refused when the device has too many open ones, and nothing is made', async () => {
    const device = await fleet.registered(anId());
    const before = 'UPDATE tenant_settings SET max_open_actions = $1';
    await rookery.database.execute(before, [2]);
    await assign(await aStep(), [device]);
    await assign(await aStep(), [device]);
    const third = await aStep();
    await expect(assign(third, [device])).rejects.toThrow('2 open actions');
    await rookery.database.execute(before, [100]);
  });

  describe('of a release that is invalidated', () => {
    it.each(['soft', 'force', 'none'] as const)(
      '%s: end as asked, and nobody gets it any more',
      async (cancel) => {
        const device = await fleet.registered(anId());
        const release = await fleet.release(aVersion());
        const [action = ''] = await assign(release, [device]);
        await device.deployment(action);
        await rookery.app.get(InvalidationsService).invalidate(fleet.actor, release, cancel);
        const links = (await device.poll())._links ?? {};
        expect(Object.keys(links)).toEqual(
          { soft: ['cancelAction'], force: [], none: ['deploymentBase'] }[cancel],
        );
        await expect(assign(release, [device])).rejects.toThrow('invalidated');
      },
    );
  });

  it('racing each other settle on one exposed action', async () => {
    const device = await fleet.registered(anId());
    const releases = await Promise.all(Array.from({ length: 6 }, () => fleet.release(aVersion())));
    await Promise.all(releases.map((release) => assign(release, [device])));
    const rows = await rookery.database.query<{ exposed: string; open: string }>(
      `SELECT count(*) FILTER (WHERE is_exposed) AS exposed, count(*) AS open FROM action
        WHERE controller_id = $1 AND ended_at IS NULL`,
      [device.controllerId],
    );
    expect(rows[0]?.exposed).toBe('1');
  });

  it('of one release that race each other make one action', async () => {
    const device = await fleet.registered(anId());
    const release = await fleet.release(aVersion());
    const made = await Promise.all([1, 2, 3, 4].map(() => assign(release, [device])));
    expect(made.flat()).toHaveLength(1);
  });

  it('over a running rollout wait for nobody: each device gives way at its own poll', async () => {
    const rolloutId = await fleet.rollout(await fleet.release(aVersion()), { name: `over ${anId()}` });
    const devices = await Promise.all(Array.from({ length: 40 }, () => fleet.registered(anId())));
    const first = await Promise.all(
      devices.map(async (device) => {
        const actionId = (await device.offered()) ?? '';
        await device.deployment(actionId);
        return actionId;
      }),
    );
    const before = await deadlocks();
    const assigned = assign(await fleet.release(aVersion()), devices);
    const reports = devices.map((device, n) => device.feedback(first[n] ?? '', 'proceeding'));
    const [actions] = await Promise.all([assigned, ...reports]);
    expect((await Promise.all(reports)).map((answer) => answer.status)).toEqual(devices.map(() => 200));
    for (const [n, device] of devices.entries()) {
      expect(Object.keys((await device.poll())._links ?? {})).toEqual(['cancelAction']);
      await device.cancelFeedback(first[n] ?? '', 'closed', 'success');
      expect(actions).toContain(await device.offered());
    }
    expect(await deadlocks()).toBe(before);
    expect((await fleet.rollouts.get(fleet.actor, rolloutId)).devices).toEqual(
      await fleet.countedFromHistory(rolloutId),
    );
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'close');
  });

  async function deadlocks(): Promise<number> {
    const [row] = await rookery.database.query<{ deadlocks: number }>(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    return row?.deadlocks ?? 0;
  }

  it('prove the action that the device sees, whatever is queued behind it', async () => {
    const device = await fleet.registered(anId());
    const version = aVersion();
    const step = await fleet.release(version);
    await rookery.database.execute('UPDATE release SET is_required_step = true WHERE id = $1', [step]);
    const [first = ''] = await assign(step, [device]);
    await assign(await aStep(), [device]);
    await device.deployment(first);
    await device.configData({ sw_version: version });
    await device.feedback(first, 'closed', 'success');
    expect(await fleet.stateOf(first)).toBe('confirmed');
  });

  it('take for the version before the update the one that the device runs when its turn comes', async () => {
    const device = await fleet.registered(anId(), { sw_version: '5000.0' });
    const back = await fleet.release('5000.0', { name: 'back' });
    const [first = ''] = await assign(await aStep(), [device]);
    const [second = ''] = await assign(back, [device]);
    await device.deployment(first);
    await device.feedback(first, 'proceeding');
    await device.feedback(first, 'closed', 'success');
    await device.deployment(second);
    await device.configData({ sw_version: '5000.0' });
    await device.feedback(second, 'closed', 'success');
    expect(await fleet.stateOf(second)).toBe('confirmed');
  });

  it('that an older replica left behind in the queue are found', async () => {
    const device = await fleet.registered(anId());
    const [first = ''] = await assign(await aStep(), [device]);
    const [second = ''] = await assign(await aStep(), [device]);
    await rookery.database.execute(
      `UPDATE action SET state = 'confirmed', is_exposed = false, ended_by = 'device', ended_at = now() WHERE id = $1`,
      [first],
    );
    expect(await device.offered()).toBeUndefined();
    expect(await rookery.app.get(QueueSweepService).sweep()).toBeGreaterThan(0);
    expect(await device.offered()).toBe(second);
    expect(await rookery.app.get(QueueSweepService).sweep()).toBe(0);
  });
});
