import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** Two servers and all their devices in one process, on a machine that may have other things to do. */
jest.setTimeout(60_000);

const DEVICES = 200;

describe('two replicas on one Postgres', () => {
  let one: TestRookery;
  let two: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
    fleet = new Fleet(one);
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  async function devicesCalled(prefix: string, count: number): Promise<DdiDevice[]> {
    const names = Array.from({ length: count }, (_unused, index) => `${prefix}-${index}`);
    return Promise.all(names.map((name) => fleet.registered(name, { board: prefix })));
  }

  async function openActions(prefix: string): Promise<{ devices: number; actions: number }> {
    const [row] = await one.database.query<{ devices: number; actions: number }>(
      `SELECT count(DISTINCT device_id)::int AS devices, count(*)::int AS actions FROM action
        WHERE tenant_id = 1 AND controller_id LIKE $1 || '-%' AND ended_at IS NULL`,
      [prefix],
    );
    return row ?? { devices: -1, actions: -1 };
  }

  it('give each of 200 devices that poll both at once exactly one action', async () => {
    const devices = await devicesCalled('both', DEVICES);
    const rolloutId = await fleet.rollout(
      await fleet.release('2.0', { name: 'both', compatibility: 'both:*' }),
    );
    const answers = await Promise.all(
      devices.flatMap((device) => [
        insistently(device),
        insistently(device.at(two.url)),
        insistently(device.at(two.url)),
      ]),
    );
    for (let index = 0; index < DEVICES; index += 1) {
      const seen = new Set(answers.slice(index * 3, index * 3 + 3));
      expect(seen.size).toBe(1);
      expect(seen.has(undefined)).toBe(false);
    }
    expect(await openActions('both')).toEqual({ devices: DEVICES, actions: DEVICES });
    expect(await fleet.slots(rolloutId)).toEqual({ taken: DEVICES, open: DEVICES });
    expect((await fleet.rollouts.get(fleet.actor, rolloutId)).devices).toEqual({ offered: DEVICES });
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'close');
  });

  it('obey a pause that the other one acknowledged from the very next poll on', async () => {
    const devices = await devicesCalled('pause', 40);
    const rolloutId = await fleet.rollout(
      await fleet.release('2.0', { name: 'pause', compatibility: 'pause:*' }),
    );
    const [early, fetched, ...others] = devices;
    if (early === undefined || fetched === undefined) throw new Error('no devices');
    const offered = await early.at(two.url).offered();
    const going = (await fetched.at(two.url).offered()) ?? '';
    await fetched.at(two.url).deployment(going);
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'pause');
    const answers = await Promise.all(others.map((device) => device.at(two.url).offered()));
    expect(new Set(answers)).toEqual(new Set([undefined]));
    // What was only offered can no longer be fetched; what was fetched goes on.
    expect((await early.at(two.url).deployment(offered ?? '')).status).toBe(404);
    expect(await fetched.at(two.url).offered()).toBe(going);
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'resume');
    const resumed = await Promise.all(others.map((device) => device.at(two.url).offered()));
    expect(resumed).not.toContain(undefined);
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'close');
  });

  it('never hand out more than the in-flight cap, and all of it, while 120 devices race', async () => {
    const cap = 7;
    const devices = await devicesCalled('cap', 120);
    const releaseId = await fleet.release('2.0', { name: 'cap', compatibility: 'cap:*' });
    const rolloutId = await fleet.rollout(releaseId, { inFlightCap: cap });
    for (let round = 1; round <= 3; round += 1) {
      const polls = devices.flatMap((device) => [device.offered(), device.at(two.url).offered()]);
      await Promise.all(polls);
      // A lane that another poll is just taking is skipped: whoever came too late comes again.
      const again = await Promise.all(devices.map((device) => device.offered()));
      const held = new Set(again.filter((id) => id !== undefined));
      expect(held.size).toBe(cap);
      expect(await fleet.slots(rolloutId)).toEqual({ taken: cap, open: cap });
      const holders = devices.filter((_device, index) => again[index] !== undefined);
      // So few fail that no gate closes.
      await Promise.all(
        holders.map((device, index) =>
          device.at(two.url).update(round === 2 && index < 5 ? 'failure' : 'success'),
        ),
      );
      expect(await fleet.slots(rolloutId)).toEqual({ taken: 0, open: 0 });
    }
    const { devices: counted } = await fleet.rollouts.get(fleet.actor, rolloutId);
    expect(counted).toEqual(await fleet.countedFromHistory(rolloutId));
    expect(counted).toEqual({ confirmed: 3 * cap - 5, failed: 5 });
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'close');
  });

  it('count a report once that both are told at the same time, many times over', async () => {
    const devices = await devicesCalled('twice', 30);
    const releaseId = await fleet.release('2.0', { name: 'twice', compatibility: 'twice:*' });
    const rolloutId = await fleet.rollout(releaseId);
    await Promise.all(
      devices.map(async (device, index) => {
        const id = (await device.offered()) ?? '';
        await device.deployment(id);
        await device.feedback(id, 'proceeding');
        const finished = index % 3 === 0 ? 'failure' : 'success';
        const replicas = [device, device.at(two.url), device, device.at(two.url)];
        const reports = replicas.map((at) => at.feedback(id, 'closed', finished));
        const progress = replicas.map((at) => at.feedback(id, 'proceeding'));
        const statuses = (await Promise.all(reports)).map((answer) => answer.status);
        expect(new Set(statuses)).toEqual(new Set([200]));
        const other = (await Promise.all(progress)).map((answer) => answer.status);
        expect(other.every((status) => status === 200 || status === 410)).toBe(true);
      }),
    );
    const { devices: counted } = await fleet.rollouts.get(fleet.actor, rolloutId);
    expect(counted).toEqual({ confirmed: 20, failed: 10 });
    expect(await fleet.countedFromHistory(rolloutId)).toEqual(counted);
    expect(await fleet.slots(rolloutId)).toEqual({ taken: 0, open: 0 });
  });

  it('admit nothing that a pause has overtaken, however polls and pauses interleave', async () => {
    const devices = await devicesCalled('race', 60);
    const releaseId = await fleet.release('2.0', { name: 'race', compatibility: 'race:*' });
    const rolloutId = await fleet.rollout(releaseId);
    const polling = Promise.all(
      devices.map((device, index) => device.at(index % 2 === 0 ? one.url : two.url).offered()),
    );
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'pause');
    const [pausedAt] = await one.database.query<{ id: string }>(
      'SELECT coalesce(max(id), 0) AS id FROM action',
    );
    await polling;
    const late = await one.database.query('SELECT 1 FROM action WHERE id > $1 AND rollout_id = $2', [
      pausedAt?.id,
      rolloutId,
    ]);
    expect(late).toEqual([]);
    await fleet.rollouts.tell(fleet.actor, rolloutId, 'close');
  });
});

/** As devices do: one that is told that the server is busy (503) asks again. */
async function insistently(device: DdiDevice): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await device.offered();
    } catch (error) {
      if (attempt === 20 || !String(error).includes('503')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
    }
  }
}
