import fc from 'fast-check';
import {
  ACTION_EVENTS,
  ACTION_STATES,
  ACTION_TYPES,
  isEnded,
  type ActionEvent,
  type ActionStatus,
} from '../../src/modules/actions/action/action';
import { isProof, transition, type Step } from '../../src/modules/actions/action/transition';
import { bucketOf, BUCKETS } from '../../src/modules/rollouts/rollout/bucket';
import type { RolloutWindow } from '../../src/modules/rollouts/rollout/rollout-window';
import { resolve } from '../../src/modules/rollouts/resolve/resolve';
import { NO_MEMBERS } from '../../src/modules/rollouts/rollout/wave';
import { aCandidate, anOpenAction } from '../support/a-candidate';
import { aPlan, aRollout, aWave } from '../support/a-plan';
import { isOpenByWall } from './judges/windows';
import { holds, INVARIANTS, meet, RUNS } from './support/holds';

/** Without a database ten times as many cost nothing. */
const MANY = RUNS * 10;
const NOW = new Date('2026-03-02T12:00:00Z');

/** Whom a rollout of these waves offers its release, at its `current` wave. */
function offered(waves: readonly { buckets: number; names: readonly string[] }[], current: number) {
  const plan = aPlan({
    rollouts: [
      aRollout({
        currentWave: current,
        waves: waves.map(({ buckets, names }, at) =>
          aWave(at + 1, buckets, { members: { ...NO_MEMBERS, controllerIds: names } }),
        ),
      }),
    ],
  });
  return (controllerId: string): boolean =>
    resolve(aCandidate({ controllerId }), plan, NOW).decision.kind === 'offer';
}

describe(`B2 ${INVARIANTS.B2}`, () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 10, maxLength: 60 });
  const waves = fc
    .array(fc.record({ buckets: fc.nat(BUCKETS), picks: fc.array(fc.nat(59), { maxLength: 4 }) }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((list) => {
      const shares = list.map(({ buckets }) => buckets).sort((a, b) => a - b);
      return list.map(({ picks }, at) => ({ buckets: shares[at]!, picks }));
    });

  holds('B2', 'the rule itself: exactly the buckets below the percentage, and those that are named', {
    of: fc.record({ names, waves, current: fc.integer({ min: 1, max: 4 }), raised: fc.nat(BUCKETS) }),
    runs: MANY,
    faults: ({ names: all, waves: list, current, raised }) => {
      const named = list.map(({ buckets, picks }) => ({
        buckets,
        names: picks.map((pick) => all[pick % all.length]!),
      }));
      const at = Math.min(current, named.length);
      const isOffered = offered(named, at);
      const higher = named.map((wave, index) =>
        index === at - 1 ? { ...wave, buckets: Math.max(wave.buckets, raised) } : wave,
      );
      const isOfferedThen = offered(higher, at);
      return all.flatMap((controllerId) => {
        const isMember = named
          .slice(0, at)
          .some((wave) => wave.names.includes(controllerId) || bucketOf('10', controllerId) < wave.buckets);
        if (isMember) meet('members');
        const faults: string[] = [];
        if (isOffered(controllerId) !== isMember) faults.push(`${controllerId} is a member: ${isMember}`);
        if (isOffered(controllerId) && !isOfferedThen(controllerId))
          faults.push(`${controllerId} is lost by raising the percentage`);
        return faults;
      });
    },
    meets: ['members'],
  });

  it('counts lie inside the 99.9 % interval of a binomial distribution', () => {
    const serials = Array.from({ length: 4000 }, (_unused, n) => `SN-${n}`);
    let outside = 0;
    const shares = Array.from({ length: 200 }, (_unused, n) => (n * 50 + 25) % BUCKETS);
    for (const [at, share] of shares.entries()) {
      const count = serials.filter((serial) => bucketOf(`salt ${at}`, serial) < share).length;
      const mean = (serials.length * share) / BUCKETS;
      const deviation = Math.sqrt(mean * (1 - share / BUCKETS));
      if (Math.abs(count - mean) > 3.29 * deviation) outside += 1;
    }
    // One in a thousand is to be expected; four of two hundred are not.
    expect(outside).toBeLessThan(4);
  });
});

const ZONES = [
  undefined,
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  '+05:30',
];

const aWindow: fc.Arbitrary<RolloutWindow> = fc.record({
  days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
  fromMinute: fc.nat(24 * 60 - 1),
  toMinute: fc.integer({ min: 1, max: 24 * 60 }),
  timezone: fc.constantFrom(...ZONES),
});

