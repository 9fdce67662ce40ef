import fc from 'fast-check';
import { serverEntry } from '../../src/modules/actions/action/log-entry';
import type { ActionEvent } from '../../src/modules/actions/action/action';
import { lockRolloutExclusive } from '../../src/platform/database/locks';
import { RolloutGatesService } from '../../src/modules/rollouts/gates/rollout-gates.service';
import { RolloutSlotsService } from '../../src/modules/rollouts/gates/rollout-slots.service';
import { ActionFlowService } from '../../src/modules/updates/outcomes/action-flow.service';
import { Fleet } from '../support/fleet';
import { GatedRollout } from '../support/gated-rollout';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** GATE_RUNS=10000 for a thorough look. */
const RUNS = Number(process.env['GATE_RUNS'] ?? '40');
const DEVICES = 18;

jest.setTimeout(60_000 + RUNS * 2000);

type Outcome = 'confirmed' | 'failed' | 'timed-out' | 'lost' | 'cancelled' | 'lapsed' | 'installing';

const anEvent = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'succeed',
        'fail',
        'time-out',
        'lose',
        'cancel',
        'skip',
        'late-success',
        'late-failure',
      ),
      choice: fc.nat(1000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume'), choice: fc.constant(0) }) },
);
const aWave = fc.record({
  failure_share: fc.constantFrom(0, 500, 2000, 2500, 5000, 10_000),
  sample: fc.integer({ min: 1, max: 8 }),
});
const aHistory = fc.record({
  // Equal gates, too: then the whole may be over its line while no wave is.
  waves: fc.oneof(
    fc.array(aWave, { minLength: 1, maxLength: 3, size: 'max' }),
    aWave.map((wave) => [wave, wave, wave]),
  ),
  abort: fc.boolean(),
  events: fc.array(anEvent, { minLength: 1, maxLength: 40, size: 'max' }),
});

const FAILURES: readonly Outcome[] = ['failed', 'timed-out', 'lost'];

/** What the documents say, in other words than the product has for it. */
class Model {
  readonly states: Outcome[] = Array.from({ length: DEVICES }, () => 'installing');
  state: 'running' | 'paused' | 'aborted' = 'running';
  private known = new Map<number, { failures: number; finished: number }>();
  /** Failed when an operator went on. */
  private readonly knownToFail = new Set<number>();

  constructor(
    private readonly waves: readonly { failure_share: number; sample: number }[],
    private readonly abort: boolean,
  ) {}

  /** The devices to which that may happen. Late reports are of what the server ended. */
  able(kind: string): number[] {
    const before = kind === 'lose' ? 'confirmed' : kind.startsWith('late') ? 'timed-out' : 'installing';
    const devices = [...this.states.keys()].filter((device) => this.states[device] === before);
    return kind === 'lose' && this.state !== 'running' ? [] : devices;
  }

  waveOf(device: number): number {
    return (device % this.waves.length) + 1;
  }

  become(device: number, outcome: Outcome): void {
    const isCounted = this.states[device] !== outcome && FAILURES.includes(outcome);
    this.states[device] = outcome;
    if (!FAILURES.includes(outcome)) this.forget(device);
    if (!isCounted || this.state === 'aborted') return;
    if (this.isOver(this.waveOf(device)) || this.isOver(0)) this.state = this.abort ? 'aborted' : 'paused';
  }

  /** What is no failure any more was not known to be one. */
  private forget(device: number): void {
    if (!this.knownToFail.delete(device)) return;
    for (const wave of [0, this.waveOf(device)]) {
      const { failures = 0, finished = 0 } = this.known.get(wave) ?? {};
      this.known.set(wave, { failures: failures - 1, finished: finished - 1 });
    }
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    this.states.forEach((state, device) => {
      if (FAILURES.includes(state)) this.knownToFail.add(device);
    });
    this.known = new Map(
      Array.from({ length: this.waves.length + 1 }, (_unused, wave) => [wave, this.count(wave)]),
    );
  }

  /** Wave 0 is the whole. */
  private isOver(wave: number): boolean {
    const own = wave === 0 ? this.waves : this.waves.slice(wave - 1, wave);
    const share = Math.max(...own.map((one) => one.failure_share));
    const sample = Math.max(...own.map((one) => one.sample));
    const { failures, finished } = this.count(wave);
    const known = this.known.get(wave) ?? { failures: 0, finished: 0 };
    const [bad, all] = [failures - known.failures, finished - known.finished];
    // The whole of a share of 100 % never trips.
    return share < 10_000 && bad / Math.max(all, sample) > share / 10_000;
  }

  private count(wave: number): { failures: number; finished: number } {
    const own = this.states.filter((_state, device) => wave === 0 || this.waveOf(device) === wave);
    const failures = own.filter((state) => FAILURES.includes(state)).length;
    return { failures, finished: failures + own.filter((state) => state === 'confirmed').length };
  }
}

