import type request from 'supertest';
import { TenantsService } from '../../src/modules/tenants/tenants.service';
import { RolloutsService } from '../../src/modules/rollouts/rollouts.service';
import { RolloutChangesService } from '../../src/modules/rollouts/verbs/rollout-changes.service';
import { RolloutAbortsService } from '../../src/modules/rollouts/verbs/rollout-aborts.service';
import { RolloutStartsService } from '../../src/modules/rollouts/verbs/rollout-starts.service';
import { systemActor } from '../../src/platform/actor/actor';
import { lockPlanExclusive } from '../../src/platform/database/locks';
import { NotFoundError } from '../../src/platform/errors/domain.error';
import { aWaitFor } from '../support/lock-waits';
import { RolloutDesk } from '../support/rollout-desk';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
let desk: RolloutDesk;
beforeAll(async () => {
  rookery = await startRookery();
  desk = new RolloutDesk(rookery);
});
afterAll(() => rookery.close());

const place = async (
  rolloutId: string,
  places: readonly [state: string, previous: string | null][],
): Promise<void> => {
  for (const [at, [state, previous]] of places.entries()) {
    await rookery.database.query(
      `INSERT INTO rollout_device (tenant_id, rollout_id, device_id, wave, lane, action_id, state, previous_release_id)
       VALUES (1, $1, $2, 1, 0, $2, $3, $4)`,
      [rolloutId, 1_000_000 + at, state, previous],
    );
    await rookery.database.query(
      `INSERT INTO rollout_tally (tenant_id, rollout_id, wave, lane, state, devices) VALUES (1, $1, 1, 0, $2, 1)
       ON CONFLICT ON CONSTRAINT rollout_tally_pk DO UPDATE SET devices = rollout_tally.devices + 1`,
      [rolloutId, state],
    );
  }
};

describe('resume', () => {
  it('takes what has failed so far for known, wave by wave, and clears why it stood still', async () => {
    const { id } = await desk.running();
    await place(id, [
      ['confirmed', null],
      ['failed', null],
      ['timed-out', null],
      ['lost', null],
      ['cancelled', null],
    ]);
    await rookery.database.query(
      `UPDATE rollout SET state = 'paused',
              halt = '{"kind": "failures", "wave": 1, "failures": 3, "finished": 4, "at": "2026-01-01T00:00:00Z"}' WHERE id = $1`,
      [id],
    );
    expect((await desk.get(id)).halt).toMatchObject({ kind: 'failures', wave: 1, failures: 3, finished: 4 });
    const { body } = await desk.tell(id, 'resume').expect(200);
    expect(body.state).toBe('running');
    expect(body).not.toHaveProperty('halt');
    const rows = await rookery.database.query(
      `SELECT r.acknowledged_failures AS rf, r.acknowledged_finished AS rn, w.acknowledged_failures AS wf,
              w.acknowledged_finished AS wn FROM rollout r JOIN rollout_wave w ON w.rollout_id = r.id WHERE r.id = $1`,
      [id],
    );
    expect(rows).toEqual([{ rf: 3, rn: 4, wf: 3, wn: 4 }]);
  });

  it('does not bring a withdrawn release back', async () => {
    const { id, releaseId } = await desk.running();
    await desk.tell(id, 'pause').expect(200);
    await desk.api.post(`/releases/${releaseId}/withdraw`).expect(200);
    await desk.tell(id, 'resume').expect(409);
  });

  it('leaves what was finished finished', async () => {
    const { id } = await desk.running();
    await desk.tell(id, 'advance').expect(200);
    expect((await desk.tell(id, 'pause').expect(200)).body.state).toBe('paused');
    expect((await desk.tell(id, 'resume').expect(200)).body.state).toBe('finished');
  });
});

describe('advance', () => {
  const gate = { manual: true };
  const waves = [{ percentage: 1, gate }, { percentage: 10, gate }, { percentage: 100 }];

  it('opens the next wave, named or not, and after the last one the rollout is finished', async () => {
    const { id } = await desk.running({ waves });
    const first = (await desk.tell(id, 'advance', { wave: 1 }).expect(200)).body;
    expect(first).toMatchObject({ state: 'running', currentWave: 2 });
    expect(first.waves[0]).toMatchObject({ passedBy: 'token:first-start', passedAt: expect.any(String) });
    expect((await desk.tell(id, 'advance', { wave: 1 }).expect(200)).body).toEqual(first);
    await desk.tell(id, 'advance', { wave: 3 }).expect(409);
    await desk.tell(id, 'advance', { wave: 4 }).expect(422);
    await desk.tell(id, 'advance', { wave: 0 }).expect(400);
    await desk.tell(id, 'advance').expect(200);
    expect((await desk.tell(id, 'advance').expect(200)).body).toMatchObject({
      state: 'finished',
      currentWave: 3,
    });
    await desk.tell(id, 'advance').expect(200);
    expect((await desk.audit(id)).filter((kind) => kind === 'rollout.advance')).toHaveLength(3);
  });

  it('is for a rollout that runs', async () => {
    const { id } = await desk.draft({ waves });
    await desk.tell(id, 'advance').expect(409);
  });

  it('reaches devices at once', async () => {
    const made = await desk.running({
      waves: [{ members: { controllerIds: ['nobody'] }, gate }, { percentage: 100 }],
    });
    const device = await desk.device(made.feed);
    expect(await device.offered()).toBeUndefined();
    await desk.tell(made.id, 'advance').expect(200);
    expect(await device.offered()).toBeDefined();
  });
});