describe(`B8 ${INVARIANTS.B8}`, () => {
  holds('B8', 'the rule itself: by the wall clock of the window or of the device', {
    of: fc.record({
      windows: fc.array(aWindow, { minLength: 1, maxLength: 3 }),
      timezone: fc.constantFrom(...ZONES),
      // Around the days on which clocks are changed, and new years.
      nowMs: fc.oneof(
        fc.integer({ min: Date.parse('2026-03-27T00:00Z'), max: Date.parse('2026-04-06T00:00Z') }),
        fc.integer({ min: Date.parse('2026-10-23T00:00Z'), max: Date.parse('2026-11-03T00:00Z') }),
        fc.integer({ min: Date.parse('2027-12-30T00:00Z'), max: Date.parse('2028-03-02T00:00Z') }),
      ),
      isOpenAction: fc.boolean(),
    }),
    runs: MANY,
    faults: ({ windows, timezone, nowMs, isOpenAction }) => {
      const plan = aPlan({ rollouts: [aRollout({ windows })] });
      const device = aCandidate({ timezone, ...(isOpenAction ? { openAction: anOpenAction() } : {}) });
      const { decision } = resolve(device, plan, new Date(nowMs));
      const isTold = decision.kind === 'offer' || decision.kind === 'continue';
      const isOpen = isOpenByWall(windows, timezone, nowMs);
      meet(isOpen ? 'open' : 'closed');
      if (isTold && !isOpen)
        return [`${decision.kind} at ${new Date(nowMs).toISOString()}, which is outside`];
      if (!isTold && isOpen) return [`${decision.kind} at ${new Date(nowMs).toISOString()}, which is inside`];
      return [];
    },
    meets: ['open', 'closed'],
  });
});

const status: fc.Arbitrary<ActionStatus> = fc.record({
  state: fc.constantFrom(...ACTION_STATES.filter((state) => !isEnded(state))),
  hasProof: fc.constant(false),
  cancelFrom: fc.constant(undefined),
  endedBy: fc.constant(undefined),
  deviceVerdict: fc.constant(undefined),
  isCorrected: fc.constant(false),
  type: fc.constantFrom(...ACTION_TYPES),
  needsConfirmation: fc.boolean(),
  awaitsVersion: fc.boolean(),
});
const events = fc.array(fc.constantFrom(...ACTION_EVENTS), { minLength: 1, maxLength: 25, size: 'max' });
const VERDICTS: Partial<Record<ActionEvent, 'success' | 'failure'>> = { succeed: 'success', fail: 'failure' };

/** The status as it is stored after a step. */
function after(action: ActionStatus, event: ActionEvent, step: Step): ActionStatus {
  if (step.kind === 'gone' || step.kind === 'refuse') return action;
  const said = {
    ...action,
    hasProof: action.hasProof || isProof(action, event),
    deviceVerdict: action.deviceVerdict ?? VERDICTS[event],
  };
  if (step.kind === 'stay') return said;
  if (step.kind === 'correct') return { ...said, state: step.to, isCorrected: true };
  const cancelFrom = step.to === 'cancelling' ? action.state : action.cancelFrom;
  return { ...said, state: step.to, endedBy: step.endedBy, cancelFrom };
}

describe(`B10 ${INVARIANTS.B10}`, () => {
  holds('B10', 'the table itself: every event has a step in every state, and an end is final', {
    of: fc.record({ status, events }),
    runs: MANY,
    faults: ({ status: first, events: list }) => {
      let action = first;
      let corrections = 0;
      return list.flatMap((event) => {
        const step = transition(action, event);
        const wasEnded = isEnded(action.state);
        const faults: string[] = [];
        if (!KINDS.includes(step.kind)) faults.push(`${action.state} + ${event}: ${step.kind}`);
        if (wasEnded && step.kind === 'move') faults.push(`${action.state} + ${event} moves to ${step.to}`);
        if (!wasEnded && step.kind === 'correct')
          faults.push(`${action.state} + ${event} corrects what is open`);
        if (step.kind === 'move' && isEnded(step.to) !== (step.endedBy !== undefined))
          faults.push(`${action.state} + ${event}: ${step.to} is ended by ${String(step.endedBy)}`);
        if (step.kind === 'correct') {
          corrections += 1;
          meet('corrections');
          if (corrections > 1) faults.push(`${action.state} + ${event} corrects once more`);
        }
        action = after(action, event, step);
        if (isEnded(action.state)) meet('ends');
        return faults;
      });
    },
    meets: ['corrections', 'ends'],
  });
});

const KINDS: readonly string[] = ['move', 'stay', 'correct', 'gone', 'refuse'];

describe(`B17 ${INVARIANTS.B17}`, () => {
  holds('B17', 'the table itself: nothing is confirmed that was not worked on, and not proven', {
    of: fc.record({ status: status.map((one) => ({ ...one, state: 'offered' as const })), events }),
    runs: MANY,
    faults: ({ status: first, events: list }) => {
      let action: ActionStatus = first;
      let isWorkedOn = false;
      let isProven = false;
      return list.flatMap((event) => {
        const step = transition(action, event);
        const isOpen = !isEnded(action.state) && action.state !== 'cancelling';
        if (isOpen && step.kind !== 'refuse') isWorkedOn ||= WORK.includes(event);
        isProven ||= event === 'prove';
        const before = action;
        action = after(action, event, step);
        if (action.state !== 'confirmed' || before.state === 'confirmed') return [];
        meet('confirmed');
        return isWorkedOn || isProven ? [] : [`${before.state} + ${event} is confirmed without proof`];
      });
    },
    meets: ['confirmed'],
  });
});

const WORK: readonly ActionEvent[] = ['begin-download', 'finish-download', 'progress'];
