import { lockRolloutExclusive, lockRolloutShared } from '../../src/platform/database/locks';
import { RolloutGatesService } from '../../src/modules/rollouts/gates/rollout-gates.service';
import { OutcomesService } from '../../src/modules/updates/outcomes/outcomes.service';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { GatedRollout } from '../support/gated-rollout';
import { aWaitFor } from '../support/lock-waits';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** While a failure that stops a rollout is being counted on one replica, devices come to the other. */
describe('gates that stop a rollout', () => {
  let one: TestRookery;
  let two: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const aModel = (): string => `racing-${(next += 1)}`;

  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
    fleet = new Fleet(one);
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  it('keep an offer out while a failure is counted (B4)', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ failure_share: 0 }] });
    const [failing, coming] = await rollout.devices(2);
    const id = (await failing!.offered()) ?? '';
    await failing!.deployment(id);
    let polled: Promise<string | undefined> | undefined;
    await one.database.transaction(async (tx) => {
      await lockRolloutExclusive(tx, rollout.id);
      polled = coming!.at(two.url).offered();
      await aWaitFor(two, 'pg_advisory_xact_lock_shared');
      await tx.query(`UPDATE rollout_device SET state = 'failed' WHERE rollout_id = $1`, [rollout.id]);
      await tx.query(
        `INSERT INTO rollout_tally (tenant_id, rollout_id, wave, lane, state, devices)
                      VALUES (1, $1, 1, 0, 'failed', 1)`,
        [rollout.id],
      );
      const failure = { tenantId: '1', rolloutId: rollout.id, wave: 1, kind: 'device' as const };
      expect(await one.app.get(RolloutGatesService).judge(tx, failure)).toBe(true);
    });
    expect(await polled).toBeUndefined();
    const admitted = await one.database.query(
      `SELECT 1 FROM action WHERE rollout_id = $1 AND controller_id = $2`,
      [rollout.id, coming!.controllerId],
    );
    expect(admitted).toEqual([]);
  });

  it.each(['latest', 'another rollout'])(
    'keep an offer of the release by %s out as well, where a failure may withdraw it',
    async (way) => {
      const rollout = await GatedRollout.made(fleet, aModel(), {
        waves: [{ failure_share: 0 }],
        columns: { when_tripped: 'abort' },
      });
      const [failing, coming] = await rollout.devices(2);
      const id = (await failing!.offered()) ?? '';
      await failing!.deployment(id);
      await comesBy(way, rollout, coming!);
      const action = await fleet.actions.get(fleet.actor, id);
      let polled: Promise<string | undefined> | undefined;
      await one.database.transaction(async (tx) => {
        await one.app.get(OutcomesService).lock(tx, action, 'failed');
        polled = coming!.at(two.url).offered();
        await aWaitFor(two, 'pg_advisory_xact_lock_shared');
        await tx.query(
          `INSERT INTO rollout_tally (tenant_id, rollout_id, wave, lane, state, devices)
                        VALUES (1, $1, 1, 0, 'failed', 1)`,
          [rollout.id],
        );
        const failure = { tenantId: '1', rolloutId: rollout.id, wave: 1, kind: 'device' as const };
        expect(await one.app.get(RolloutGatesService).judge(tx, failure)).toBe(true);
      });
      expect(await polled).toBeUndefined();
      expect(await rollout.release()).toEqual({ isWithdrawn: true, withdrawnBy: `rollout:${rollout.id}` });
    },
  );

  /** Not by the rollout itself. */
  async function comesBy(way: string, { releaseId, model }: GatedRollout, device: DdiDevice): Promise<void> {
    if (way === 'latest') await fleet.fleet.change(fleet.actor, device.controllerId, { mode: 'latest' });
    else
      await fleet.rollout(releaseId, {
        ...{
          name: `${model} again`,
          feed: undefined,
          filter: `controllerId==${device.controllerId}`,
          priority: 1,
        },
      });
  }

  it('keep an offer from being fetched while a failure is counted (B5)', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ failure_share: 0 }] });
    const [failing, fetching] = await rollout.devices(2);
    const id = (await failing!.offered()) ?? '';
    await failing!.deployment(id);
    const other = (await fetching!.offered()) ?? '';
    let fetched: Promise<Response> | undefined;
    await one.database.transaction(async (tx) => {
      await lockRolloutExclusive(tx, rollout.id);
      fetched = fetching!.at(two.url).deployment(other);
      await aWaitFor(two, 'pg_advisory_xact_lock_shared');
      await tx.query(
        `INSERT INTO rollout_tally (tenant_id, rollout_id, wave, lane, state, devices)
                      VALUES (1, $1, 1, 0, 'failed', 1)`,
        [rollout.id],
      );
      const failure = { tenantId: '1', rolloutId: rollout.id, wave: 1, kind: 'device' as const };
      expect(await one.app.get(RolloutGatesService).judge(tx, failure)).toBe(true);
    });
    expect((await fetched)?.status).toBe(404);
    expect(await fleet.stateOf(other)).toBe('withdrawn');
  });

  it('let an offer that is being admitted come in before the failure is counted', async () => {
    const rollout = await GatedRollout.made(fleet, aModel(), { waves: [{ failure_share: 0 }] });
    const [failing] = await rollout.devices(1);
    const id = (await failing!.offered()) ?? '';
    await failing!.deployment(id);
    let reported: Promise<Response> | undefined;
    await one.database.transaction(async (tx) => {
      await lockRolloutShared(tx, rollout.id);
      reported = failing!.feedback(id, 'closed', 'failure');
      await aWaitFor(one, 'pg_advisory_xact_lock(');
      expect(await rollout.state()).toBe('running');
    });
    await reported;
    expect(await rollout.state()).toBe('paused');
  });
});
