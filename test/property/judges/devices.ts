import { compareVersions, isSameVersion } from '../../../src/modules/releases/release/version';
import type { DevicePatch, Shown } from '../support/acts';
import { THIRD_VERSION } from '../support/cast';
import type { StagedDevice } from '../support/stage';
import type { EventFact, Fact, Moment, Story, StoryAction } from '../support/story';
import {
  actionOf,
  endOf,
  isAdmission,
  possibleAt,
  rolloutsOf,
  sameDevice,
  taken,
  type Change,
} from './timeline';

/** B7. What was certainly so when it was admitted is held against the offer; what happened at the same time is not. */
export function faultsOfOffers(story: Story): string[] {
  return story.facts.flatMap((fact) => {
    const action = actionOf(story, fact);
    // An operator's own assignment is made at once, whatever the device is; it is shown only when it may be.
    if (action === undefined || !isAdmission(fact) || action.origin.startsWith('direct:')) return [];
    const device = story.stage.devices.find(({ id }) => id === action.deviceId)!;
    return [
      ...pinned(story, fact, { action, device }),
      ...misfitting(story, fact, { action, device }),
      ...(action.isForced
        ? []
        : [...higher(story, fact, { action, device }), ...exhausted(story, fact, action)]),
    ].map((why) => `action ${action.id} was offered to ${device.controllerId}, ${why}`);
  });
}

interface Offered {
  readonly action: StoryAction;
  readonly device: StagedDevice;
}

function pinned(story: Story, fact: Fact, { device }: Offered): string[] {
  const pins = deviceChanges(story, device.id, (to) => ('pinned' in to ? to.pinned : undefined));
  return possibleAt(false, pins, fact.atUs).every((isPinned) => isPinned) ? ['which is pinned'] : [];
}

function misfitting(story: Story, fact: Fact, { action, device }: Offered): string[] {
  const models = deviceChanges(story, device.id, (to) => ('model' in to ? to.model : undefined));
  const release = story.stage.releases.find(({ id }) => id === action.releaseId)!;
  const possible = possibleAt<string>(device.model, models, fact.atUs);
  return possible.includes(release.model) ? [] : [`which is a ${possible.join(' or a ')}`];
}

function higher(story: Story, fact: Fact, { action, device }: Offered): string[] {
  const release = story.stage.releases.find(({ id }) => id === action.releaseId)!;
  const allows = rolloutsOf(story).find(({ id }) => id === action.rolloutId)?.part.allowsDowngrade === true;
  const installed = possibleAt(device.version, versionsOf(story, device.id), fact.atUs);
  const isWrong = (version: string | undefined): boolean => {
    if (version === undefined) return false;
    const order = compareVersions(release.version, version) ?? 1;
    return isSameVersion(version, release.version) || (order < 0 && !allows);
  };
  return installed.every(isWrong) ? [`which runs ${installed.join(' or ')}`] : [];
}

function exhausted(story: Story, fact: Fact, action: StoryAction): string[] {
  const allowed = rolloutsOf(story).find(({ id }) => id === action.rolloutId)?.part.attempts ?? 1;
  const before = attemptsBefore(story, action, fact.atUs);
  const more = timesGivenBack(story, action);
  return before >= allowed + more * allowed ? [`which has tried ${before} times of ${allowed}`] : [];
}

/** Ended attempts of the same origin that the device had fetched, or that somebody cancelled. */
function attemptsBefore(story: Story, { deviceId, origin }: StoryAction, atUs: number): number {
  const ended = story.facts.filter((fact) => {
    if (fact.atUs >= atUs || fact.kind !== 'event' || fact.name !== 'action.ended') return false;
    const other = actionOf(story, fact);
    if (other?.deviceId !== deviceId || other.origin !== origin) return false;
    const isFetched = story.facts.some(
      (one) => one.kind === 'log' && one.actionId === other.id && one.status === 'retrieved',
    );
    return isFetched || endOf(fact) === 'cancelled';
  });
  return ended.length;
}

/** How often an operator said that what failed may be tried once more. */
function timesGivenBack(story: Story, { rolloutId }: StoryAction): number {
  return taken(story, 'say').filter(
    ({ act }) =>
      act.verb === 'retry-failed' && story.rolloutIds[act.rollout % story.rolloutIds.length] === rolloutId,
  ).length;
}

