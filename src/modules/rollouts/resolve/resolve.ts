import type { Candidate } from '../plan/candidate';
import type { Decision, TraceLine } from '../rules/decision';
import { judgeOpen } from './open-action';
import type { Plan } from '../plan/plan';
import { Beheld } from '../plan/population';
import { pass, type Question } from '../rules/question';
import { judge } from './rules';

/** A decision and every rule that was tried on the way. */
export interface Resolution {
  readonly decision: Decision;
  readonly trace: readonly TraceLine[];
}

/**
 * Decides what `device` should get under `plan` at `now`. Pure: the same input gives the same answer, no I/O, no clock
 * of its own. The poll, the admitting transaction, explain and preview all ask this one function.
 */
export function resolve(device: Candidate, plan: Plan, now: Date): Resolution {
  const trace: TraceLine[] = [];
  const question: Question = { device, beheld: new Beheld(device), plan, nowMs: now.getTime(), trace };
  const open = device.openAction;
  if (open !== undefined) return { decision: judgeOpen(question, open), trace };
  pass(question, 1, 'no-open-action');
  return { decision: judge(question), trace };
}
