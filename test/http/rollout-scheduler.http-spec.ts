import { Client } from 'pg';
import { PresenceService } from '../../src/modules/devices/presence.service';
import { bucketOf } from '../../src/modules/rollouts/rollout/bucket';
import { bucketSql } from '../../src/modules/rollouts/rollout/bucket';
import { RolloutGatesRepository } from '../../src/modules/rollouts/gates/rollout-gates.repository';
import { AttendanceService } from '../../src/modules/updates/sweeps/attendance.service';
import { RolloutSchedulerService } from '../../src/modules/updates/sweeps/rollout-scheduler.service';
import type { DdiDevice } from '../support/ddi-device';
import { later } from '../support/at-time';
import { Fleet } from '../support/fleet';
import { GatedRollout, inTurn } from '../support/gated-rollout';
import { startRookery, type TestRookery } from '../support/rookery-app';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;
const succeeds = (device: DdiDevice): Promise<string> => device.update('success');
const fails = (device: DdiDevice): Promise<string> => device.update('failure');

describe('what rollouts do by themselves', () => {
  let one: TestRookery;
  let two: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const aModel = (): string => `timed-${(next += 1)}`;
  const round = (rookery: TestRookery, now?: Date): Promise<void> =>
    rookery.app.get(RolloutSchedulerService).round(now);
  const inMs = (ms: number): Date => new Date(Date.now() + ms);

  beforeAll(async () => {
    one = await startRookery({ settings: { ROOKERY_POLL_INTERVAL: '10s', ROOKERY_POLL_INTERVAL_MIN: '1s' } });
    two = await startRookery({
      replicaOf: one,
      settings: { ROOKERY_POLL_INTERVAL: '10s', ROOKERY_POLL_INTERVAL_MIN: '1s' },
    });
    fleet = new Fleet(one);
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await one.database.query("UPDATE rollout SET state = 'closed'");
    await one.database.query('DELETE FROM attendance');
    await one.database.query('UPDATE tenant_plan SET revision = revision + 1');
  });

  it('SQL and TypeScript put a device into the same bucket', async () => {
    const ids = ['device-1', 'ÜberGerät', '', ...Array.from({ length: 500 }, (_unused, n) => `SN-${n}`)];
    const rows = await one.database.query<{ id: string; bucket: string }>(
      `SELECT id, ${bucketSql("'12'::text", 'id')} AS bucket FROM unnest($1::text[]) AS ids (id)`,
      [ids],
    );
    expect(rows.map(({ bucket }) => Number(bucket))).toEqual(rows.map(({ id }) => bucketOf('12', id)));
  });

  it('starts a scheduled rollout when its time has come, on whichever replica, once', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), {
      columns: { state: 'scheduled', start_at: inMs(HOUR_MS) },
    });
    const [device] = await rollout.devices(1);
    await round(one);
    expect(await rollout.state()).toBe('scheduled');
    expect(await device!.offered()).toBeUndefined();
    const later = inMs(HOUR_MS + 1000);
    await Promise.all([round(one, later), round(two, later)]);
    expect(await rollout.state()).toBe('running');
    expect(await rollout.events('rollout.started')).toEqual([{ from: 'scheduled', to: 'running' }]);
    expect(await device!.at(two.url).offered()).toBeDefined();
  });

  it('passes a wave once when two schedulers look at it at once, and offers the next one then (B3)', async () => {
    const waves = [{ buckets: 1000, sample: 3 }, { buckets: 10_000 }];
    const rollout = await GatedRollout.made(fleet, aModel(), { waves });
    const canaries = await rollout.devicesIn(0, 1000, 4);
    const [other] = await rollout.devicesIn(1000, 10_000, 1);
    await Promise.all(canaries.slice(0, 2).map(succeeds));
    await round(one);
    expect((await rollout.read()).currentWave).toBe(1);
    expect(await other!.offered()).toBeUndefined();
    await succeeds(canaries[2]!);
    const before = await rollout.planRevision();
    await Promise.all([round(one), round(two), round(two)]);
    const after = await rollout.read();
    expect(after).toMatchObject({ currentWave: 2, state: 'running' });
    expect(after.progress[0]).toMatchObject({ passedBy: 'gate' });
    expect(await rollout.events('rollout.wave-passed')).toEqual([
      { wave: 1, by: 'gate', admitted: 3, confirmed: 3, failures: 0 },
    ]);
    expect(await rollout.planRevision()).toBe(before + 1);
    expect(await other!.at(two.url).offered()).toBeDefined();
  });

  it('does not judge a wave by what it found out about the one before, which another replica passed meanwhile', async () => {
    const waves = [{ buckets: 1000, sample: 1 }, { buckets: 10_000 }];
    const rollout = await GatedRollout.made(fleet, aModel(), { waves });
    await inTurn(await rollout.devicesIn(0, 1000, 1), succeeds);
    await rollout.devicesIn(1000, 10_000, 1);
    const gates = one.app.get(RolloutGatesRepository);
    const find = gates.find.bind(gates);
    jest.spyOn(gates, 'find').mockImplementationOnce(async (...question) => {
      const standing = await find(...question);
      await round(two);
      return standing;
    });
    await round(one);
    expect(await rollout.read()).toMatchObject({ currentWave: 2, state: 'running' });
  });

  it('asks once more, under its locks, before it passes a wave', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ sample: 1 }, {}] });
    const [first, second] = await rollout.devices(2);
    await succeeds(first!);
    const gates = one.app.get(RolloutGatesRepository);
    const find = gates.find.bind(gates);
    jest.spyOn(gates, 'find').mockImplementationOnce(async (...question) => {
      const standing = await find(...question);
      expect(await second!.offered()).toBeDefined();
      return standing;
    });
    await round(one);
    expect((await rollout.read()).currentWave).toBe(1);
    await round(one);
    expect((await rollout.read()).currentWave).toBe(1);
    await succeeds(second!);
    await round(one);
    expect((await rollout.read()).currentWave).toBe(2);
  });

  it('waits for devices that are there and were not admitted, and not for those that it is not for', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const [first, second, pinned, newer] = await rollout.devices(4);
    await fleet.registered(`${rollout.model}-other`, { board: `${rollout.model}-other` });
    await one.database.query('UPDATE device SET is_pinned = true WHERE controller_id = $1', [
      pinned!.controllerId,
    ]);
    await newer!.configData({ sw_version: '3.0' });
    await succeeds(first!);
    await round(one);
    expect(await rollout.state()).toBe('running');
    await succeeds(second!);
    await round(one);
    expect(await rollout.state()).toBe('finished');
    expect(await rollout.events('rollout.finished')).toHaveLength(1);
    // Finished, it goes on offering.
    const [late] = await rollout.devices(1, 'late');
    expect(await late!.offered()).toBeDefined();
  });

  it('goes past a wave that nobody is in, but not past one while the rollout means nobody', async () => {
    const waves = [{ buckets: 1 }, { buckets: 10_000 }];
    const rollout = await GatedRollout.made(fleet, aModel(), { waves });
    await round(one);
    expect((await rollout.read()).currentWave).toBe(1);
    await rollout.devicesIn(1, 10_000, 2);
    await round(one);
    expect((await rollout.read()).currentWave).toBe(2);
    await round(one);
    expect(await rollout.state()).toBe('running');
  });

  it('lets a wave soak, and begins anew when something fails meanwhile', async () => {
    const waves = [{ sample: 2, soak_ms: HOUR_MS, success_share: 9000, failure_share: 10_000 }];
    const rollout = await GatedRollout.made(fleet, aModel(), { waves });
    const devices = await rollout.devices(30);
    await Promise.all(devices.slice(0, 4).map(succeeds));
    const t0 = new Date();
    await round(one, t0);
    expect((await rollout.read()).progress[0]?.soakSince).toEqual(t0);
    await fails(devices[4]!);
    await round(two, inMs(HOUR_MS));
    expect((await rollout.read()).progress[0]?.soakSince).toBeUndefined();
    await Promise.all(devices.slice(5, 15).map(succeeds));
    const t1 = inMs(HOUR_MS + 1000);
    await round(one, t1);
    expect((await rollout.read()).progress[0]?.soakSince).toEqual(t1);
    await round(one, new Date(t1.getTime() + HOUR_MS - 1));
    expect(await rollout.state()).toBe('running');
    await Promise.all([one, two].map((at) => round(at, new Date(t1.getTime() + HOUR_MS))));
    expect(await rollout.state()).toBe('finished');
  });

  it('leaves a manual gate to an operator', async () => {
    const waves = [{ sample: 1, is_manual: true }, {}];
    const rollout = await GatedRollout.made(fleet, aModel(), { waves });
    await inTurn(await rollout.devices(2), succeeds);
    await round(one);
    await round(one, inMs(HOUR_MS));
    expect(await rollout.read()).toMatchObject({ state: 'running', currentWave: 1 });
    expect((await rollout.read()).progress[0]?.soakSince).toBeDefined();
  });

  it('passes nothing while it is paused', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    await inTurn(await rollout.devices(1), succeeds);
    await fleet.rollouts.tell(fleet.actor, rollout.id, 'pause');
    await round(one);
    expect(await rollout.state()).toBe('paused');
  });

  it('leaves nothing half when its connection dies in the middle of a step', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ sample: 1 }, {}] });
    await inTurn(await rollout.devices(1), succeeds);
    const gates = one.app.get(RolloutGatesRepository);
    const raisePlan = gates.raisePlan.bind(gates);
    jest.spyOn(gates, 'raisePlan').mockImplementation(async (tx, tenantId) => {
      await raisePlan(tx, tenantId);
      const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await kill(one.databaseUrl, row?.pid ?? 0);
    });
    const before = await rollout.planRevision();
    await round(one);
    expect((await rollout.read()).progress[0]?.passedAt).toBeUndefined();
    expect(await rollout.read()).toMatchObject({ currentWave: 1, state: 'running' });
    expect(await rollout.events('rollout.wave-passed')).toEqual([]);
    expect(await rollout.planRevision()).toBe(before);
    await round(two);
    expect((await rollout.read()).currentWave).toBe(2);
  });

  it('does not let one rollout that cannot be looked after keep the others waiting', async () => {
    const bad = await GatedRollout.made(fleet, aModel());
    const good = await GatedRollout.made(fleet, aModel());
    await inTurn([...(await bad.devices(1)), ...(await good.devices(1))], succeeds);
    const gates = one.app.get(RolloutGatesRepository);
    const find = gates.find.bind(gates);
    jest.spyOn(gates, 'find').mockImplementation(async (sql, tenantId, id) => {
      if (id === bad.id) throw new Error('planted');
      return find(sql, tenantId, id);
    });
    await round(one);
    jest.restoreAllMocks();
    expect([await bad.state(), await good.state()]).toEqual(['running', 'finished']);
  });

  describe('about silence', () => {
    const patience = {
      waves: [{ sample: 3, soak_ms: HOUR_MS, failure_share: 4000 }],
      columns: { silent_polls: 3 },
    };

    it('counts updated devices as lost that are not heard of while their wave soaks, and trips', async () => {
      const rollout = await GatedRollout.made(fleet, aModel(), patience);
      const devices = await rollout.devices(5);
      await Promise.all(devices.map(succeeds));
      await heard();
      await round(one);
      await round(one, inMs(29_000));
      expect((await rollout.read()).devices).toEqual({ confirmed: 5 });
      await one.database.query(
        `UPDATE device_presence SET last_seen_at = now() + interval '40 seconds' WHERE device_id IN (
           SELECT id FROM device WHERE controller_id = ANY($1))`,
        [devices.slice(0, 2).map(({ controllerId }) => controllerId)],
      );
      await Promise.all([round(one, inMs(60_000)), round(two, inMs(60_000))]);
      const after = await rollout.read();
      expect(after).toMatchObject({
        state: 'paused',
        devices: { confirmed: 2, lost: 3 },
        halt: { kind: 'failures', wave: 1, failures: 3, finished: 5 },
      });
      const { tallied, placed } = await rollout.books();
      expect(tallied).toEqual(placed);
      const [event] = await rollout.events('rollout.devices-lost');
      expect([...(event?.['devices'] as string[])].sort()).toEqual(
        devices
          .slice(2)
          .map(({ controllerId }) => controllerId)
          .sort(),
      );
    });

    it('gives devices as long as it was away itself before it counts any as lost, and passes nothing meanwhile', async () => {
      const waves = [{ sample: 3, soak_ms: 60_000, failure_share: 4000 }, { buckets: 10_000 }];
      const rollout = await GatedRollout.made(fleet, aModel(), { ...patience, waves });
      await Promise.all((await rollout.devices(5)).map(succeeds));
      await heard();
      await round(one);
      const attend = (ms: number): Promise<void> =>
        later([one], ms, () => one.app.get(AttendanceService).note());
      await attend(0);
      await attend(20 * 60_000);
      for (const seconds of [1, 20]) await round(one, inMs(20 * 60_000 + seconds * 1000));
      expect(await rollout.read()).toMatchObject({
        state: 'running',
        currentWave: 1,
        devices: { confirmed: 5 },
      });
      await attend(20 * 60_000 + 20_000);
      await round(two, inMs(20 * 60_000 + 40_000));
      expect(await rollout.read()).toMatchObject({ state: 'paused', devices: { lost: 5 } });
    });

    it('does not count a device that went silent after its soak was over', async () => {
      const rollout = await GatedRollout.made(fleet, aModel(), patience);
      await Promise.all((await rollout.devices(5)).map(succeeds));
      await heard();
      await round(one);
      await one.database.query(
        `UPDATE device_presence SET last_seen_at = now() + interval '61 minutes' WHERE device_id IN (
           SELECT device_id FROM rollout_device WHERE rollout_id = $1)`,
        [rollout.id],
      );
      await round(one, inMs(HOUR_MS * 24));
      expect(await rollout.read()).toMatchObject({ state: 'finished', devices: { confirmed: 5 } });
    });

    it('waits for each device as long as its own poll interval says', async () => {
      const rollout = await GatedRollout.made(fleet, aModel(), patience);
      const devices = await rollout.devices(4);
      const slow = devices.slice(1).map(({ controllerId }) => controllerId);
      await one.database.query('UPDATE tenant_settings SET polling = $1 WHERE tenant_id = 1', [
        `00:00:10, controllerId=in=(${slow.join(',')}) -> 00:10:00`,
      ]);
      await one.database.query('UPDATE tenant_plan SET revision = revision + 1');
      await Promise.all(devices.map(succeeds));
      await heard();
      await round(one);
      await round(one, inMs(60_000));
      expect((await rollout.read()).devices).toEqual({ confirmed: 3, lost: 1 });
      await one.database.query('UPDATE tenant_settings SET polling = NULL WHERE tenant_id = 1');
    });

    async function heard(): Promise<void> {
      await one.app.get(PresenceService).flush();
      await two.app.get(PresenceService).flush();
    }
  });

  it('calls back what is under way in a rollout that was aborted so', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const [offered, fetched, done] = await rollout.devices(3);
    const ids = [(await offered!.offered()) ?? '', (await fetched!.offered()) ?? ''];
    await fetched!.deployment(ids[1]!);
    await succeeds(done!);
    await one.database.query("UPDATE rollout SET state = 'aborted', cancels_running = true WHERE id = $1", [
      rollout.id,
    ]);
    await Promise.all([round(one), round(two)]);
    expect(await Promise.all(ids.map((id) => fleet.stateOf(id)))).toEqual(['withdrawn', 'cancelling']);
    expect((await rollout.read()).devices).toEqual({ withdrawn: 1, cancelling: 1, confirmed: 1 });
    const [row] = await one.database.query('SELECT cancels_running AS cancels FROM rollout WHERE id = $1', [
      rollout.id,
    ]);
    expect(row).toEqual({ cancels: false });
  });

  it('learns how long a release takes on nine of ten devices, and says it when it is news', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const devices = await rollout.devices(11);
    await Promise.all(devices.slice(0, 10).map(succeeds));
    await one.database.query(
      `UPDATE action a SET retrieved_at = a.ended_at - n * interval '1 minute'
         FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM action WHERE rollout_id = $1 AND ended_at IS NOT NULL) AS s
        WHERE a.id = s.id`,
      [rollout.id],
    );
    const p90 = async (): Promise<number> => {
      const [row] = await one.database.query<{ p90: string }>(
        'SELECT p90_ms AS p90 FROM release WHERE id = $1',
        [rollout.releaseId],
      );
      return Number(row?.p90);
    };
    await round(one);
    expect(await p90()).toBe(9 * 60_000);
    const before = await rollout.planRevision();
    await round(one, inMs(61_000));
    await round(two, inMs(61_000));
    expect(await rollout.planRevision()).toBe(before);
  });
});

async function kill(url: string, pid: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('SELECT pg_terminate_backend($1)', [pid]);
  await client.end();
}