describe('retry-failed', () => {
  it('gives failed devices another try, once for each time it is said', async () => {
    const made = await desk.running({ confirms: 'report' });
    const device = await desk.device(made.feed);
    const actionId = (await device.offered()) ?? '';
    await device.deployment(actionId);
    await device.feedback(actionId, 'closed', 'failure');
    expect(await device.offered()).toBeUndefined();
    expect((await desk.tell(made.id, 'retry-failed').expect(200)).body).toMatchObject({ retried: 1 });
    expect((await desk.tell(made.id, 'retry-failed').expect(200)).body).toMatchObject({ retried: 0 });
    expect(await device.offered()).toBeDefined();
    await desk.tell(made.id, 'abort').expect(200);
    await desk.tell(made.id, 'retry-failed').expect(409);
  });

  it('is not for a device that has come to a good end meanwhile', async () => {
    const made = await desk.running({ confirms: 'report' });
    const device = await desk.device(made.feed);
    const actionId = (await device.offered()) ?? '';
    await device.deployment(actionId);
    await device.feedback(actionId, 'closed', 'failure');
    let telling: Promise<request.Response> | undefined;
    await rookery.database.transaction(async (tx) => {
      await lockPlanExclusive(tx, '1');
      telling = desk.tell(made.id, 'retry-failed').then((answer) => answer);
      await aWaitFor(rookery, 'pg_advisory_xact_lock(');
      await tx.query(
        "UPDATE rollout_device SET state = 'confirmed' WHERE tenant_id = 1 AND rollout_id = $1",
        [made.id],
      );
    });
    const told = await telling;
    expect([told?.status, told?.body.retried]).toEqual([200, 0]);
  });

  it('is for devices, too, that failed on a step on the way, and leaves steps alone that succeeded', async () => {
    const name = desk.aName();
    const feed = await desk.feed();
    const release = (version: string): Promise<string> =>
      desk.fleet.release(version, { name, compatibility: `${name}:*` });
    const step = await release('2.0');
    const releaseId = await release('3.0');
    await rookery.database.query("UPDATE release SET upgrade_from = '>=2' WHERE id = $1", [releaseId]);
    const made = await desk.running({ feed, releaseId });
    const devices = [await desk.device(feed), await desk.device(feed), await desk.device(feed)];
    for (const device of devices) await device.configData({ board: name, sw_version: '1.0' });
    const [failed, stale, cancelled] = devices;
    const first = await desk.fleet.actions.get(desk.fleet.actor, await failed!.update('failure'));
    expect([first.releaseId, first.rolloutId]).toEqual([step, undefined]);
    // It goes on reporting the version from before: what succeeded is not installed again.
    await stale!.update();
    await stale!.configData({ sw_version: '1.0' });
    const taken = (await cancelled!.offered()) ?? '';
    await desk.fleet.fleet.cancel(desk.fleet.actor, taken, true);
    for (const device of devices) expect(await device.offered()).toBeUndefined();
    expect((await desk.tell(made.id, 'retry-failed').expect(200)).body).toMatchObject({ retried: 1 });
    expect((await desk.tell(made.id, 'retry-failed').expect(200)).body).toMatchObject({ retried: 0 });
    const again = await desk.fleet.actions.get(desk.fleet.actor, (await failed!.offered()) ?? '');
    expect([again.releaseId, again.origin]).toEqual([step, `hop:${made.id}:${step}`]);
    expect([await stale!.offered(), await cancelled!.offered()]).toEqual([undefined, undefined]);
  });
});

