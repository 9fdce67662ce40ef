import type { Deadlines } from '../../tenants/deadlines';
import type { Action, ActionEvent, ActionState } from './action';
import type { ExposedDue } from './new-action';
import { windowAt, type MaintenanceWindow } from './maintenance-window';

/** What happens to an action whose state has lasted too long. */
export type Expiry = Extract<ActionEvent, 'lapse' | 'time-out' | 'expire-cancel' | 'disprove'>;

interface Term {
  readonly expiry: Expiry;
  readonly span: keyof Deadlines;
}

const SILENCE: Term = { expiry: 'time-out', span: 'silentMs' };

/** Every state that is no end has one. */
const TERMS: Readonly<Partial<Record<ActionState, Term>>> = {
  queued: { expiry: 'lapse', span: 'assignedMs' },
  'awaiting-confirmation': { expiry: 'lapse', span: 'consentMs' },
  offered: { expiry: 'lapse', span: 'offeredMs' },
  retrieved: SILENCE,
  downloading: SILENCE,
  downloaded: SILENCE,
  installing: SILENCE,
  installed: { expiry: 'disprove', span: 'confirmMs' },
  cancelling: { expiry: 'expire-cancel', span: 'cancelMs' },
};

/** Undefined for an end. */
export function expiryOf(state: ActionState): Expiry | undefined {
  return TERMS[state]?.expiry;
}

/** What a deadline is reckoned from. */
export interface Pending extends Pick<Action, 'state' | 'assignmentId' | 'window' | 'giveUpAt'> {
  /** When the state began, or when the device was last heard of. */
  readonly sinceMs: number;
}

/** When the state is given up, on its grid; undefined for an end. */
export function dueAt(pending: Pending, deadlines: Deadlines): Date | undefined {
  const term = TERMS[pending.state];
  if (term === undefined) return undefined;
  const isAssigned = pending.state === 'offered' && pending.assignmentId !== undefined;
  const spanMs = deadlines[isAssigned ? 'assignedMs' : term.span];
  const endMs = beginOf(pending, term) + spanMs;
  const atMs = Math.min(endMs, pending.giveUpAt?.getTime() ?? endMs);
  return new Date(onGrid(atMs, spanMs));
}

/** From the fetch on an action has so long as a whole, not counting how long it has to wait for its window. */
export function giveUpAt(
  window: MaintenanceWindow | undefined,
  retrievedMs: number,
  { wholeMs }: Deadlines,
): Date {
  return new Date(openingAfter(window, retrievedMs) + wholeMs);
}

/**
 * Up to the next point of a grid of a thirty-second of the span, a second at least: most steps of an update end in the same
 * deadline as the step before, and leave the index alone.
 */
export function onGrid(atMs: number, spanMs: number): number {
  const grid = Math.max(1000, Math.floor(spanMs / 32));
  return Math.ceil(atMs / grid) * grid;
}

/** A device that waits for its maintenance window has nothing to say until it opens. */
function beginOf({ window, sinceMs }: Pending, { expiry }: Term): number {
  return expiry === 'lapse' || expiry === 'time-out' ? openingAfter(window, sinceMs) : sinceMs;
}

function openingAfter(window: MaintenanceWindow | undefined, atMs: number): number {
  if (window === undefined) return atMs;
  const state = windowAt(window, atMs);
  return state.kind === 'ahead' ? state.opensAtMs : atMs;
}

/** Of the next assigned action, when it is shown to its device. */
export function exposedDue(deadlines: Deadlines, now: Date): ExposedDue {
  const sinceMs = now.getTime();
  return {
    offered: new Date(onGrid(sinceMs + deadlines.assignedMs, deadlines.assignedMs)),
    asked: new Date(onGrid(sinceMs + deadlines.consentMs, deadlines.consentMs)),
  };
}