/** B14: by origin, which is one act of an operator. */
export function faultsOfAttempts(story: Story): string[] {
  const fetched = new Map<string, Set<StoryAction>>();
  for (const fact of story.facts) {
    const action = actionOf(story, fact);
    if (fact.kind !== 'log' || fact.status !== 'retrieved' || action === undefined) continue;
    const key = `${action.deviceId} ${action.origin}`;
    fetched.set(key, (fetched.get(key) ?? new Set()).add(action));
  }
  return [...fetched.values()].flatMap((actions) => {
    const [first] = actions;
    if (first === undefined) return [];
    const rollout = rolloutsOf(story).find(({ id }) => id === first.rolloutId);
    const allowed = (rollout?.part.attempts ?? 1) * (1 + timesGivenBack(story, first));
    if (actions.size <= allowed) return [];
    return [`${first.controllerId} fetched ${first.origin} ${actions.size} times of ${allowed}`];
  });
}

/**
 * B8: told to install is a link in the poll, or a deployment whose update is not to be skipped. What a device has fetched while
 * the window was open goes on after it closes (rule 1), and what it has ended it may read again.
 */
export function faultsOfWindows(
  story: Story,
  isOpen: (moment: Moment, device: StagedDevice, action: StoryAction) => boolean,
): string[] {
  const fetched = new Set<StoryAction>();
  return story.moments.flatMap((moment) => {
    const { act, answer, actionId } = moment;
    const action = actionId === undefined ? undefined : story.actions.get(actionId);
    if (action === undefined || !('device' in act) || fetched.has(action)) return [];
    const isTold =
      (answer.is === 'told' && answer.directive.kind === 'update') ||
      (answer.is === 'shown' && answer.update !== 'skip');
    if (!isTold) return [];
    if (isOpen(moment, story.stage.deviceAt(act.device), action)) {
      if (answer.is === 'shown') fetched.add(action);
      return [];
    }
    const when = new Date(moment.nowMs).toISOString();
    return [`action ${action.id} was ${answer.is} to ${action.controllerId} outside its window, at ${when}`];
  });
}

/** B6: what a device is shown changes only once the action that it saw before is over or stands back. */
export function faultsOfExposure(story: Story): string[] {
  return story.stage.devices.flatMap(({ id, controllerId }) => {
    const open = [...story.actions.values()].filter((one) => one.deviceId === id && one.isExposed);
    return open.length <= 1 ? [] : [`${controllerId} sees ${open.length} actions`];
  });
}

/** B17: a device's word is worth something after a report that it was at work on this action, or with the version. */
export function faultsOfProof(story: Story): string[] {
  return story.facts.flatMap((fact) => {
    const action = actionOf(story, fact);
    if (action === undefined || endOf(fact) !== 'confirmed') return [];
    const release = story.stage.releases.find(({ id }) => id === action.releaseId)!;
    const isProven = story.moments.some(
      (moment) =>
        moment.fromUs <= fact.atUs &&
        moment.answer.is === 'taken' &&
        (isWorkOn(story, moment, action.id) ||
          isVersionOf(story, moment, { action, version: release.version })),
    );
    return isProven ? [] : [`action ${action.id} of ${action.controllerId} is confirmed without any proof`];
  });
}

/** What is sent while a cancel is under way shows nothing: it may be what was left in a client's log. */
function isWorkOn(story: Story, { act, actionId, fromUs, toUs }: Moment, id: string): boolean {
  if (act.does !== 'report' || actionId !== id || !['progress', 'downloaded'].includes(act.word))
    return false;
  const asked = story.facts.findLast(
    (fact) =>
      fact.atUs < fromUs && fact.kind === 'event' && fact.name === 'action.cancelling' && isOf(fact, id),
  );
  if (asked === undefined) return true;
  // It may have refused the cancel meanwhile.
  return story.moments.some(
    (one) =>
      one.act.does === 'answer-cancel' &&
      !one.act.isYes &&
      one.answer.is === 'taken' &&
      one.actionId === id &&
      one.toUs >= asked.atUs &&
      one.fromUs <= toUs,
  );
}

function isOf({ subject }: EventFact, actionId: string): boolean {
  return subject === `action:${actionId}`;
}

