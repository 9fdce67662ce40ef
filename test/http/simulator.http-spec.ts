import { sampleBundle } from '../../src/cli/demo/staging/sample-bundle';
import { FAULTS } from '../../src/cli/simulator/fault';
import { SimulatedFleet } from '../../src/cli/simulator/fleet';
import type { FleetOptions } from '../../src/cli/simulator/fleet-settings';
import { History } from '../../src/cli/simulator/judging/history';
import { Judge, type Verdict } from '../../src/cli/simulator/judging/verdict';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const FAST = { ROOKERY_POLL_INTERVAL: '1s', ROOKERY_POLL_INTERVAL_MIN: '1s' };
const EVENLY = { swupdate: 1, rauc: 1, zephyr: 1, esp: 1 };
const SIZE_BYTES = 300_000;
/** Far more than it takes, for a machine that is busy with other things. */
const PATIENCE_MS = 50_000;
jest.setTimeout(70_000);

describe('the device simulator', () => {
  let rookery: TestRookery;
  let server: Fleet;
  let rolloutId: string;
  let fleets: SimulatedFleet[];
  let replicas: TestRookery[];

  beforeEach(async () => {
    fleets = [];
    replicas = [];
    rookery = await startRookery({ settings: FAST });
    server = new Fleet(rookery);
    const content = sampleBundle('2.0.0', Buffer.alloc(SIZE_BYTES, 'rookery'));
    const file = { fileName: 'firmware.swu', content };
    const releaseId = await server.release('2.0.0', { compatibility: 'simulated:*', ...file });
    rolloutId = await server.rollout(releaseId);
  });
  afterEach(async () => {
    for (const fleet of fleets) fleet.stop();
    for (const replica of replicas) await replica.close();
    await rookery.close();
  });

  const simulate = (options: Partial<FleetOptions>): SimulatedFleet => {
    const fleet = new SimulatedFleet({
      ...{ url: rookery.url, gatewayToken: rookery.gatewayToken, devices: 60, profiles: EVENLY },
      ...{ pollMs: 400, timeScale: 20, seed: 7, ...options },
    });
    fleets.push(fleet);
    return fleet;
  };

  const judge = (fleet: SimulatedFleet): Promise<Verdict> =>
    new Judge(fleet.oracle, fleet.traffic, new History(rookery.url, rookery.token)).judge();

  it('brings every device of every profile to the new version when nothing goes wrong', async () => {
    const fleet = simulate({});
    fleet.start();
    const hasSettled = await fleet.settled(PATIENCE_MS);
    fleet.stop();
    expect([hasSettled, fleet.snapshot().byState.idle]).toEqual([true, 60]);
    expect((await judge(fleet)).mismatches).toEqual([]);
    expect((await server.rollouts.get(server.actor, rolloutId)).devices).toEqual({ confirmed: 60 });
    expect(fleet.snapshot().byVersion).toEqual({ '2.0.0': 60 });
    expect(fleet.snapshot().byProfile).toEqual({ swupdate: 15, rauc: 15, zephyr: 15, esp: 15 });
  });

  it('is not done while the first update runs in a fleet that had been quiet before', async () => {
    await server.rollouts.tell(server.actor, rolloutId, 'pause');
    const fleet = simulate({ devices: 12 });
    fleet.start();
    await isQuiet(fleet);
    await server.rollouts.tell(server.actor, rolloutId, 'resume');
    expect(await fleet.settled(PATIENCE_MS)).toBe(true);
    expect(fleet.snapshot().byVersion).toEqual({ '2.0.0': 12 });
  });

  it('sees what the server lost or made up', async () => {
    const fleet = simulate({ devices: 4 });
    fleet.start();
    expect(await fleet.settled(PATIENCE_MS)).toBe(true);
    fleet.stop();
    const { database } = rookery;
    await database.query(`DELETE FROM action_log WHERE action_id = 1 AND status = 'closed/success'`, []);
    await database.query(`UPDATE action SET state = 'failed' WHERE id = 2`, []);
    await database.query(`UPDATE device SET installed_version = '1.9' WHERE controller_id = 'sim-00003'`, []);
    const { mismatches } = await judge(fleet);
    expect(mismatches.map(({ about }) => about.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      'action 1',
      'action 2',
      'device sim-00003',
      'rollout 1',
      'rollout 1',
    ]);
  });

  it('agrees with the history of two replicas when every fault befalls some devices, cancels among them', async () => {
    const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 6]));
    const replica = await startRookery({ settings: FAST, replicaOf: rookery });
    replicas.push(replica);
    const fleet = simulate({ faults, url: [rookery.url, replica.url] });
    fleet.start();
    const cancelling = cancelSome(server, fleet, PATIENCE_MS);
    const hasSettled = await fleet.settled(PATIENCE_MS);
    fleet.stop();
    expect(await cancelling).toBeGreaterThan(0);
    expect(hasSettled ? [] : stuck(fleet)).toEqual([]);
    const verdict = await judge(fleet);
    expect(verdict.mismatches).toEqual([]);
    expect(verdict.judged).toMatchObject({ devices: 60, rollouts: 1 });
    const actions = [...fleet.oracle.devices.values()].flatMap((device) => [...device.actions.values()]);
    expect([...new Set(actions.flatMap((action) => action.faults))].sort()).toEqual([...FAULTS].sort());
    expect(actions.flatMap((action) => action.reports).some(({ on }) => on === 'cancel')).toBe(true);
  });
});

/** Every device has asked often enough to count as done, and nothing was there for any. */
async function isQuiet(fleet: SimulatedFleet): Promise<void> {
  while (fleet.devices.some((device) => device.quietPolls < 4))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Asks every fourth device to cancel as soon as its update has begun. */
async function cancelSome(server: Fleet, fleet: SimulatedFleet, mostMs: number): Promise<number> {
  const asked = new Set<string>();
  const startedMs = performance.now();
  while (!fleet.isSettled && performance.now() - startedMs < mostMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const { actions } of fleet.oracle.devices.values()) {
      for (const { actionId } of actions.values()) {
        if (asked.has(actionId) || Number(actionId) % 4 !== 0) continue;
        asked.add(actionId);
        await server.fleet.cancel(server.actor, actionId, false).catch(() => undefined);
      }
    }
  }
  return asked.size;
}

function stuck(fleet: SimulatedFleet): unknown[] {
  return fleet.devices
    .filter((device) => !device.isDead && device.quietPolls < 3)
    .map((device) => {
      const actions = [...(fleet.oracle.devices.get(device.controllerId)?.actions.values() ?? [])];
      return [device.controllerId, device.profile, device.state, JSON.stringify(actions)];
    });
}
