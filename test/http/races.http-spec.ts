import { Client } from 'pg';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** Races that real traffic hits by chance, brought about on purpose: a second connection holds the lock they need. */
describe('a decision that is overtaken before Postgres admits it', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let other: Client;
  let next = 0;
  const aModel = (): string => `model-${(next += 1)}`;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
    other = new Client({ connectionString: rookery.databaseUrl });
    await other.connect();
  });
  afterAll(async () => {
    await other.end();
    await rookery.close();
  });

  /** Runs `request` up to where it waits for the plan's lock, then `change`, and lets it go on. */
  async function overtaken<T>(request: () => Promise<T>, change: () => Promise<unknown>): Promise<T> {
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock(1, 1)');
    const running = request();
    await waitUntilBlocked();
    await change();
    await other.query('COMMIT');
    return running;
  }

  async function waitUntilBlocked(): Promise<void> {
    for (;;) {
      const { rows } = await other.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_locks
          WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      if ((rows[0]?.waiting ?? 0) > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async function setState(rolloutId: string, state: string): Promise<void> {
    await other.query('UPDATE rollout SET state = $2 WHERE id = $1', [rolloutId, state]);
    await other.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1');
  }

  /** Leaves the plan alone: only the device's own revision tells. */
  async function pin(controllerId: string): Promise<void> {
    await other.query(
      'UPDATE device SET is_pinned = true, decision_rev = decision_rev + 1 WHERE tenant_id = 1 AND controller_id = $1',
      [controllerId],
    );
  }

  it('is not offered when the rollout was paused meanwhile', async () => {
    const model = aModel();
    const device = await fleet.registered(`${model}-a`, { board: model });
    const rollout = await fleet.rollout(
      await fleet.release('2.0', { name: model, compatibility: `${model}:*` }),
    );
    expect(
      await overtaken(
        () => device.offered(),
        () => setState(rollout, 'paused'),
      ),
    ).toBeUndefined();
  });

  it('is decided anew when a rollout that counts more came meanwhile', async () => {
    const model = aModel();
    const device = await fleet.registered(`${model}-a`, { board: model });
    const compatibility = `${model}:*`;
    await fleet.rollout(await fleet.release('2.0', { name: model, compatibility }), { name: `${model} low` });
    const high = await fleet.rollout(await fleet.release('3.0', { name: model, compatibility }), {
      priority: 5,
    });
    await fleet.rollouts.tell(fleet.actor, high, 'pause');
    await setState(high, 'draft');
    const offered =
      (await overtaken(
        () => device.offered(),
        () => setState(high, 'running'),
      )) ?? '';
    expect((await fleet.actions.get(fleet.actor, offered)).rolloutId).toBe(high);
  });

  it('is not fetched when the rollout was paused meanwhile', async () => {
    const model = aModel();
    const device = await fleet.registered(`${model}-a`, { board: model });
    const rollout = await fleet.rollout(
      await fleet.release('2.0', { name: model, compatibility: `${model}:*` }),
    );
    const offered = (await device.offered()) ?? '';
    expect(
      (
        await overtaken(
          () => device.deployment(offered),
          () => setState(rollout, 'paused'),
        )
      ).status,
    ).toBe(404);
    expect(await fleet.stateOf(offered)).toBe('withdrawn');
  });

  it('is not fetched when the device was pinned meanwhile', async () => {
    const model = aModel();
    const device = await fleet.registered(`${model}-a`, { board: model });
    await fleet.rollout(await fleet.release('2.0', { name: model, compatibility: `${model}:*` }));
    const offered = (await device.offered()) ?? '';
    expect(
      (
        await overtaken(
          () => device.deployment(offered),
          () => pin(device.controllerId),
        )
      ).status,
    ).toBe(404);
  });

  it('is not offered when the device was pinned meanwhile', async () => {
    const model = aModel();
    const device = await fleet.registered(`${model}-a`, { board: model });
    await fleet.rollout(await fleet.release('2.0', { name: model, compatibility: `${model}:*` }));
    expect(
      await overtaken(
        () => device.offered(),
        () => pin(device.controllerId),
      ),
    ).toBeUndefined();
  });
});
