import { isUnretrieved } from '../../actions/action/action';
import type { Candidate } from '../plan/candidate';
import type { Reason } from '../rules/decision';
import { placeIn } from '../rules/membership';
import { asIfFree } from './open-action';
import type { Plan, PlannedRollout } from '../plan/plan';
import { Beheld } from '../plan/population';
import { resolve, type Resolution } from './resolve';

/** What a rollout would do with a device. */
export interface Outcome {
  /** `under-way`: another update is, and is left to end. `superseded`: something else counts before this rollout. */
  readonly decision: 'offer' | Reason;
  /** Of an offer, and of a device whose wave has not come; a step on the way takes no place in a wave. */
  readonly wave: number | undefined;
}

/** What this rollout would do with a device that polls now, what was only offered to it being judged anew. */
export function outcomeOf(device: Candidate, plan: Plan, rollout: PlannedRollout, now: Date): Outcome {
  const free = freeOf(device);
  if (free === undefined) return { decision: 'under-way', wave: undefined };
  const { decision, trace } = resolve(free, plan, now);
  if (targetOf(trace) !== rollout.id) return { decision: reasonBefore(trace), wave: undefined };
  if (decision.kind === 'offer') return { decision: 'offer', wave: decision.wave };
  if (decision.kind !== 'nothing') throw new Error(`a device without an action is told to ${decision.kind}`);
  const { reason } = decision;
  const wave = reason === 'not-in-wave' ? placeIn(new Beheld(free), rollout, rollout.waves).wave : undefined;
  return { decision: reason, wave };
}

/** Undefined while an update is under way that this rollout would leave to end. */
function freeOf(device: Candidate): Candidate | undefined {
  const { openAction: open } = device;
  if (open === undefined) return device;
  if (open.isAssignment || !isUnretrieved(open.state)) return undefined;
  return asIfFree(device, open);
}

function targetOf(trace: Resolution['trace']): string | undefined {
  const id = trace.find(({ rule, code }) => rule === 3 && code === 'by-rollout')?.detail?.['rollout'];
  return typeof id === 'string' ? id : undefined;
}

/** What held the device before any target was looked for. */
function reasonBefore(trace: Resolution['trace']): Reason {
  const held = trace.find(({ rule, outcome }) => rule === 2 && outcome === 'decided');
  return held === undefined ? 'superseded' : (held.code as Reason);
}
