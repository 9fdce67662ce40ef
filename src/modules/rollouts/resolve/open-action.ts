import { isUnretrieved } from '../../actions/action/action';
import { windowAt } from '../../actions/action/maintenance-window';
import { profileOf } from '../../devices/device/client-profile';
import { stillQuiet } from '../rules/attempts';
import type { Candidate, OpenAction } from '../plan/candidate';
import type { Decision, Offer, Reason } from '../rules/decision';
import { hardwareOf, isUnknown, misfit } from '../rules/fit';
import { outsideWindow } from '../rules/opening';
import type { PlannedRelease } from '../plan/plan';
import { nothing, pass, stop, type Question } from '../rules/question';
import { heldBack, judge } from './rules';
import { unsoundRelease } from '../rules/soundness';
import { mayBeOutrun, supersedes } from '../rules/supersession';

/** Rule 1. What was fetched goes on; what was only offered must still hold. */
export function judgeOpen(question: Question, open: OpenAction): Decision {
  if (mayGiveUp(open) && isOver(question, open)) {
    note(question, 'open-action-over', open);
    return { kind: 'cancel', actionId: open.id, reason: 'window-over' };
  }
  if (givesWay(question, open)) {
    note(question, 'open-action-gives-way', open);
    return { kind: 'cancel', actionId: open.id, reason: 'superseded' };
  }
  if (!isUnretrieved(open.state)) return judgeFetched(question, open);
  return open.isAssignment ? judgeAssigned(question, open) : judgeOffered(question, open);
}

/** Judged again as if it were not there. */
function judgeOffered(question: Question, open: OpenAction): Decision {
  if (!noteConsentMissing(question, open)) pass(question, 1, 'open-action-offered', aboutOf(open));
  const again = judge({ ...question, device: asIfFree(question.device, open) });
  if (again.kind === 'offer' && isSameOffer(again, open)) {
    note(question, 'open-action-holds', open);
    return { kind: 'continue', actionId: open.id };
  }
  note(question, 'open-action-falls', open);
  const reason = again.kind === 'nothing' ? again.reason : 'superseded';
  return { kind: 'withdraw', actionId: open.id, reason };
}

/** The force was consumed when this was offered; a newer one stands above it. */
export function asIfFree(device: Candidate, { isForced, releaseId }: OpenAction): Candidate {
  const forced = device.forced ?? (isForced ? { releaseId, number: 0 } : undefined);
  return { ...device, openAction: undefined, forced };
}

function isSameOffer(again: Offer, open: OpenAction): boolean {
  const isSame = again.releaseId === open.releaseId && again.isForced === open.isForced;
  return isSame && (again.isForced || again.origin === open.origin);
}

/** hawkBit: a newer assignment cancels what is open, but for required steps, which come one after the other. */
function givesWay({ plan }: Question, open: OpenAction): boolean {
  return open.isSuperseded && mayGiveUp(open) && plan.releases.get(open.releaseId)?.isRequiredStep !== true;
}

/** A device that was asked to cancel and went on is not asked again at each poll. */
function mayBeAsked({ state, hasRefusedCancel }: OpenAction): boolean {
  return state !== 'cancelling' && !hasRefusedCancel;
}

/** What is installed already, nothing takes back that comes later. */
function mayGiveUp(open: OpenAction): boolean {
  return mayBeAsked(open) && open.state !== 'installed';
}

/** Devices that are not heard of cost an invalidation nothing: each is told at its next poll. */
function isToBeCancelled(release: PlannedRelease | undefined): boolean {
  return release?.invalidation === 'soft' || release?.invalidation === 'force';
}

/** An action whose maintenance windows are all in the past would never be installed. */
function isOver({ nowMs }: Question, { window }: OpenAction): boolean {
  return window !== undefined && windowAt(window, nowMs).kind === 'over';
}

/** An operator's own assignment is not taken back: what holds it up ends some day, or he cancels it. */
function judgeAssigned(question: Question, open: OpenAction): Decision {
  const release = question.plan.releases.get(open.releaseId);
  if (!noteConsentMissing(question, open)) pass(question, 1, 'open-action-held', aboutOf(open));
  const held = heldBack(question);
  if (held !== undefined) return nothing(held);
  if (isToBeCancelled(release)) {
    note(question, 'open-action-invalid', open);
    const kind = mayBeAsked(open) ? 'cancel' : 'withdraw';
    return { kind, actionId: open.id, reason: 'invalid-release' };
  }
  const refusal = release === undefined ? stillQuiet(question) : unfit(question, open, release);
  if (refusal !== undefined) return nothing(refusal);
  const closed = outsideWindow(question, open.window);
  if (closed !== undefined) return closed;
  note(question, 'open-action-holds', open);
  return { kind: 'continue', actionId: open.id };
}

/** Rules 4, 7 and 8, as far as they bind an operator. */
function unfit(question: Question, open: OpenAction, release: PlannedRelease): Reason | undefined {
  const misfits = misfit(question, release, open.type) ?? stillQuiet(question);
  if (misfits !== undefined) return misfits;
  if (release.isWithdrawn && !open.isForced)
    return stop(question, 8, 'withdrawn-release', { release: release.id });
  return unsoundRelease(question, release);
}

/** An action may wait for the consent of a user whom nobody will ever ask. */
function noteConsentMissing(question: Question, { id, state }: OpenAction): boolean {
  const { client } = question.device;
  if (state !== 'awaiting-confirmation' || profileOf(client).asksConsent) return false;
  pass(question, 1, 'asks-nobody', { action: id, client });
  return true;
}

function judgeFetched(question: Question, open: OpenAction): Decision {
  const reason = endOfFetched(question, open);
  if (reason !== undefined) return { kind: 'cancel', actionId: open.id, reason };
  if (open.state !== 'cancelling' && open.window !== undefined) {
    pass(question, 1, 'open-action-under-way', aboutOf(open));
    const closed = outsideWindow(question, open.window);
    if (closed !== undefined) return closed;
  }
  note(question, 'open-action-goes-on', open);
  return { kind: 'continue', actionId: open.id };
}

/** Why a device is asked to give up what it has fetched, which it is asked but once. */
function endOfFetched(question: Question, open: OpenAction): Reason | undefined {
  if (!mayBeAsked(open)) return undefined;
  const { device, plan } = question;
  const release = plan.releases.get(open.releaseId);
  if (isToBeCancelled(release)) {
    note(question, 'open-action-invalid', open);
    return 'invalid-release';
  }
  if (!isUnknown(device) && release !== undefined && !release.fits(hardwareOf(device))) {
    note(question, 'open-action-misfits', open);
    return 'wrong-hardware';
  }
  return isOutrun(question, open) ? 'superseded' : undefined;
}

/** A newer rollout to the same device. Judged aside: what the rules say of an update that is under way is nobody's answer. */
function isOutrun(question: Question, open: OpenAction): boolean {
  if (open.rolloutId === undefined || !mayBeOutrun(open)) return false;
  const device = asIfFree(question.device, open);
  const instead = judge({ ...question, device, trace: [] });
  if (instead.kind !== 'offer' || !supersedes(open, { plan: question.plan, device, instead })) return false;
  note(question, 'open-action-outrun', open);
  return true;
}

function aboutOf({ id, state }: OpenAction): { action: string; state: string } {
  return { action: id, state };
}

/** The line that tells how it ends. */
function note({ trace }: Question, code: string, open: OpenAction): void {
  trace.push({ rule: 1, outcome: 'decided', code, detail: aboutOf(open) });
}
