import { isUnretrieved, type ActionType } from '../actions/action';
import { windowAt } from '../actions/maintenance-window';
import type { Hardware } from '../releases/hardware';
import { compareVersions, isSameVersion } from '../releases/version';
import { bucketOf, BUCKETS } from './bucket';
import type { Candidate, OpenAction } from './candidate';
import type { Decision, Offer, Reason, RuleNumber, TraceLine } from './decision';
import type { Plan, PlannedRelease, PlannedRollout } from './plan';
import { profileOf } from '../devices/client-profile';
import { faultOfLoad } from './client-fit';
import { chooseTarget, type Target } from './target';

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
  const question = { device, plan, now, trace };
  const open = device.openAction;
  if (open !== undefined) return { decision: judgeOpen(question, open), trace };
  trace.push(passed(1, 'no-open-action'));
  return { decision: judge(question), trace };
}

/** What is decided upon, and where the rules that were tried are noted. */
interface Question {
  readonly device: Candidate;
  readonly plan: Plan;
  readonly now: Date;
  readonly trace: TraceLine[];
}

/** Rule 1. What was fetched goes on; what was only offered must still hold. */
function judgeOpen(question: Question, open: OpenAction): Decision {
  const { trace } = question;
  const about = { action: open.id, state: open.state };
  if (mayBeAsked(open) && isOver(question, open)) {
    trace.push({ rule: 1, outcome: 'decided', code: 'open-action-over', detail: about });
    return { kind: 'cancel', actionId: open.id, reason: 'window-over' };
  }
  if (givesWay(question, open)) {
    trace.push({ rule: 1, outcome: 'decided', code: 'open-action-gives-way', detail: about });
    return { kind: 'cancel', actionId: open.id, reason: 'superseded' };
  }
  if (!isUnretrieved(open.state)) return judgeFetched(question, open);
  return open.isAssignment ? judgeAssigned(question, open) : judgeOffered(question, open);
}

/** Judged again as if it were not there. */
function judgeOffered(question: Question, open: OpenAction): Decision {
  const { device, trace } = question;
  const about = { action: open.id, state: open.state };
  trace.push(consentMissing(device, open) ?? passed(1, 'open-action-offered', about));
  const asIfFree: Candidate = {
    ...device,
    openAction: undefined,
    // The force was consumed when this was offered; a newer one stands above it.
    forced: device.forced ?? (open.isForced ? { releaseId: open.releaseId, number: 0 } : undefined),
  };
  const again = judge({ ...question, device: asIfFree });
  if (again.kind === 'offer' && isSameOffer(again, open)) {
    trace.push({ rule: 1, outcome: 'decided', code: 'open-action-holds', detail: about });
    return { kind: 'continue', actionId: open.id };
  }
  trace.push({ rule: 1, outcome: 'decided', code: 'open-action-falls', detail: about });
  const reason = again.kind === 'nothing' ? again.reason : 'superseded';
  return { kind: 'withdraw', actionId: open.id, reason };
}

function isSameOffer(again: Offer, open: OpenAction): boolean {
  const isSame = again.releaseId === open.releaseId && again.isForced === open.isForced;
  return isSame && (again.isForced || again.origin === open.origin);
}

/** hawkBit: a newer assignment cancels what is open, but for required steps, which come one after the other. */
function givesWay({ plan }: Question, open: OpenAction): boolean {
  return open.isSuperseded && mayBeAsked(open) && plan.releases.get(open.releaseId)?.isRequiredStep !== true;
}

/** A device that was asked to cancel and went on is not asked again at each poll. */
function mayBeAsked({ state, hasRefusedCancel }: OpenAction): boolean {
  return state !== 'cancelling' && !hasRefusedCancel;
}

/** Devices that are not heard of cost an invalidation nothing: each is told at its next poll. */
function isToBeCancelled(release: PlannedRelease | undefined): boolean {
  return release?.invalidation === 'soft' || release?.invalidation === 'force';
}

/** An action whose maintenance windows are all in the past would never be installed. */
function isOver({ now }: Question, { window }: OpenAction): boolean {
  return window !== undefined && windowAt(window, now.getTime()).kind === 'over';
}

/** An operator's own assignment is not taken back: what holds it up ends some day, or he cancels it. */
function judgeAssigned(question: Question, open: OpenAction): Decision {
  const { device, plan, trace } = question;
  const about = { action: open.id, state: open.state };
  trace.push(consentMissing(device, open) ?? passed(1, 'open-action-held', about));
  const held = heldBack(device, plan, trace);
  if (held !== undefined) return nothing(held);
  const release = plan.releases.get(open.releaseId);
  if (isToBeCancelled(release)) {
    trace.push({ rule: 1, outcome: 'decided', code: 'open-action-invalid', detail: about });
    const kind = mayBeAsked(open) ? 'cancel' : 'withdraw';
    return { kind, actionId: open.id, reason: 'invalid-release' };
  }
  const misfits = release === undefined ? undefined : misfit(device, { release, type: open.type }, trace);
  if (misfits !== undefined) return nothing(misfits);
  const unsound = release === undefined ? undefined : unsoundRelease(release, plan, trace);
  if (unsound !== undefined) return nothing(unsound);
  const closed = outsideWindow(question, open);
  if (closed !== undefined) return closed;
  trace.push({ rule: 1, outcome: 'decided', code: 'open-action-holds', detail: about });
  return { kind: 'continue', actionId: open.id };
}

