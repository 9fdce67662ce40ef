import type { Reason } from './decision';
import type { Plan, PlannedRelease } from '../plan/plan';
import { pass, stop, type Question } from './question';
import type { Target } from './target';

/** Rule 8. */
export function unavailable(question: Question, { rollout, release, isForced }: Target): Reason | undefined {
  if (rollout?.state === 'paused') return stop(question, 8, 'paused', { rollout: rollout.id });
  if (release.invalidation !== undefined)
    return stop(question, 8, 'invalid-release', { release: release.id });
  if (!isForced && release.isWithdrawn)
    return stop(question, 8, 'withdrawn-release', { release: release.id });
  const unsound = unsoundRelease(question, release);
  if (unsound !== undefined) return unsound;
  pass(question, 8, rollout === undefined ? 'no-rollout-involved' : 'offers');
  return undefined;
}

/** A part of rule 8, which no force and no assignment overrides: what is known to be bad goes to nobody. */
export function unsoundRelease(question: Question, release: PlannedRelease): Reason | undefined {
  const fault = faultOfRelease(release, question.plan);
  if (fault === undefined) return undefined;
  return stop(question, 8, fault, { release: release.id, signature: release.signature });
}

/** Whether a release may go to anybody without force. */
export function isSound(release: PlannedRelease, plan: Plan): boolean {
  return (
    !release.isWithdrawn && release.invalidation === undefined && faultOfRelease(release, plan) === undefined
  );
}

function faultOfRelease(release: PlannedRelease, plan: Plan): Reason | undefined {
  if (release.isDamaged) return 'damaged-release';
  if (release.signature === 'broken') return 'broken-signature';
  const isDemanded = plan.settings.signatures.demand === 'trusted';
  return isDemanded && release.signature !== 'signed' ? 'untrusted-release' : undefined;
}