describe('gates, over random histories', () => {
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

  it('close exactly at their line and count exactly what happened (B4, B9)', async () => {
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ waves, abort, events }) => {
        const model = new Model(waves, abort);
        const rollout = await GatedRollout.made(fleet, `history-${(next += 1)}`, {
          waves,
          columns: { when_tripped: abort ? 'abort' : 'pause' },
        });
        const actions = await underWay(rollout, (device) => model.waveOf(device));
        for (const [index, { kind, choice }] of events.entries()) {
          const able = model.able(kind);
          const device = able[choice % Math.max(able.length, 1)] ?? -1;
          const at = index % 2 === 0 ? one : two;
          if (kind === 'resume' || device >= 0)
            await play(at, rollout, { kind, device, actionId: actions[device] ?? '' }, model);
          expect(await rollout.state()).toBe(model.state);
        }
        const { tallied, placed } = await rollout.books();
        expect(tallied).toEqual(placed);
        const counted: Record<string, number> = {};
        for (const state of model.states) counted[state] = (counted[state] ?? 0) + 1;
        expect((await rollout.read()).devices).toEqual(counted);
        const { taken, open } = await fleet.slots(rollout.id);
        expect(taken).toBe(open);
      }),
      { numRuns: RUNS },
    );
  });

  /** Devices that were admitted and are at work, and the ids of their actions. */
  async function underWay(rollout: GatedRollout, waveOf: (device: number) => number): Promise<string[]> {
    const ids: string[] = [];
    for (let device = 0; device < DEVICES; device += 1) {
      const [row] = await one.database.query<{ id: string }>(
        `WITH device AS (INSERT INTO device (tenant_id, controller_id, feed_id, created_by)
                         SELECT 1, $1, id, 'test' FROM feed WHERE tenant_id = 1 AND name = 'default' RETURNING id),
              presence AS (INSERT INTO device_presence (device_id, tenant_id) SELECT id, 1 FROM device),
              made AS (INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state,
                                           is_exposed, has_proof, retrieved_at)
                       SELECT 1, id, $1, $2, 'rollout:' || $3::bigint, $3, $4, 0, 'installing', true, true, now() FROM device
                       RETURNING id, device_id),
              member AS (INSERT INTO rollout_device (tenant_id, rollout_id, device_id, wave, lane, action_id, state)
                         SELECT 1, $3, device_id, $4, 0, id, 'installing' FROM made),
              tally AS (INSERT INTO rollout_tally (tenant_id, rollout_id, wave, lane, state, devices)
                        VALUES (1, $3, $4, 0, 'installing', 1)
                        ON CONFLICT ON CONSTRAINT rollout_tally_pk DO UPDATE SET devices = rollout_tally.devices + 1),
              slot AS (UPDATE rollout_lane SET in_flight = in_flight + 1 WHERE rollout_id = $3 AND lane = 0)
         SELECT id FROM made`,
        [`${rollout.model}-${device}`, rollout.releaseId, rollout.id, waveOf(device)],
      );
      ids.push(row?.id ?? '');
    }
    return ids;
  }

  async function play(
    at: TestRookery,
    rollout: GatedRollout,
    { kind, device, actionId }: { kind: string; device: number; actionId: string },
    model: Model,
  ): Promise<void> {
    if (kind === 'resume') {
      if (model.state === 'paused') await rollout.resume();
      model.resume();
    } else if (kind === 'lose') {
      await lose(at, rollout, actionId);
      model.become(device, 'lost');
    } else if (kind === 'time-out') {
      await rollout.timeOut(actionId);
      model.become(device, 'timed-out');
    } else {
      const [event, outcome] = MEANINGS[kind] ?? ['remark', 'installing'];
      const action = await fleet.actions.get(fleet.actor, actionId);
      const happening = { event, entry: serverEntry('test', kind) };
      await at.app.get(ActionFlowService).happen(fleet.actor, action, happening);
      model.become(device, outcome);
    }
  }

  async function lose(at: TestRookery, rollout: GatedRollout, actionId: string): Promise<void> {
    const action = await fleet.actions.get(fleet.actor, actionId);
    await at.database.transaction(async (tx) => {
      await lockRolloutExclusive(tx, rollout.id);
      const waves = await at.app.get(RolloutSlotsService).lose(tx, '1', rollout.id, [action.deviceId]);
      for (const wave of waves)
        await at.app
          .get(RolloutGatesService)
          .judge(tx, { tenantId: '1', rolloutId: rollout.id, wave, kind: 'lost' });
    });
  }
});

const MEANINGS: Readonly<Record<string, readonly [ActionEvent, Outcome]>> = {
  succeed: ['succeed', 'confirmed'],
  fail: ['fail', 'failed'],
  cancel: ['force-cancel', 'cancelled'],
  skip: ['skip', 'lapsed'],
  'late-success': ['succeed', 'confirmed'],
  'late-failure': ['fail', 'failed'],
};
