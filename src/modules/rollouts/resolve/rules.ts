import { exhausted } from '../rules/attempts';
import type { Decision, Offer, Reason } from '../rules/decision';
import { misfit } from '../rules/fit';
import { placed } from '../rules/membership';
import { beforeOpening } from '../rules/opening';
import { nothing, pass, stop, type Question } from '../rules/question';
import { unavailable } from '../rules/soundness';
import { chooseTarget, type Target } from '../rules/target';
import { versioned } from '../rules/upgrade';

/** Rules 2 to 11 for a device without an open action. */
export function judge(question: Question): Decision {
  const target = wanted(question);
  if (typeof target === 'string') return nothing(target);
  const refusal = exhausted(question, target) ?? unavailable(question, target);
  if (refusal !== undefined) return nothing(refusal);
  const place = placed(question, target.rollout);
  if (typeof place === 'string') return nothing(place);
  const closed = beforeOpening(question, target);
  if (closed !== undefined) return closed;
  pass(question, 11, 'pace-at-admission');
  return offerOf(target, place.wave);
}

/** Rules 2 to 6. */
function wanted(question: Question): Target | Reason {
  const held = heldBack(question);
  if (held !== undefined) return held;
  const target = chooseTarget(question);
  if (typeof target === 'string') return target;
  return misfit(question, target.release, target.terms.type) ?? versioned(question, target);
}

/** Rule 2. */
export function heldBack(question: Question): Reason | undefined {
  const { device, plan } = question;
  if (plan.isStopped) return stop(question, 2, 'stopped');
  if (device.approval !== 'approved') return stop(question, 2, 'unapproved', { approval: device.approval });
  if (device.isPinned) return stop(question, 2, 'pinned');
  pass(question, 2, 'not-held');
  return undefined;
}

/** A step on the way is offered on account of the rollout, but it is the release itself that takes the place in it. */
function offerOf(target: Target, wave: number | undefined): Offer {
  const { release, rollout, origin, isForced, isStep, terms } = target;
  const releaseId = release.id;
  if (isStep !== true)
    return { kind: 'offer', releaseId, origin, isForced, rolloutId: rollout?.id, wave, terms };
  const hop = { kind: 'offer', releaseId, origin, isForced, rolloutId: undefined, wave: undefined } as const;
  return rollout === undefined ? { ...hop, terms } : { ...hop, hopOf: rollout.id, terms };
}
