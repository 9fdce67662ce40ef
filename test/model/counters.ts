import { truthOf, faultsOfCounters } from '../property/judges/counts';
import { ONE_WAVE, type Cast, type CastDevice, type CastRollout } from '../property/support/cast';
import { setStage } from '../property/support/set-stage';
import { BEGINNING_MS, type Theatre } from '../property/support/theatre';
import { ModelDevice, type Run } from './model-device';
import { Random } from './random';

export interface CountersWish {
  readonly devices: number;
  readonly deliveries: number;
  readonly seed: number;
}

export interface CountersFigures {
  readonly deliveries: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** Reports, polls and the like that were sent once more, since the server was too busy. */
  readonly comebacks: number;
  readonly actions: number;
  readonly corrections: number;
  /** By the model. */
  readonly expected: Readonly<Record<string, number>>;
  /** As the management API shows them. */
  readonly shown: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly faults: readonly string[];
}

/** So many devices are at it at the same time. */
const AT_ONCE = 40;

const DEVICE: CastDevice = {
  ...{ model: 'board', version: '1.0.0', client: 'unknown', timezone: undefined, feed: 0, tags: [] },
};

/** Everybody, as often as one likes, and a gate that never closes. */
const ROLLOUT: CastRollout = {
  ...{ release: 0, feed: 0, tag: undefined, priority: 0, cap: undefined, offersPerMinute: undefined },
  ...{ mostDevices: undefined, attempts: 100, allowsDowngrade: false, confirms: 'report', silentPolls: 0 },
  ...{ whenTripped: 'pause', windows: [], isStarted: true },
  waves: ONE_WAVE.map((wave) => ({ ...wave, gate: { ...wave.gate, failureShare: 10_000, isManual: true } })),
};

/**
 * The model run: so many reports, told to two instances in all ways in which networks and devices muddle them, and afterwards
 * every counter has to be what the model says.
 */
export async function countModel(theatre: Theatre, wish: CountersWish): Promise<CountersFigures> {
  const startedMs = performance.now();
  const cast: Cast = { devices: new Array<CastDevice>(wish.devices).fill(DEVICE), rollouts: [ROLLOUT] };
  theatre.nowMs = BEGINNING_MS;
  const stage = await setStage(theatre, cast, BEGINNING_MS);
  const [console] = theatre.consoles;
  const rolloutId = await console.createRollout(stage.operator, stage, ROLLOUT, 'model');
  await console.say(stage.operator, rolloutId, 'start');
  const run: Run = {
    ...{ stage, replicas: theatre.replicas, console, random: new Random(wish.seed) },
    ...{ kinds: { original: 0, duplicate: 0, 'at once': 0, late: 0 }, deliveries: 0, most: wish.deliveries },
    comebacks: 0,
  };
  const devices = stage.devices.map(({ controllerId }) => new ModelDevice(run, controllerId));
  await Promise.all(Array.from({ length: AT_ONCE }, (_unused, worker) => live(run, devices, worker)));
  const { tenantId, operator } = stage;
  const shown = await console.rollout(operator, rolloutId);
  const expected = expectedCounts(devices);
  const faults = [
    ...faultsOfCounters(shown, await truthOf(theatre.database, tenantId, rolloutId)),
    ...differences(expected, foldedOpen(shown.devices)),
    ...(await faultsOfActions(theatre, tenantId, devices)),
  ];
  const [row] = await theatre.database.query<{ corrections: number }>(
    `SELECT count(*)::int AS corrections FROM event WHERE tenant_id = $1 AND kind = 'action.corrected'`,
    [tenantId],
  );
  return {
    ...{ deliveries: run.deliveries, kinds: run.kinds, corrections: row?.corrections ?? 0 },
    comebacks: run.comebacks,
    actions: devices.reduce((sum, device) => sum + device.actions.length, 0),
    ...{ expected, shown: foldedOpen(shown.devices), faults },
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
  };
}

/** Each worker has devices of its own, since a device does one thing after the other. */
async function live(run: Run, devices: readonly ModelDevice[], worker: number): Promise<void> {
  const own = devices.filter((_device, at) => at % AT_ONCE === worker);
  if (own.length === 0) return;
  while (run.deliveries < run.most) for (const device of own) await device.live();
}

function expectedCounts(devices: readonly ModelDevice[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { latest } of devices)
    if (latest !== undefined) counts[latest.state] = (counts[latest.state] ?? 0) + 1;
  return counts;
}

const OPEN: readonly string[] = [
  'offered',
  'retrieved',
  'downloading',
  'downloaded',
  'installing',
  'installed',
];

/** The model does not tell open states apart. */
function foldedOpen(devices: Readonly<Record<string, number>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [state, count] of Object.entries(devices)) {
    const name = OPEN.includes(state) ? 'open' : state;
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
}

function differences(expected: Record<string, number>, shown: Record<string, number>): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(shown)])].flatMap((state) => {
    const [model, server] = [expected[state] ?? 0, shown[state] ?? 0];
    return model === server ? [] : [`${state}: ${server} are shown, and the model has ${model}`];
  });
}

/** Each action by itself, so that two wrongs do not make a right; and one end for each. */
async function faultsOfActions(
  theatre: Theatre,
  tenantId: string,
  devices: readonly ModelDevice[],
): Promise<string[]> {
  const rows = await theatre.database.query<{ id: string; state: string; ends: number }>(
    `SELECT a.id, a.state, (SELECT count(*)::int FROM event e WHERE e.tenant_id = a.tenant_id AND e.kind = 'action.ended'
              AND e.subject = 'action:' || a.id) AS ends
       FROM action a WHERE a.tenant_id = $1`,
    [tenantId],
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  const faults: string[] = [];
  const seen = devices.flatMap((device) => device.actions);
  if (seen.length !== rows.length)
    faults.push(`${rows.length} actions were made, and devices saw ${seen.length}`);
  for (const { id, expected } of seen) {
    const row = stored.get(id);
    const state = row === undefined || OPEN.includes(row.state) ? 'open' : row.state;
    if (state !== expected.state) faults.push(`action ${id} is ${state}, and ${expected.state} by the model`);
    const ends = expected.state === 'open' ? 0 : 1;
    if (row?.ends !== ends) faults.push(`action ${id} has ended ${row?.ends ?? 0} times`);
  }
  return faults.slice(0, 20);
}
