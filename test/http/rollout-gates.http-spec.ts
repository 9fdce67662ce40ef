import { DeadlineSweepService } from '../../src/modules/updates/sweeps/deadline-sweep.service';
import { RolloutSchedulerService } from '../../src/modules/updates/sweeps/rollout-scheduler.service';
import { later } from '../support/at-time';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { GatedRollout, inTurn } from '../support/gated-rollout';
import { startRookery, type TestRookery } from '../support/rookery-app';

jest.setTimeout(60_000);

const fails = (device: DdiDevice): Promise<string> => device.update('failure');
const succeeds = (device: DdiDevice): Promise<string> => device.update('success');

describe('gates that stop a rollout', () => {
  let one: TestRookery;
  let two: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const aModel = (): string => `gated-${(next += 1)}`;

  /** The bytes of its release are found to be other ones. */
  async function spoil(rollout: GatedRollout): Promise<void> {
    await one.database.query(
      `UPDATE blob SET fault = 'changed', fault_at = now() WHERE id IN (
         SELECT a.blob_id FROM artifact a JOIN release_module m ON m.id = a.module_id WHERE m.release_id = $1)`,
      [rollout.releaseId],
    );
  }

  /** Failures that are known, in all and of its first wave. */
  async function acknowledgedBy(rollout: GatedRollout): Promise<unknown> {
    const [row] = await one.database.query(
      `SELECT r.acknowledged_failures AS whole, w.acknowledged_failures AS wave FROM rollout r
         JOIN rollout_wave w ON w.rollout_id = r.id WHERE r.id = $1`,
      [rollout.id],
    );
    return row;
  }

  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
    fleet = new Fleet(one);
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  it('pause it with the very failure that crosses the line, and not before', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const devices = await rollout.devices(9);
    const [waiting, late] = [devices[6]!, devices[7]!];
    const offered = (await waiting.offered()) ?? '';
    await inTurn(devices.slice(0, 5), fails);
    expect(await rollout.state()).toBe('running');
    const before = await rollout.planRevision();
    await fails(devices[5]!);
    const after = await rollout.read();
    expect(after.state).toBe('paused');
    expect(after.halt).toMatchObject({ kind: 'failures', wave: 1, failures: 6, finished: 6 });
    expect(await rollout.planRevision()).toBe(before + 1);
    expect(await rollout.events('rollout.tripped')).toMatchObject([
      { from: 'running', to: 'paused', kind: 'failures', failures: 6 },
    ]);
    // Neither the offer from before nor a new one.
    expect((await waiting.deployment(offered)).status).toBe(404);
    expect(await late.at(two.url).offered()).toBeUndefined();
    expect((await rollout.release()).isWithdrawn).toBe(false);
  });

  it('count successes for it: six failures of 24 are borne, seven of 25 are not', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const devices = await rollout.devices(25);
    await Promise.all(devices.slice(0, 18).map(succeeds));
    await inTurn(devices.slice(18, 24), fails);
    expect(await rollout.state()).toBe('running');
    await fails(devices[24]!);
    expect((await rollout.read()).halt).toMatchObject({ failures: 7, finished: 25 });
  });

  it('judge a failure against its own wave and against the whole', async () => {
    const waves = [
      { buckets: 1000, failure_share: 5000, sample: 2 },
      { failure_share: 1000, sample: 10 },
    ];
    const rollout = await GatedRollout.made(fleet, aModel(), { waves, columns: { current_wave: 2 } });
    const canaries = await rollout.devicesIn(0, 1000, 2);
    const others = await rollout.devicesIn(1000, 10_000, 2);
    await fails(others[0]!);
    expect(await rollout.state()).toBe('running');
    // Two of wave 2 are more than 10 % of 10, though not more than the whole would bear.
    await fails(others[1]!);
    expect((await rollout.read()).halt).toMatchObject({ kind: 'failures', wave: 2, failures: 2 });
    await rollout.resume();
    await fails(canaries[0]!);
    // A passed wave's own gate is still armed.
    await fails(canaries[1]!);
    expect((await rollout.read()).halt).toMatchObject({ kind: 'failures', wave: 1, failures: 2 });
  });

  it('abort it when told to, and withdraw its release', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), {
      waves: [{ failure_share: 0 }],
      columns: { when_tripped: 'abort' },
    });
    const [device, other] = await rollout.devices(2);
    await fails(device!);
    const after = await rollout.read();
    expect(after).toMatchObject({ state: 'aborted', halt: { kind: 'failures', failures: 1 } });
    expect(after.endedAt).toBeDefined();
    expect(await rollout.release()).toEqual({ isWithdrawn: true, withdrawnBy: `rollout:${rollout.id}` });
    expect(await rollout.events('release.withdrawn')).toEqual([{ by: `rollout:${rollout.id}` }]);
    expect(await other!.offered()).toBeUndefined();
  });

  it('pause it at the first failure that is our own fault, and blame nobody', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { columns: { when_tripped: 'abort' } });
    const devices = await rollout.devices(2);
    const id = (await devices[0]!.offered()) ?? '';
    await devices[0]!.deployment(id);
    await spoil(rollout);
    await devices[0]!.feedback(id, 'closed', 'failure');
    expect(await rollout.read()).toMatchObject({ state: 'paused', halt: { kind: 'server', wave: 1 } });
    expect((await rollout.release()).isWithdrawn).toBe(false);
    const kinds = await one.database.query(
      'SELECT a.failure_kind AS action, m.failure_kind AS member FROM action a JOIN rollout_device m ON m.action_id = a.id WHERE a.id = $1',
      [id],
    );
    expect(kinds).toEqual([{ action: 'server', member: 'server' }]);
    expect(await acknowledgedBy(rollout)).toEqual({ whole: 1, wave: 1 });
  });

  it('acknowledge once what timed out, was resumed after, and turns out to be our own fault', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ failure_share: 0 }] });
    const [device] = await rollout.devices(1);
    const id = (await device!.offered()) ?? '';
    await device!.deployment(id);
    await later([one], 26 * 3_600_000, () => one.app.get(DeadlineSweepService).sweep());
    await rollout.resume();
    expect(await acknowledgedBy(rollout)).toEqual({ whole: 1, wave: 1 });
    await spoil(rollout);
    await device!.feedback(id, 'closed', 'failure');
    expect(await rollout.read()).toMatchObject({ devices: { failed: 1 }, halt: { kind: 'server' } });
    expect(await acknowledgedBy(rollout)).toEqual({ whole: 1, wave: 1 });
  });

  it('remember that a device refused before it failed', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const [device] = await rollout.devices(1);
    const id = (await device!.offered()) ?? '';
    await device!.deployment(id);
    await device!.feedback(id, 'rejected', 'none');
    await device!.feedback(id, 'closed', 'failure');
    const [row] = await one.database.query(
      'SELECT failure_kind AS kind, settled_at IS NOT NULL AS settled FROM rollout_device WHERE rollout_id = $1',
      [rollout.id],
    );
    expect(row).toEqual({ kind: 'rejected', settled: true });
  });

  it('start anew at what was acknowledged: six failures more stop it again', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const devices = await rollout.devices(12);
    await inTurn(devices.slice(0, 6), fails);
    await rollout.resume();
    expect(await rollout.read()).toMatchObject({ state: 'running', halt: undefined });
    await inTurn(devices.slice(6, 11), fails);
    expect(await rollout.state()).toBe('running');
    await fails(devices[11]!);
    expect((await rollout.read()).halt).toMatchObject({ failures: 6, finished: 6 });
  });

  it('count again what was acknowledged, was tried again and failed again', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { columns: { attempts: 2 } });
    const devices = await rollout.devices(6);
    await inTurn(devices, fails);
    await rollout.resume();
    await inTurn(devices.slice(0, 5), fails);
    expect(await rollout.state()).toBe('running');
    await fails(devices[5]!);
    expect(await rollout.read()).toMatchObject({ state: 'paused', halt: { failures: 6, finished: 6 } });
  });

  it('bear nothing for failures that were acknowledged and are none any more', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { columns: { attempts: 2 } });
    const devices = await rollout.devices(12);
    await inTurn(devices.slice(0, 6), fails);
    await rollout.resume();
    await Promise.all(devices.slice(0, 6).map(succeeds));
    await inTurn(devices.slice(6, 11), fails);
    expect(await rollout.state()).toBe('running');
    await fails(devices[11]!);
    expect((await rollout.read()).halt).toMatchObject({ failures: 6 });
    const { tallied, placed } = await rollout.books();
    expect(tallied).toEqual(placed);
  });

  it('stay closed when a late success corrects what they counted', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ failure_share: 0 }] });
    const [device] = await rollout.devices(1);
    const id = (await device!.offered()) ?? '';
    await device!.deployment(id);
    await device!.feedback(id, 'proceeding');
    await rollout.timeOut(id);
    expect(await rollout.read()).toMatchObject({ state: 'paused', devices: { 'timed-out': 1 } });
    expect((await device!.feedback(id, 'closed', 'success')).status).toBe(200);
    expect(await rollout.read()).toMatchObject({ state: 'paused', devices: { confirmed: 1 } });
    const [row] = await one.database.query(
      'SELECT a.failure_kind AS action, m.failure_kind AS member FROM action a JOIN rollout_device m ON m.action_id = a.id WHERE a.id = $1',
      [id],
    );
    expect(row).toEqual({ action: null, member: null });
  });

  it('close for a late failure of what was cancelled without a word', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ failure_share: 0 }] });
    const [device] = await rollout.devices(1);
    const id = (await device!.offered()) ?? '';
    await device!.deployment(id);
    await fleet.fleet.cancel(fleet.actor, id, true);
    expect(await rollout.state()).toBe('running');
    await device!.feedback(id, 'closed', 'failure');
    expect(await rollout.state()).toBe('paused');
  });

  it('trip once while forty devices fail on both replicas and others poll, pause and resume', async () => {
    const rollout = await GatedRollout.made(fleet, aModel());
    const devices = await rollout.devices(60);
    const started = await Promise.all(
      devices.slice(0, 40).map(async (device, n) => {
        const at = n % 2 === 0 ? device : device.at(two.url);
        const id = (await at.offered()) ?? '';
        await at.deployment(id);
        return { at, id };
      }),
    );
    await Promise.all([
      ...started.map(({ at, id }) => at.feedback(id, 'closed', 'failure')),
      ...devices.slice(40).map((device) => device.at(two.url).offered()),
      fleet.rollouts.tell(fleet.actor, rollout.id, 'pause').catch(() => undefined),
    ]);
    const after = await rollout.read();
    expect(after.state).toBe('paused');
    expect(after.devices.failed).toBe(40);
    expect(await rollout.events('rollout.tripped')).toHaveLength(1);
    const { tallied, placed } = await rollout.books();
    expect(tallied).toEqual(placed);
    const again = await Promise.all(devices.slice(40).map((device) => device.offered()));
    expect(new Set(again)).toEqual(new Set([undefined]));
  });

  it('wait for nobody in a circle while the plan changes, waves pass and devices fail, all at once', async () => {
    const rollouts = await Promise.all(
      [0, 1, 2].map((n) =>
        GatedRollout.made(fleet, aModel(), {
          waves: [{ buckets: 5000, sample: 2, success_share: 0 }, {}],
          columns: { attempts: 5, silent_polls: 3, when_tripped: n === 0 ? 'abort' : 'pause' },
        }),
      ),
    );
    const devices = (await Promise.all(rollouts.map((rollout) => rollout.devices(15)))).flat();
    const deadlocks = [one, two].map(deadlocksIn);
    const gone = ['nothing is on offer', 'was answered 404', 'was answered 410'];
    const walk = async (device: DdiDevice, n: number): Promise<void> => {
      const at = n % 2 === 0 ? device : device.at(two.url);
      for (let round = 0; round < 3; round += 1)
        await at.update(n % 3 === 0 ? 'success' : 'failure').catch((error: unknown) => {
          if (!gone.some((why) => String(error).includes(why))) throw error;
        });
    };
    const change = async (rollout: GatedRollout, n: number): Promise<void> => {
      for (let round = 0; round < 6; round += 1) {
        const { fleet: at, id } = n % 2 === 0 ? rollout : { fleet: new Fleet(two), id: rollout.id };
        await at.rollouts.tell(at.actor, id, round % 2 === 0 ? 'pause' : 'resume').catch(() => undefined);
        await rollout.fleet.rookery.app.get(RolloutSchedulerService).round();
      }
    };
    await Promise.all([...devices.map(walk), ...rollouts.map(change)]);
    expect(deadlocks.map((count) => count())).toEqual([0, 0]);
    for (const rollout of rollouts) {
      const { tallied, placed } = await rollout.books();
      expect(tallied).toEqual(placed);
      const { taken, open } = await fleet.slots(rollout.id);
      expect(taken).toBe(open);
    }
  });

  it('have counters that equal the history after anything that devices may do, with retries', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), {
      waves: [{ failure_share: 10_000 }],
      columns: { attempts: 3, in_flight_cap: 30 },
    });
    const devices = await rollout.devices(30);
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        devices.map(async (device, n) => {
          const at = n % 2 === 0 ? device : device.at(two.url);
          const id = await at.offered();
          if (id === undefined) return;
          await at.deployment(id);
          const what = (n * 7 + round * 3) % 5;
          if (what === 0) return;
          if (what === 1) await fleet.fleet.cancel(fleet.actor, id, true);
          else if (what === 2) await rollout.timeOut(id);
          else await at.feedback(id, 'proceeding');
          const finished = what === 4 ? 'success' : 'failure';
          await Promise.all([1, 2].map(() => at.feedback(id, 'closed', finished)));
        }),
      );
      const { tallied, placed } = await rollout.books();
      expect(tallied).toEqual(placed);
      expect((await rollout.read()).devices).toEqual(await fleet.countedFromHistory(rollout.id));
      const { taken, open } = await fleet.slots(rollout.id);
      expect(taken).toBe(open);
    }
  });

  it('keep what a device ran before its first attempt', async () => {
    const old = await fleet.release('1.0', { name: `old-${aModel()}` });
    const rollout = await GatedRollout.made(fleet, aModel(), { columns: { attempts: 2 } });
    const [device] = await rollout.devices(1);
    await one.database.query('UPDATE device SET installed_release_id = $2 WHERE controller_id = $1', [
      device!.controllerId,
      old,
    ]);
    await fails(device!);
    await succeeds(device!);
    const [row] = await one.database.query(
      'SELECT previous_release_id AS previous, state, failure_kind AS kind FROM rollout_device WHERE rollout_id = $1',
      [rollout.id],
    );
    expect(row).toEqual({ previous: old, state: 'confirmed', kind: null });
  });
});

/** Counts the transactions of a server that Postgres breaks off because they wait for each other. */
function deadlocksIn(rookery: TestRookery): () => number {
  const database = rookery.database as unknown as Record<'once', (work: unknown) => Promise<unknown>>;
  const once = database.once.bind(database);
  let deadlocks = 0;
  const spy = jest.spyOn(database, 'once').mockImplementation(async (work) => {
    try {
      return await once(work);
    } catch (error) {
      if ((error as { code?: string }).code === '40P01') deadlocks += 1;
      throw error;
    }
  });
  return () => {
    spy.mockRestore();
    return deadlocks;
  };
}