/** An action may wait for the consent of a user whom nobody will ever ask. */
function consentMissing({ client }: Candidate, { id, state }: OpenAction): TraceLine | undefined {
  if (state !== 'awaiting-confirmation' || profileOf(client).asksConsent) return undefined;
  return passed(1, 'asks-nobody', { action: id, client });
}

function judgeFetched(question: Question, open: OpenAction): Decision {
  const { device, plan, trace } = question;
  const about = { action: open.id, state: open.state };
  const release = plan.releases.get(open.releaseId);
  if (mayBeAsked(open) && isToBeCancelled(release)) {
    trace.push({ rule: 1, outcome: 'decided', code: 'open-action-invalid', detail: about });
    return { kind: 'cancel', actionId: open.id, reason: 'invalid-release' };
  }
  const misfits = !isUnknown(device) && release !== undefined && !release.fits(hardwareOf(device));
  if (misfits && mayBeAsked(open)) {
    trace.push({ rule: 1, outcome: 'decided', code: 'open-action-misfits', detail: about });
    return { kind: 'cancel', actionId: open.id, reason: 'wrong-hardware' };
  }
  if (open.state !== 'cancelling' && open.window !== undefined) {
    trace.push(passed(1, 'open-action-under-way', about));
    const closed = outsideWindow(question, open);
    if (closed !== undefined) return closed;
  }
  trace.push({ rule: 1, outcome: 'decided', code: 'open-action-goes-on', detail: about });
  return { kind: 'continue', actionId: open.id };
}

/** Rules 2 to 11 for a device without an open action. */
function judge({ device, plan, trace }: Question): Decision {
  const held = heldBack(device, plan, trace);
  if (held !== undefined) return nothing(held);
  const target = chooseTarget(device, plan, hardwareOf(device), trace);
  if (typeof target === 'string') return nothing(target);
  const refusal =
    misfit(device, { release: target.release, type: target.terms.type }, trace) ??
    bypassable(device, target, trace) ??
    unavailable(target, plan, trace) ??
    outsideWave(device, target.rollout, trace);
  if (refusal !== undefined) return nothing(refusal);
  trace.push(passed(10, 'no-window'), passed(11, 'pace-at-admission'));
  return {
    kind: 'offer',
    releaseId: target.release.id,
    origin: target.origin,
    isForced: target.isForced,
    rolloutId: target.rollout?.id,
    wave: target.rollout === undefined ? undefined : waveOf(device, target.rollout),
    terms: target.terms,
  };
}

/** Rule 2. */
function heldBack(device: Candidate, plan: Plan, trace: TraceLine[]): Reason | undefined {
  if (plan.isStopped) return decided(trace, 2, 'stopped');
  if (device.approval !== 'approved') return decided(trace, 2, 'unapproved', { approval: device.approval });
  if (device.isPinned) return decided(trace, 2, 'pinned');
  trace.push(passed(2, 'not-held'));
  return undefined;
}

/** Rule 4. Hardware nobody has named fits only a release that fits all. */
function misfit(
  device: Candidate,
  { release, type }: { readonly release: PlannedRelease; readonly type: ActionType },
  trace: TraceLine[],
): Reason | undefined {
  if (release.hardware.length === 0) return decided(trace, 4, 'no-hardware-list');
  const hardware = hardwareOf(device);
  const detail = { model: hardware.model, revision: hardware.revision };
  if (!release.fits(hardware))
    return decided(trace, 4, isUnknown(device) ? 'unknown-hardware' : 'wrong-hardware', detail);
  const { client, controllerId } = device;
  const fault = faultOfLoad(client, { controllerId, shape: release.shape, type });
  if (fault !== undefined) return decided(trace, 4, 'unfit-client', { client, fault });
  trace.push(passed(4, 'fits', { ...detail, client }));
  return undefined;
}

/** Rules 5 to 7, which force passes over. */
function bypassable(device: Candidate, target: Target, trace: TraceLine[]): Reason | undefined {
  if (target.isForced) return undefined;
  return alreadyThere(device, target, trace) ?? exhausted(device, target, trace);
}

/** Rules 5 and 6. */
function alreadyThere(device: Candidate, target: Target, trace: TraceLine[]): Reason | undefined {
  const installed = device.installedVersion;
  const version = target.release.version;
  if (installed === undefined) {
    trace.push(
      passed(5, 'not-installed', { installed: 'not known' }),
      passed(6, 'not-lower', { version, installed: '?' }),
    );
    return undefined;
  }
  if (isSameVersion(installed, version)) {
    const believed = device.isVersionReported ? '' : ' (as far as its last update tells; not reported since)';
    return decided(trace, 5, 'installed', { installed, believed });
  }
  trace.push(passed(5, 'not-installed', { installed }));
  const isLower = (compareVersions(version, installed) ?? 0) < 0;
  if (isLower && target.rollout?.allowsDowngrade !== true)
    return decided(trace, 6, 'lower', { version, installed });
  trace.push(passed(6, isLower ? 'downgrade-allowed' : 'not-lower', { version, installed }));
  return undefined;
}

