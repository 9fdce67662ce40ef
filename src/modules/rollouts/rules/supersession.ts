import type { ActionState } from '../../actions/action/action';
import type { Candidate, OpenAction } from '../plan/candidate';
import type { Offer } from './decision';
import type { Plan } from '../plan/plan';

/** A device that is further on finishes first: it may be writing to its flash. Before, what was only offered is judged anew. */
const EARLY: ReadonlySet<ActionState> = new Set(['retrieved', 'downloading']);

/**
 * Whether an action that the device fetched gives way to `instead`, what rules 2 to 11 would offer if it were not there: a newer
 * rollout to the same devices cancels an older one's. What changed about the device (its feed, its mode, a force) waits for the
 * end, and so does whatever is not there to be compared: an older rollout that is no longer in the plan.
 */
export function supersedes(
  open: OpenAction,
  { plan, device, instead }: { readonly plan: Plan; readonly device: Candidate; readonly instead: Offer },
): boolean {
  if (!mayBeOutrun(open) || !isRival(open, instead)) return false;
  const older = plan.rollouts.get(open.rolloutId ?? '');
  const newer = plan.rollouts.get(instead.rolloutId ?? '');
  if (older === undefined || newer === undefined || newer.startedAtMs <= older.startedAtMs) return false;
  return older.feedId === undefined || older.feedId === device.feedId;
}

/** What an operator assigned or forced stands above rollouts. */
export function mayBeOutrun({ state, hasRefusedCancel, isAssignment, isForced }: OpenAction): boolean {
  return EARLY.has(state) && !hasRefusedCancel && !isAssignment && !isForced;
}

function isRival(open: OpenAction, instead: Offer): boolean {
  return !instead.isForced && instead.rolloutId !== open.rolloutId && instead.releaseId !== open.releaseId;
}
