import { RolloutChangesService } from '../../src/modules/rollouts/verbs/rollout-changes.service';
import { ReleasesService } from '../../src/modules/releases/releases.service';
import { RolloutGatesService } from '../../src/modules/rollouts/gates/rollout-gates.service';
import { ExplainService } from '../../src/modules/updates/explain/explain.service';
import { PreviewService } from '../../src/modules/updates/explain/preview.service';
import { Clock } from '../../src/platform/clock/clock';
import { lockReleaseExclusive } from '../../src/platform/database/locks';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { aWaitFor } from '../support/lock-waits';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** Two servers and all their devices in one process, on a machine that may have other things to do. */
jest.setTimeout(60_000);

const DEVICES = 40;
const MINUTE_MS = 60_000;
/** In the middle of a minute. */
const NOON_MS = Date.parse('2026-11-21T12:00:30Z');

describe('two replicas that admit at once', () => {
  let one: TestRookery;
  let two: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
    fleet = new Fleet(one);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  /** What both clocks say, and where they differ. */
  function setClocks(oneMs: number, twoMs = oneMs): void {
    jest.spyOn(one.app.get(Clock), 'epochMs').mockReturnValue(oneMs);
    jest.spyOn(two.app.get(Clock), 'epochMs').mockReturnValue(twoMs);
  }

  /** Devices of their own, and a running rollout to them that differs from others by these columns. */
  async function scene(
    columns: string,
    changes: { inFlightCap?: number; attempts?: number } = {},
  ): Promise<{
    devices: DdiDevice[];
    rolloutId: string;
  }> {
    const board = `room-${(next += 1)}`;
    const names = Array.from({ length: DEVICES }, (_unused, index) => `${board}-${index}`);
    const devices = await Promise.all(names.map((name) => fleet.registered(name, { board })));
    const releaseId = await fleet.release('2.0', { name: board, compatibility: `${board}:*` });
    const rolloutId = await fleet.rollout(releaseId, changes);
    await one.database.query(
      `UPDATE rollout SET started_at = $2, ${columns} WHERE tenant_id = 1 AND id = $1`,
      [rolloutId, new Date(NOON_MS)],
    );
    await newRevision();
    return { devices, rolloutId };
  }

  async function newRevision(): Promise<void> {
    await one.database.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1');
  }

  /** Each device polls both, which may say no to whoever comes while all lanes are taken; then once more. */
  async function race(devices: readonly DdiDevice[]): Promise<number> {
    await Promise.all(devices.flatMap((device) => [device.offered(), device.at(two.url).offered()]));
    const held = await Promise.all(devices.map((device) => device.offered()));
    return new Set(held.filter((id) => id !== undefined)).size;
  }

  async function verdictsOn(
    rolloutId: string,
    devices: readonly DdiDevice[],
  ): Promise<(string | undefined)[]> {
    const explain = one.app.get(ExplainService);
    const names = devices.map(({ controllerId }) => controllerId);
    const open = await one.database.query<{ controller_id: string }>(
      'SELECT controller_id FROM action WHERE tenant_id = 1 AND rollout_id = $1',
      [rolloutId],
    );
    const admitted = new Set(open.map((row) => row.controller_id));
    const others = names.filter((name) => !admitted.has(name));
    const explained = await Promise.all(others.map((name) => explain.explain(fleet.actor, name)));
    for (const { decision, lastAdmission, planRevision } of explained) {
      expect(decision.kind).toBe('offer');
      expect(lastAdmission?.planRevision).toBe(planRevision);
    }
    return [...new Set(explained.map(({ lastAdmission }) => lastAdmission?.code))];
  }

  it('never pass the cap, and say so', async () => {
    const { devices, rolloutId } = await scene("name = name || '!'", { inFlightCap: 5 });
    expect(await race(devices)).toBe(5);
    expect(await fleet.slots(rolloutId)).toEqual({ taken: 5, open: 5 });
    expect(await verdictsOn(rolloutId, devices)).toEqual(['in-flight-cap']);
  });

  it('never offer more in a minute than is allowed, and all of it', async () => {
    const { devices, rolloutId } = await scene('offers_per_minute = 7');
    setClocks(NOON_MS);
    expect(await race(devices)).toBe(7);
    expect(await verdictsOn(rolloutId, devices)).toEqual(['pace']);
    setClocks(NOON_MS + 29_000);
    expect(await race(devices)).toBe(7);
    setClocks(NOON_MS + 30_000);
    expect(await race(devices)).toBe(14);
  });

  it('count one minute together while one clock is a moment ahead', async () => {
    const { devices } = await scene('offers_per_minute = 7');
    setClocks(NOON_MS + 29_500, NOON_MS + 30_500);
    // Those of the minute before, if the slower replica came first, and those of the new one.
    const admitted = await race(devices);
    expect(admitted).toBeGreaterThanOrEqual(7);
    expect(admitted).toBeLessThanOrEqual(14);
    const lanes = await one.database.query<{ minute: string; offers: string }>(
      `SELECT minute, sum(minute_offers) AS offers FROM rollout_lane WHERE tenant_id = 1
        GROUP BY rollout_id, minute HAVING sum(minute_offers) > 7`,
    );
    expect(lanes).toEqual([]);
  });

  it('go on at their pace when the clocks jump an hour to and fro', async () => {
    const { devices } = await scene('offers_per_minute = 3');
    const admitted: number[] = [];
    for (const minutes of [0, 60, 0, 1, -60, -59]) {
      setClocks(NOON_MS + minutes * MINUTE_MS);
      admitted.push(await race(devices));
    }
    expect(admitted).toEqual([3, 6, 9, 12, 15, 18]);
  });

  it('double with the ramp', async () => {
    const { devices } = await scene('ramp_start = 1, ramp_doubling_ms = 120000, offers_per_minute = 3');
    const admitted: number[] = [];
    for (const minutes of [0, 1, 2, 3, 4, 5]) {
      setClocks(NOON_MS + minutes * MINUTE_MS);
      admitted.push(await race(devices));
    }
    expect(admitted).toEqual([1, 2, 4, 6, 9, 12]);
  });

  it('begin the ramp anew after a break, whatever the reason, and not after a shorter one', async () => {
    const { devices } = await scene('ramp_start = 1, ramp_doubling_ms = 120000, offers_per_minute = 4');
    const admitted: number[] = [];
    for (const minutes of [0, 2, 4, 6, 66, 67, 68]) {
      setClocks(NOON_MS + minutes * MINUTE_MS);
      admitted.push(await race(devices));
    }
    expect(admitted).toEqual([1, 3, 7, 11, 12, 13, 15]);
  });

  it.each([
    ['of all', 'most_devices = 9', 'most_devices = NULL'],
    ['of a wave', 'most_devices = NULL', 'most_devices = 9'],
    ['of both', 'most_devices = 9', 'most_devices = 12'],
  ])('never pass a hard maximum %s', async (_what, ofAll, ofWave) => {
    const { devices, rolloutId } = await scene(ofAll);
    await one.database.query(`UPDATE rollout_wave SET ${ofWave} WHERE rollout_id = $1`, [rolloutId]);
    await newRevision();
    expect(await race(devices)).toBe(9);
    const [counted] = await one.database.query<{ most: number; history: number }>(
      `SELECT greatest(r.devices, w.devices) AS most,
              (SELECT count(*)::int FROM rollout_device WHERE rollout_id = r.id) AS history
         FROM rollout r JOIN rollout_wave w ON w.rollout_id = r.id WHERE r.id = $1`,
      [rolloutId],
    );
    expect(counted).toEqual({ most: 9, history: 9 });
    expect(await verdictsOn(rolloutId, devices)).toEqual(['most-devices']);
  });

  it.each([{}, { inFlightCap: 25 }])(
    'go on at another pace while twenty are under way (%j)',
    async (pace) => {
      const { rolloutId, devices } = await scene("name = name || '!'", pace);
      setClocks(NOON_MS);
      expect(await race(devices.slice(0, 20))).toBe(20);
      await one.app.get(RolloutChangesService).change(fleet.actor, rolloutId, { offersPerMinute: 3 });
      expect(await race(devices.slice(20))).toBe(3);
      expect(await fleet.slots(rolloutId)).toEqual({ taken: 23, open: 23 });
    },
  );

  it.each([
    ['a ramp where there was none', 'offers_per_minute = 9', 600_000],
    ['another ramp', 'ramp_start = 1, ramp_doubling_ms = 60000, offers_per_minute = 9', 120_000],
  ])('begin %s at its beginning', async (_what, before, doublingMs) => {
    const { rolloutId, devices } = await scene(before);
    for (const minute of [0, 1, 2, 3]) {
      setClocks(NOON_MS + minute * 60_000);
      expect(await race(devices.slice(minute, minute + 1))).toBe(1);
    }
    const ramp = { startPerMinute: 1, doublingMs };
    await one.app.get(RolloutChangesService).change(fleet.actor, rolloutId, { ramp });
    setClocks(NOON_MS + 4 * 60_000);
    expect(await race(devices.slice(4))).toBe(1);
  });

  it('keep to a lower cap while more are under way', async () => {
    const { rolloutId, devices } = await scene("name = name || '!'", { inFlightCap: 20 });
    const busy = devices.slice(0, 20);
    expect(await race(busy)).toBe(20);
    await one.app.get(RolloutChangesService).change(fleet.actor, rolloutId, { inFlightCap: 18 });
    for (const device of busy.slice(0, 3)) await device.update('success');
    expect(await race(devices.slice(20))).toBe(1);
    expect(await fleet.slots(rolloutId)).toEqual({ taken: 18, open: 18 });
  });

  it('let a device that failed try again though the rollout is full', async () => {
    const { devices, rolloutId } = await scene('most_devices = 2', { attempts: 2 });
    expect(await race(devices)).toBe(2);
    const held = await Promise.all(devices.map((device) => device.offered()));
    const [first] = devices.filter((_device, index) => held[index] !== undefined);
    await first?.update('failure');
    expect(await first?.offered()).not.toBeUndefined();
    expect(await fleet.slots(rolloutId)).toEqual({ taken: 2, open: 2 });
  });
});