/** Rule 7. */
function exhausted(device: Candidate, target: Target, trace: TraceLine[]): Reason | undefined {
  const attempts = device.attempts[target.origin]?.count ?? 0;
  const allowed = target.rollout?.attempts ?? 1;
  if (attempts >= allowed) return decided(trace, 7, 'exhausted', { attempts, allowed });
  trace.push(passed(7, 'attempts-left', { attempts, allowed }));
  return undefined;
}

/** Rule 8. */
function unavailable(target: Target, plan: Plan, trace: TraceLine[]): Reason | undefined {
  const { rollout, release } = target;
  if (rollout?.state === 'paused') return decided(trace, 8, 'paused', { rollout: rollout.id });
  if (release.invalidation !== undefined)
    return decided(trace, 8, 'invalid-release', { release: release.id });
  if (release.isWithdrawn && !target.isForced)
    return decided(trace, 8, 'withdrawn-release', { release: release.id });
  const unsound = unsoundRelease(release, plan, trace);
  if (unsound !== undefined) return unsound;
  trace.push(passed(8, rollout === undefined ? 'no-rollout-involved' : 'offers'));
  return undefined;
}

/** A part of rule 8, which no force and no assignment overrides: what is known to be bad goes to nobody. */
function unsoundRelease(release: PlannedRelease, plan: Plan, trace: TraceLine[]): Reason | undefined {
  const about = { release: release.id };
  if (release.isDamaged) return decided(trace, 8, 'damaged-release', about);
  if (release.signature === 'broken') return decided(trace, 8, 'broken-signature', about);
  if (plan.settings.signatures.demand === 'trusted' && release.signature !== 'signed')
    return decided(trace, 8, 'untrusted-release', { ...about, signature: release.signature });
  return undefined;
}

/** Rule 9. */
function outsideWave(
  device: Candidate,
  rollout: PlannedRollout | undefined,
  trace: TraceLine[],
): Reason | undefined {
  if (rollout === undefined) {
    trace.push(passed(9, 'no-rollout-involved'));
    return undefined;
  }
  const wave = waveOf(device, rollout);
  if (wave !== undefined) {
    trace.push(passed(9, 'in-wave', { wave }));
    return undefined;
  }
  const reached = rollout.waves.find((one) => one.position === rollout.currentWave);
  const bucket = bucketOf(rollout.salt, device.controllerId);
  return decided(trace, 9, 'not-in-wave', {
    bucket,
    buckets: reached?.buckets ?? 0,
    wave: rollout.currentWave,
  });
}

/** The first wave, up to the current one, that the device's bucket lies in. A wave of everyone asks for no hash. */
function waveOf(device: Candidate, rollout: PlannedRollout): number | undefined {
  const reached = rollout.waves.filter((wave) => wave.position <= rollout.currentWave);
  if (reached[0]?.buckets === BUCKETS) return reached[0].position;
  const bucket = bucketOf(rollout.salt, device.controllerId);
  return reached.find((wave) => bucket < wave.buckets)?.position;
}

/**
 * Rule 10, for an action with a maintenance window. A client that can hold an update back is shown it all the time, and told
 * not to install (hawkBit's R18); another one is shown it only while the window is open.
 */
function outsideWindow({ device, now, trace }: Question, { window }: OpenAction): Decision | undefined {
  if (window === undefined) return undefined;
  const state = windowAt(window, now.getTime());
  if (state.kind === 'open') {
    trace.push(passed(10, 'window-open'));
    return undefined;
  }
  const { client } = device;
  const opensAtMs = state.kind === 'ahead' ? state.opensAtMs : undefined;
  const opensAt = opensAtMs === undefined ? 'the end of days' : new Date(opensAtMs).toISOString();
  if (profileOf(client).holdsInstall) {
    trace.push(passed(10, 'window-held', { opensAt }));
    return undefined;
  }
  const reason = decided(trace, 10, 'window-closed', { opensAt, client });
  return opensAtMs === undefined ? nothing(reason) : { kind: 'nothing', reason, opensAtMs };
}

function hardwareOf(device: Candidate): Hardware {
  return { model: device.model ?? '', revision: device.revision };
}

function isUnknown(device: Candidate): boolean {
  return device.model === undefined && device.revision === undefined;
}

function nothing(reason: Reason): Decision {
  return { kind: 'nothing', reason };
}

function passed(rule: RuleNumber, code: string, detail?: TraceLine['detail']): TraceLine {
  return detail === undefined ? { rule, outcome: 'passed', code } : { rule, outcome: 'passed', code, detail };
}

function decided(trace: TraceLine[], rule: RuleNumber, reason: Reason, detail?: TraceLine['detail']): Reason {
  trace.push({ rule, outcome: 'decided', code: reason, ...(detail === undefined ? {} : { detail }) });
  return reason;
}
