import type { ActionTerms } from '../actions/action';

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

/** What an operator says to a rollout. */
export const ROLLOUT_VERBS = ['start', 'pause', 'resume', 'abort', 'close'] as const;
export type RolloutVerb = (typeof ROLLOUT_VERBS)[number];

const AFTER: Readonly<Record<RolloutVerb, Readonly<Partial<Record<RolloutState, RolloutState>>>>> = {
  start: { draft: 'running', running: 'running' },
  pause: { running: 'paused', paused: 'paused' },
  resume: { paused: 'running', running: 'running' },
  abort: { draft: 'aborted', running: 'aborted', paused: 'aborted', finished: 'aborted', aborted: 'aborted' },
  close: { draft: 'closed', running: 'closed', paused: 'closed', finished: 'closed', closed: 'closed' },
};

/** The state after `verb`, the same state when there is nothing left to do, undefined when it cannot be said now. */
export function stateAfter(state: RolloutState, verb: RolloutVerb): RolloutState | undefined {
  return AFTER[verb][state];
}

/** One step of a rollout: the devices of the first `buckets` of 10 000 buckets. */
export interface Wave {
  readonly position: number;
  readonly buckets: number;
}

export interface Rollout {
  readonly id: string;
  readonly name: string;
  readonly feed: string;
  readonly releaseId: string;
  readonly state: RolloutState;
  readonly priority: number;
  readonly inFlightCap: number | undefined;
  readonly attempts: number;
  readonly allowsDowngrade: boolean;
  readonly terms: ActionTerms;
  readonly revision: number;
  readonly startedAt: Date | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
}

const MOST_LANES = 16;
/** No cap: each lane takes what comes. */
const UNLIMITED = 2 ** 30;

/**
 * How an in-flight cap is spread over lanes, so that admissions do not queue on one row (measured: 16 lanes admit 3.6
 * times as fast as one). The caps of the lanes add up to the cap exactly.
 */
export function laneCaps(inFlightCap: number | undefined): number[] {
  if (inFlightCap === undefined) return Array.from({ length: MOST_LANES }, () => UNLIMITED);
  const lanes = Math.min(MOST_LANES, inFlightCap);
  const each = Math.floor(inFlightCap / lanes);
  const rest = inFlightCap % lanes;
  return Array.from({ length: lanes }, (_unused, lane) => each + (lane < rest ? 1 : 0));
}