function isVersionOf(
  story: Story,
  { act }: Moment,
  { action, version }: { action: StoryAction; version: string },
): boolean {
  if (act.does !== 'show-version' || !sameDevice(story, act.device, action.deviceId)) return false;
  if (act.shown === 'new') return true;
  return act.shown === 'old' && story.stage.deviceAt(act.device).version === version;
}

/** With `confirms: version` a device that had told its version must have told the new one. */
export function faultsOfBoots(story: Story): string[] {
  return story.facts.flatMap((fact) => {
    const action = actionOf(story, fact);
    if (action === undefined || endOf(fact) !== 'confirmed' || !action.awaitsVersion) return [];
    const admittedUs = story.facts.find((one) => one.kind === 'log' && one.actionId === action.id)?.atUs ?? 0;
    const isShown = story.moments.some(
      ({ act, answer, fromUs, toUs }) =>
        act.does === 'show-version' &&
        answer.is === 'taken' &&
        act.shown !== 'third' &&
        sameDevice(story, act.device, action.deviceId) &&
        fromUs <= fact.atUs &&
        toUs >= admittedUs,
    );
    return isShown ? [] : [`action ${action.id} is confirmed, and its device never showed the version`];
  });
}

function deviceChanges<T>(
  story: Story,
  deviceId: string,
  read: (to: DevicePatch) => T | undefined,
): Change<T>[] {
  return taken(story, 'change-device').flatMap(({ act, fromUs, toUs }) => {
    const value = sameDevice(story, act.device, deviceId) ? read(act.to) : undefined;
    return value === undefined ? [] : [{ fromUs, toUs, value }];
  });
}

/** What a device was known to run: what it reported, and what its confirmed updates made us believe. */
function versionsOf(story: Story, deviceId: string): Change<string | undefined>[] {
  const reported = story.moments.flatMap(({ act, answer, fromUs, toUs, told }) => {
    if (act.does !== 'show-version' || answer.is !== 'taken' || !sameDevice(story, act.device, deviceId))
      return [];
    return [{ fromUs, toUs, value: told ?? versionShown(act.shown) }];
  });
  const believed = story.facts.flatMap((fact) => {
    const action = actionOf(story, fact);
    if (action?.deviceId !== deviceId || endOf(fact) !== 'confirmed') return [];
    const { version } = story.stage.releases.find(({ id }) => id === action.releaseId)!;
    return [{ fromUs: fact.atUs, toUs: fact.atUs, value: version }];
  });
  return [...reported, ...believed].sort((a, b) => a.fromUs - b.fromUs);
}

function versionShown(shown: Shown): string | undefined {
  return shown === 'third' ? THIRD_VERSION : undefined;
}

/** A success without proof ends nothing for good: the version may still show that it was one. */
function isProofOf(correction: EventFact, ends: readonly EventFact[]): boolean {
  const isUnproven = ends.some(
    (end) =>
      ['lapsed', 'cancelled'].includes(endOf(end) ?? '') || end.detail['failureKind'] === 'rolled-back',
  );
  return isUnproven && endOf(correction) === 'confirmed';
}

/** B10, as far as it is stored: one end for each action, and one correction of an end that the server made up. */
export function faultsOfEnds(story: Story): string[] {
  return [...story.actions.values()].flatMap((action) => {
    const events = story.facts.filter(
      (fact): fact is EventFact => fact.kind === 'event' && fact.subject === `action:${action.id}`,
    );
    const ends = events.filter(({ name }) => name === 'action.ended');
    const corrections = events.filter(({ name }) => name === 'action.corrected');
    const last = [...events].reverse().find((fact) => endOf(fact) !== undefined);
    const faults: string[] = [];
    if (ends.length !== (action.isEnded ? 1 : 0))
      faults.push(`action ${action.id} is ${action.state} and ended ${ends.length} times`);
    if (corrections.length > 1) faults.push(`action ${action.id} was corrected ${corrections.length} times`);
    if (corrections.some((one) => action.endedBy === 'device' && !isProofOf(one, ends)))
      faults.push(`action ${action.id} was ended by its device and corrected`);
    if (last !== undefined && endOf(last) !== action.state)
      faults.push(`action ${action.id} is ${action.state}, and its last event says ${endOf(last)}`);
    return faults;
  });
}
