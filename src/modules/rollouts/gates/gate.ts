import { BUCKETS } from '../rollout/bucket';
import type { TripAct } from '../rollout/conduct';
import type { Halt, RolloutState } from '../rollout/rollout';
import type { Gate } from '../rollout/wave';

/** The devices of a wave, or of a whole rollout, by their latest attempts. */
export interface Counts {
  readonly admitted: number;
  readonly confirmed: number;
  /** Failed, timed out or lost. */
  readonly failures: number;
  /** Confirmed or a failure; what was cancelled, lapsed or withdrawn says nothing about the release. */
  readonly finished: number;
}

/** What an operator has looked at and gone on from; only what came after it can close a gate again. */
export interface Acknowledged {
  readonly failures: number;
  readonly finished: number;
}

/** More failures than the gate bears. */
export interface Excess extends Acknowledged {
  /** So many would have been borne. */
  readonly bearable: number;
}

/** What is between a wave and the next. */
export type Passage =
  /** Nobody whom the rollout means is there yet. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'too-few-admitted'; readonly missing: number }
  | { readonly kind: 'too-few-confirmed'; readonly missing: number }
  /** All is well from `since` on, and has to stay so. */
  | { readonly kind: 'soaking'; readonly since: Date }
  /** All is well, and an operator has to say so. */
  | { readonly kind: 'manual' }
  | { readonly kind: 'open' };

/** What decides whether the next wave may begin. */
export interface Footing {
  readonly counts: Counts;
  readonly acknowledged: Acknowledged;
  /** Devices that could still be admitted to this wave, as far as it matters: 0 when there is none. Undefined: not looked for. */
  readonly remaining: number | undefined;
  /** Whether the rollout means anybody at all, here or in another wave. */
  readonly meansAnybody: boolean;
  readonly soakSince: Date | undefined;
  readonly now: Date;
}

const NO_DEVICES: Counts = { admitted: 0, confirmed: 0, failures: 0, finished: 0 };
export const NOTHING_ACKNOWLEDGED: Acknowledged = { failures: 0, finished: 0 };

/** States of `rollout_device` that are failures of the release. */
export const FAILURE_STATES: readonly string[] = ['failed', 'timed-out', 'lost'];
/** Those that say something about it. */
export const FINISHED_STATES: readonly string[] = ['confirmed', ...FAILURE_STATES];

export function countsOf(states: Iterable<readonly [state: string, devices: number]>): Counts {
  let counts = NO_DEVICES;
  for (const [state, devices] of states) {
    const confirmed = state === 'confirmed' ? devices : 0;
    const failures = FAILURE_STATES.includes(state) ? devices : 0;
    counts = {
      admitted: counts.admitted + devices,
      confirmed: counts.confirmed + confirmed,
      failures: counts.failures + failures,
      finished: counts.finished + confirmed + failures,
    };
  }
  return counts;
}

export function sumOf(all: Iterable<Counts>): Counts {
  let sum = NO_DEVICES;
  for (const one of all)
    sum = {
      admitted: sum.admitted + one.admitted,
      confirmed: sum.confirmed + one.confirmed,
      failures: sum.failures + one.failures,
      finished: sum.finished + one.finished,
    };
  return sum;
}

/** The gate of a rollout as a whole: as patient as the most patient of its waves. */
export function wholeOf(gates: readonly Gate[]): Pick<Gate, 'failureShare' | 'sample'> {
  return {
    failureShare: Math.max(...gates.map((gate) => gate.failureShare)),
    sample: Math.max(...gates.map((gate) => gate.sample)),
  };
}

/**
 * Whether failures close the gate: more of them than its share of what is finished, or of the sample while less is. Asked
 * only when something failed, so nothing that goes well ever closes it.
 */
export function tripOf(
  { failureShare, sample }: Pick<Gate, 'failureShare' | 'sample'>,
  counts: Pick<Counts, 'failures' | 'finished'>,
  acknowledged: Acknowledged,
): Excess | undefined {
  const failures = counts.failures - acknowledged.failures;
  const finished = counts.finished - acknowledged.finished;
  // Failures are finished, too; a device that is lost after its success was acknowledged is in the one and not in the other.
  const judged = Math.max(finished, sample, failures);
  if (failures * BUCKETS <= failureShare * judged) return undefined;
  return { failures, finished, bearable: Math.floor((failureShare * judged) / BUCKETS) };
}

/** What holds the next wave up, if anything. Whoever finds all well notes since when; see {@link Passage}. */
export function passOf(gate: Omit<Gate, 'failureShare'>, footing: Footing): Passage {
  const { counts, acknowledged, now } = footing;
  if (!footing.meansAnybody) return { kind: 'empty' };
  const unconfirmed = missingConfirmations(gate, counts, acknowledged);
  if (unconfirmed > 0) return { kind: 'too-few-confirmed', missing: unconfirmed };
  const unadmitted = missingAdmissions(gate, footing);
  if (unadmitted > 0) return { kind: 'too-few-admitted', missing: unadmitted };
  const since = footing.soakSince ?? now;
  if (now.getTime() - since.getTime() < gate.soakMs) return { kind: 'soaking', since };
  return gate.isManual ? { kind: 'manual' } : { kind: 'open' };
}

/** Whether {@link passOf} depends on who is there and was not admitted: not a question to ask often. */
export function needsRemaining(
  gate: Pick<Gate, 'sample' | 'successShare'>,
  { counts, acknowledged }: Pick<Footing, 'counts' | 'acknowledged'>,
): boolean {
  return counts.admitted < gate.sample && missingConfirmations(gate, counts, acknowledged) === 0;
}

/** Fewer than the sample are enough when there are no more. */
function missingAdmissions({ sample }: Pick<Gate, 'sample'>, { counts, remaining }: Footing): number {
  const missing = Math.max(sample - counts.admitted, 0);
  return remaining === undefined ? missing : Math.min(missing, remaining);
}

function missingConfirmations(
  { successShare }: Pick<Gate, 'successShare'>,
  { admitted, confirmed }: Counts,
  acknowledged: Acknowledged,
): number {
  const judged = Math.max(admitted - acknowledged.failures, 0);
  return Math.max(Math.ceil((successShare * judged) / BUCKETS) - confirmed, 0);
}

/**
 * What a rollout does about a failure. Undefined: nothing that it has not done yet. One that stands still for a failure of ours
 * says so when its release turns out to be bad: whoever resumes it shall know.
 */
export function actOf(
  rollout: {
    readonly state: RolloutState;
    /** Why it stands still by itself, if it does. */
    readonly haltedBy: Halt['kind'] | undefined;
    readonly whenTripped: TripAct;
  },
  kind: Halt['kind'],
): TripAct | undefined {
  const isInForce = rollout.state === 'running' || rollout.state === 'finished' || rollout.state === 'paused';
  if (!isInForce) return undefined;
  const act = kind === 'server' ? 'pause' : rollout.whenTripped;
  const isKnown = rollout.haltedBy === 'failures' || rollout.haltedBy === kind;
  return act === 'pause' && isKnown ? undefined : act;
}