describe('abort', () => {
  it('may ask for the running to be cancelled and for the release to be withdrawn, also later', async () => {
    const { id, releaseId } = await desk.running();
    expect((await desk.tell(id, 'abort').expect(200)).body).toMatchObject({
      state: 'aborted',
      endedAt: expect.any(String),
    });
    const cancels = async (): Promise<unknown> =>
      rookery.database.query('SELECT cancels_running FROM rollout WHERE id = $1', [id]);
    expect(await cancels()).toEqual([{ cancels_running: false }]);
    await desk.tell(id, 'abort', { running: 'cancel', withdraw: true }).expect(200);
    expect(await cancels()).toEqual([{ cancels_running: true }]);
    expect((await desk.api.get(`/releases/${releaseId}`).expect(200)).body).toMatchObject({
      isWithdrawn: true,
      withdrawnBy: `rollout:${id}`,
    });
    expect(await desk.audit(id)).toEqual(['rollout.created', 'rollout.start', 'rollout.abort']);
  });

  it.each([{ running: 'kill' }, { rollback: 'yes' }, { withdraw: 1 }, { all: true }])(
    'refuses %j',
    async (body) => {
      const { id } = await desk.running();
      await desk.tell(id, 'abort', body).expect(400);
      expect((await desk.get(id)).state).toBe('running');
    },
  );

  it('brings devices back to what each of them ran, release by release', async () => {
    const [older, old, gone] = [await desk.release(), await desk.release(), await desk.release()];
    await desk.api.post(`/releases/${gone}/withdraw`).expect(200);
    const made = await desk.running({ priority: 6, inFlightCap: 12, confirms: 'report' });
    await place(made.id, [
      ['confirmed', old],
      ['lost', old],
      ['confirmed', older],
      ['confirmed', null],
      ['confirmed', gone],
      ['failed', older],
    ]);
    const { body } = await desk.tell(made.id, 'abort', { rollback: true, withdraw: true }).expect(200);
    expect(body.rollback).toEqual({
      rolloutIds: [expect.any(String), expect.any(String)],
      unknown: 1,
      barred: 1,
    });
    const backs = await Promise.all((body.rollback.rolloutIds as string[]).map((id) => desk.get(id)));
    const { body: release } = await desk.api.get(`/releases/${older}`).expect(200);
    expect(backs[0]).toMatchObject({
      ...{ state: 'running', releaseId: older, name: `${made.name} back to ${release.version}` },
      ...{
        priority: 6,
        inFlightCap: 12,
        allowsDowngrade: true,
        confirms: 'report',
        revertsRolloutId: made.id,
      },
    });
    expect(backs.map(({ releaseId }) => releaseId)).toEqual([older, old]);
    expect(backs[0]).not.toHaveProperty('feed');
    const again = await desk.tell(made.id, 'abort', { rollback: true }).expect(200);
    expect(again.body.rollback.rolloutIds).toEqual(body.rollback.rolloutIds);
  });
});

describe('what is said to a rollout', () => {
  const VERBS = ['start', 'approve', 'deny', 'pause', 'resume', 'advance', 'retry-failed', 'abort', 'close'];

  it.each(VERBS)('is for operators, of rollouts that are there, as they were read: %s', async (verb) => {
    const { id } = await desk.draft();
    const publisher = await desk.as('publisher');
    await publisher.post(`/rollouts/${id}/${verb}`).expect(403);
    await desk.tell('4711', verb).expect(404);
    await desk.tell('99999999999', verb).expect(404);
    await desk.api.post(`/rollouts/${id}/${verb}`).set('if-match', '"9"').expect(412);
    await desk.api.post(`/rollouts/${id}/${verb}`).set('if-match', 'W/"1"').expect(412);
    expect((await desk.get(id)).state).toBe('draft');
  });

  it('is nothing to another tenant', async () => {
    const { id } = await desk.running();
    const tenant = await rookery.app.get(TenantsService).ensure('OTHER');
    const stranger = systemActor(tenant.id);
    const of = rookery.app.get.bind(rookery.app);
    const tries = [
      () => of(RolloutsService).get(stranger, id),
      () => of(RolloutsService).tell(stranger, id, 'close'),
      () => of(RolloutsService).tell(stranger, id, 'retry-failed'),
      () => of(RolloutChangesService).change(stranger, id, { priority: 9 }),
      () => of(RolloutChangesService).remove(stranger, id),
      () =>
        of(RolloutAbortsService).abort(stranger, id, { running: 'cancel', withdraw: true, rollback: true }),
      () => of(RolloutStartsService).preview(stranger, id),
    ];
    for (const one of tries) await expect(one()).rejects.toThrow(NotFoundError);
    expect(await desk.get(id)).toMatchObject({ state: 'running', priority: 0 });
  });
});

describe('a feed', () => {
  it('stands for the release of the rollout that counts, for each hardware', async () => {
    const feed = await desk.feed();
    const current = async (): Promise<unknown[]> =>
      (await desk.api.get(`/feeds/${feed}`).expect(200)).body.current as unknown[];
    expect(await current()).toEqual([]);
    await desk.draft({ feed });
    expect(await current()).toEqual([]);
    const older = await desk.running({ feed });
    const other = await desk.running({
      feed,
      releaseId: await desk.fleet.release('77.0', { name: desk.aName(), compatibility: 'other-board:*' }),
    });
    const newer = await desk.running({ feed });
    expect(await current()).toEqual([
      expect.objectContaining({ rolloutId: newer.id, state: 'running', releaseId: newer.releaseId }),
      expect.objectContaining({ rolloutId: other.id, version: '77.0' }),
    ]);
    await desk.tell(newer.id, 'close').expect(200);
    expect(await current()).toContainEqual(expect.objectContaining({ rolloutId: older.id }));
    const listed = await desk.api.get('/feeds').expect(200);
    expect(listed.body.items).toContainEqual(
      expect.objectContaining({ name: feed, current: await current() }),
    );
  });
});
