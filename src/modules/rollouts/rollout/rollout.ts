import type { ActionTerms } from '../../actions/action/action';
import type { Confirms, Pace, TripAct } from './conduct';
import type { Proposal } from './proposal';
import type { RolloutWindow } from './rollout-window';
import type { Wave, WaveProgress } from './wave';

/** Where a rollout stands. Only running and finished ones offer; drafts and ended ones shadow nothing. */
export const ROLLOUT_STATES = [
  'draft',
  'scheduled',
  'awaiting-approval',
  'running',
  'paused',
  'finished',
  'aborted',
  'closed',
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** Those that a device may get something from, or waits for. */
export const IN_FORCE: readonly RolloutState[] = ['running', 'paused', 'finished'];

/** What an operator says to a rollout. */
export const ROLLOUT_VERBS = [
  'start',
  'approve',
  'deny',
  'pause',
  'resume',
  'advance',
  'retry-failed',
  'abort',
  'close',
] as const;
export type RolloutVerb = (typeof ROLLOUT_VERBS)[number];

type Row = Readonly<Partial<Record<RolloutState, RolloutState>>>;

/**
 * `start` and `approve` lead to `scheduled` while the rollout's time has not come, and `start` to `awaiting-approval` where
 * that is demanded; `resume` and `advance` lead to `finished` when the last wave has passed. Deleting is for those that
 * never started.
 */
const AFTER: Readonly<Record<RolloutVerb, Row>> = {
  start: {
    draft: 'running',
    running: 'running',
    scheduled: 'scheduled',
    'awaiting-approval': 'awaiting-approval',
  },
  approve: {
    'awaiting-approval': 'running',
    scheduled: 'scheduled',
    running: 'running',
    paused: 'paused',
    finished: 'finished',
  },
  deny: { 'awaiting-approval': 'draft', draft: 'draft' },
  pause: { running: 'paused', finished: 'paused', paused: 'paused' },
  resume: { paused: 'running', running: 'running', finished: 'finished' },
  advance: { running: 'running', finished: 'finished' },
  'retry-failed': { running: 'running', paused: 'paused', finished: 'finished' },
  abort: {
    draft: 'aborted',
    scheduled: 'aborted',
    'awaiting-approval': 'aborted',
    running: 'aborted',
    paused: 'aborted',
    finished: 'aborted',
    aborted: 'aborted',
  },
  close: {
    draft: 'closed',
    scheduled: 'closed',
    'awaiting-approval': 'closed',
    running: 'closed',
    paused: 'closed',
    finished: 'closed',
    closed: 'closed',
  },
};

/** The state after `verb`, the same state when there is nothing left to do, undefined when it cannot be said now. */
export function stateAfter(state: RolloutState, verb: RolloutVerb): RolloutState | undefined {
  return AFTER[verb][state];
}

/** Whom a rollout means: the devices of a feed, those that a filter matches, those of a feed that it matches, or those that another rollout changed. */
export interface Population {
  readonly feed: string | undefined;
  readonly filter: string | undefined;
  /** It brings back what the devices had that this rollout updated. */
  readonly revertsRolloutId: string | undefined;
}

/** Everything about a rollout that an operator says, checked and with what he left out. */
export interface RolloutDefinition {
  readonly name: string;
  readonly releaseId: string;
  readonly population: Population;
  readonly priority: number;
  readonly pace: Pace;
  /** Devices in all of its waves. */
  readonly mostDevices: number | undefined;
  readonly waves: readonly Wave[];
  /** How often a device may try, and how long it has to wait between tries. */
  readonly attempts: number;
  readonly retryBackoffMs: number;
  readonly allowsDowngrade: boolean;
  readonly confirms: Confirms;
  /** An updated device that misses so many polls in a row while its wave soaks is lost; 0: nobody is looked for. */
  readonly silentPolls: number;
  readonly whenTripped: TripAct;
  /** Not before. */
  readonly startAt: Date | undefined;
  /** None: at any time. */
  readonly windows: readonly RolloutWindow[];
  /** Whose buckets it takes over, so that its canaries are the same devices. */
  readonly salt: string | undefined;
  readonly terms: ActionTerms;
}

/** Why a rollout stands still by itself. */
export interface Halt {
  readonly kind: 'failures' | 'server';
  /** Undefined: the rollout as a whole. */
  readonly wave: number | undefined;
  readonly failures: number;
  readonly finished: number;
  readonly at: string;
}

export interface Rollout extends RolloutDefinition {
  readonly id: string;
  readonly salt: string;
  readonly state: RolloutState;
  readonly currentWave: number;
  readonly progress: readonly WaveProgress[];
  readonly halt: Halt | undefined;
  readonly proposal: Proposal | undefined;
  readonly revision: number;
  readonly startedBy: string | undefined;
  readonly approvedBy: string | undefined;
  readonly approvedAt: Date | undefined;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** Those whose definition is settled: devices may have been decided by it. */
const SETTLED: readonly RolloutState[] = [...IN_FORCE, 'scheduled'];

/** What may still be changed about a rollout: all of it, how far and how fast it goes, or nothing. */
export function changeableIn(state: RolloutState): 'all' | 'reach' | 'nothing' {
  if (state === 'draft') return 'all';
  return SETTLED.includes(state) ? 'reach' : 'nothing';
}

/** Wave `position` has passed, by its gate or by hand, as has everything before it. */
export function hasPassed({ progress }: Pick<Rollout, 'progress'>, position: number): boolean {
  return progress.some((one) => one.position === position && one.passedAt !== undefined);
}

const MOST_LANES = 16;
/** No cap: each lane takes what comes. */
const UNLIMITED = 2 ** 30;

/**
 * How an in-flight cap is spread over lanes, so that admissions do not queue on one row (measured: 16 lanes admit 3.6
 * times as fast as one). The caps of the lanes add up to the cap exactly.
 */
export function laneCaps(inFlightCap: number | undefined, slowestPerMinute: number = MOST_LANES): number[] {
  const most = Math.min(MOST_LANES, slowestPerMinute);
  if (inFlightCap === undefined) return Array.from({ length: most }, () => UNLIMITED);
  const lanes = Math.min(most, inFlightCap);
  const each = Math.floor(inFlightCap / lanes);
  const rest = inFlightCap % lanes;
  return Array.from({ length: lanes }, (_unused, lane) => each + (lane < rest ? 1 : 0));
}