describe('a rollout on its way', () => {
  let rookery: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => rookery.close());

  it('leads a device over the step that it needs, and counts it once', async () => {
    const board = 'hop';
    const device = await fleet.registered('hop-1', { board, sw_version: '1.0' });
    const step = await fleet.release('2.0', { name: 'hop', compatibility: `${board}:*` });
    const release = await fleet.release('3.0', { name: 'hop', compatibility: `${board}:*` });
    await rookery.database.query("UPDATE release SET upgrade_from = '>=2' WHERE id = $1", [release]);
    const rolloutId = await fleet.rollout(release);
    const hop = await fleet.actions.get(fleet.actor, await device.update());
    expect([hop.releaseId, hop.origin, hop.rolloutId]).toEqual([step, `hop:${rolloutId}:${step}`, undefined]);
    expect((await fleet.rollouts.get(fleet.actor, rolloutId)).admitted).toBe(0);
    await device.configData({ sw_version: '2.0' });
    const last = await fleet.actions.get(fleet.actor, await device.update());
    expect([last.releaseId, last.origin]).toEqual([release, `rollout:${rolloutId}`]);
    expect((await fleet.rollouts.get(fleet.actor, rolloutId)).devices).toEqual({ confirmed: 1 });
  });

  it('takes back a step that was offered when it is paused', async () => {
    const device = await fleet.registered('hop-2', { board: 'hop', sw_version: '1.0' });
    const offered = (await device.offered()) ?? '';
    const { origin } = await fleet.actions.get(fleet.actor, offered);
    await fleet.rollouts.tell(fleet.actor, /\d+/.exec(origin)?.[0] ?? '', 'pause');
    expect((await device.deployment(offered)).status).toBe(404);
    expect(await fleet.stateOf(offered)).toBe('withdrawn');
  });

  it('offers no step while a failure of the step is counted', async () => {
    const board = 'hop-held';
    const device = await fleet.registered('hop-3', { board, sw_version: '1.0' });
    const step = await fleet.release('2.0', { name: board, compatibility: `${board}:*` });
    const release = await fleet.release('3.0', { name: board, compatibility: `${board}:*` });
    await rookery.database.query("UPDATE release SET upgrade_from = '>=2' WHERE id = $1", [release]);
    await fleet.rollout(release);
    let polled: Promise<string | undefined> | undefined;
    await rookery.database.transaction(async (tx) => {
      await lockReleaseExclusive(tx, step);
      polled = device.offered();
      await aWaitFor(rookery, 'pg_advisory_xact_lock_shared');
      const gates = rookery.app.get(RolloutGatesService);
      await rookery.app.get(ReleasesService).withdrawIn(tx, fleet.actor, step, 'breaker');
      await gates.raisePlan(tx, '1');
    });
    expect(await polled).toBeUndefined();
  });

  it('means devices by their tags and attributes, as these are now', async () => {
    const device = await fleet.registered('tagged', { board: 'tag', region: 'eu' });
    const other = await fleet.registered('untagged', { board: 'tag', region: 'us' });
    const rolloutId = await fleet.rollout(
      await fleet.release('2.0', { name: 'tag', compatibility: 'tag:*' }),
    );
    await rookery.database.query(
      "UPDATE rollout SET feed_id = NULL, filter = 'attribute.region==eu' WHERE tenant_id = 1 AND id = $1",
      [rolloutId],
    );
    await rookery.database.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1');
    expect([await device.offered(), await other.offered()]).toEqual([expect.any(String), undefined]);
    await other.configData({ region: 'eu' });
    expect(await other.offered()).toEqual(expect.any(String));
    const preview = await rookery.app.get(PreviewService).preview(fleet.actor, rolloutId);
    expect(preview).toEqual({
      devices: 2,
      groups: [{ decision: 'offer', wave: 1, devices: 2 }],
    });
  });

  it('tells a device before its window to be back when it opens', async () => {
    const device = await fleet.registered('early', { board: 'night', sw_version: '1.0' });
    const rolloutId = await fleet.rollout(
      await fleet.release('2.0', { name: 'night', compatibility: 'night:*' }),
    );
    const night = [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 60, toMinute: 240 }];
    await rookery.database.query('UPDATE rollout SET windows = $2 WHERE tenant_id = 1 AND id = $1', [
      rolloutId,
      JSON.stringify(night),
    ]);
    await rookery.database.query(
      "UPDATE device SET time_zone = 'Asia/Kolkata', decision_rev = decision_rev + 1 WHERE controller_id = 'early'",
    );
    await rookery.database.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1');
    const asleep: string[] = [];
    const clock = jest.spyOn(rookery.app.get(Clock), 'epochMs');
    // One in the night of Kolkata is half past seven in the evening of the day before.
    for (const time of ['19:00:00', '19:24:00', '19:29:40', '19:30:00']) {
      clock.mockReturnValue(Date.parse(`2026-11-20T${time}Z`));
      const { config, _links } = await device.poll();
      asleep.push(_links?.deploymentBase === undefined ? config.polling.sleep : 'offered');
    }
    expect(asleep).toEqual(['00:05:00', '00:02:00', '00:00:30', 'offered']);
  });
});
