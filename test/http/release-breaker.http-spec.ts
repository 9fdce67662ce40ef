import { lockReleaseExclusive } from '../../src/platform/database/locks';
import { systemActor } from '../../src/platform/actor/actor';
import { ReleasesService } from '../../src/modules/releases/releases.service';
import { RolloutGatesService } from '../../src/modules/rollouts/gates/rollout-gates.service';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { inTurn } from '../support/gated-rollout';
import { startRookery, type TestRookery } from '../support/rookery-app';

jest.setTimeout(60_000);

const fails = (device: DdiDevice): Promise<string> => device.update('failure');
const succeeds = (device: DdiDevice): Promise<string> => device.update('success');

describe('the breaker of a release', () => {
  let one: TestRookery;
  let two: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
    fleet = new Fleet(one);
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  /** Devices that take the latest release, and the only one that fits them. */
  async function latest(count: number): Promise<{ releaseId: string; devices: DdiDevice[] }> {
    const model = `breaker-${(next += 1)}`;
    const names = Array.from({ length: count }, (_unused, n) => `${model}-${n}`);
    const devices = await Promise.all(names.map((name) => fleet.registered(name, { board: model })));
    await one.database.query(
      "UPDATE device SET mode = 'latest', decision_rev = decision_rev + 1 WHERE controller_id LIKE $1 || '-%'",
      [model],
    );
    return { releaseId: await fleet.release('2.0', { name: model, compatibility: `${model}:*` }), devices };
  }

  async function release(id: string): Promise<object> {
    const { isWithdrawn, withdrawnBy } = await fleet.releases.get('1', id);
    return { isWithdrawn, withdrawnBy };
  }

  async function events(kind: string, releaseId: string): Promise<unknown[]> {
    return one.database.query('SELECT detail FROM event WHERE tenant_id = 1 AND kind = $1 AND subject = $2', [
      kind,
      `release:${releaseId}`,
    ]);
  }

  it('withdraws it with the failure that is one too many: the fifth of twenty', async () => {
    const { releaseId, devices } = await latest(7);
    await inTurn(devices.slice(0, 4), fails);
    expect(await release(releaseId)).toEqual({ isWithdrawn: false, withdrawnBy: undefined });
    expect(await devices[5]!.offered()).toBeDefined();
    await fails(devices[4]!);
    expect(await release(releaseId)).toEqual({ isWithdrawn: true, withdrawnBy: 'breaker' });
    expect(await events('release.withdrawn', releaseId)).toEqual([{ detail: { by: 'breaker' } }]);
    expect(await devices[5]!.at(two.url).offered()).toBeUndefined();
    expect(await devices[6]!.at(two.url).offered()).toBeUndefined();
  });

  it('counts successes for it, and not what a device only says to run', async () => {
    const { releaseId, devices } = await latest(30);
    await Promise.all(devices.slice(0, 20).map(succeeds));
    await one.database.query(
      `INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, state, is_exposed, has_proof, ended_by, ended_at)
       SELECT 1, 999000 + n, 'said-' || n, $1, 'device', 'confirmed', false, true, 'device', now() FROM generate_series(1, 50) n`,
      [releaseId],
    );
    await inTurn(devices.slice(20, 25), fails);
    expect(await release(releaseId)).toMatchObject({ isWithdrawn: false });
    await fails(devices[25]!);
    expect(await release(releaseId)).toMatchObject({ isWithdrawn: true });
  });

  it('withdraws it once while many fail on both replicas', async () => {
    const { releaseId, devices } = await latest(20);
    await Promise.all(
      devices.map((device, n) => fails(n % 2 === 0 ? device : device.at(two.url)).catch(String)),
    );
    expect(await release(releaseId)).toMatchObject({ withdrawnBy: 'breaker' });
    expect(await events('release.withdrawn', releaseId)).toHaveLength(1);
  });

  it('does not blame it for bytes of ours that were not what they should be', async () => {
    const { releaseId, devices } = await latest(6);
    const ids = await Promise.all(devices.map(async (device) => (await device.offered()) ?? ''));
    await Promise.all(devices.map((device, n) => device.deployment(ids[n]!)));
    await one.database.query(
      `UPDATE blob SET fault = 'changed', fault_at = now() WHERE id IN (
         SELECT a.blob_id FROM artifact a JOIN release_module m ON m.id = a.module_id WHERE m.release_id = $1)`,
      [releaseId],
    );
    await inTurn(devices, (device) => device.feedback(ids[devices.indexOf(device)]!, 'closed', 'failure'));
    expect(await release(releaseId)).toMatchObject({ isWithdrawn: false });
  });

  it('begins to count anew when somebody has reinstated the release', async () => {
    const { releaseId, devices } = await latest(10);
    await inTurn(devices.slice(0, 5), fails);
    await one.database.query('UPDATE release SET is_withdrawn = false, withdrawn_by = NULL WHERE id = $1', [
      releaseId,
    ]);
    await one.database.query(
      `INSERT INTO event (tenant_id, kind, subject, actor) VALUES (1, 'release.reinstated', $1, 'user:ann')`,
      [`release:${releaseId}`],
    );
    await one.database.query('UPDATE tenant_plan SET revision = revision + 1');
    await inTurn(devices.slice(5, 9), fails);
    expect(await release(releaseId)).toMatchObject({ isWithdrawn: false });
    await fails(devices[9]!);
    expect(await release(releaseId)).toMatchObject({ isWithdrawn: true });
  });

  it('keeps an offer out while a failure is counted', async () => {
    const { releaseId, devices } = await latest(1);
    let polled: Promise<string | undefined> | undefined;
    await one.database.transaction(async (tx) => {
      await lockReleaseExclusive(tx, releaseId);
      polled = devices[0]!.at(two.url).offered();
      await waitForWaiting();
      const gates = one.app.get(RolloutGatesService);
      await one.app.get(ReleasesService).withdrawIn(tx, systemActor('1'), releaseId, 'breaker');
      await gates.raisePlan(tx, '1');
    });
    expect(await polled).toBeUndefined();
  });

  /** Until an admission waits for its lock. */
  async function waitForWaiting(): Promise<void> {
    for (let look = 0; look < 1000; look += 1) {
      const rows = await two.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND query LIKE '%advisory_xact_lock_shared%' AND pid <> pg_backend_pid()`,
      );
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('nothing waits');
  }
});
