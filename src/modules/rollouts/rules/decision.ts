import type { ActionTerms } from '../../actions/action/action';

/** Why a device gets nothing, for code to tell apart; {@link describeLine} says it to people. */
export type Reason =
  | 'stopped'
  | 'pinned'
  | 'no-rollout'
  | 'no-assignment'
  | 'no-release'
  | 'release-gone'
  | 'unknown-hardware'
  | 'wrong-hardware'
  | 'no-hardware-list'
  | 'installed'
  | 'lower'
  | 'exhausted'
  | 'paused'
  | 'withdrawn-release'
  | 'damaged-release'
  | 'broken-signature'
  | 'untrusted-release'
  | 'not-in-wave'
  | 'superseded'
  | 'window-over'
  | 'window-closed'
  | 'too-late-in-window'
  | 'frozen'
  | 'upgrade-step-missing'
  | 'unknown-version'
  | 'waiting-to-retry'
  | 'quiet'
  | 'under-way'
  | 'unfit-client'
  | 'invalid-release'
  | 'unapproved';

/** What is to be admitted: which release, on whose account. */
export interface Offer {
  readonly kind: 'offer';
  readonly releaseId: string;
  /** What the attempt counts against: `rollout:12`, `hop:12:7`, `assignment:3`, `latest:7`, `force:1`. */
  readonly origin: string;
  readonly isForced: boolean;
  readonly rolloutId: string | undefined;
  /** The rollout on the way to whose release this one is: it has to offer, but neither slot nor tally of it is taken. */
  readonly hopOf?: string;
  readonly wave: number | undefined;
  readonly terms: ActionTerms;
}

export type Decision =
  | {
      readonly kind: 'nothing';
      readonly reason: Reason;
      /** When that ends by itself: a window opens, a freeze is over. */
      readonly opensAtMs?: number;
    }
  | Offer
  /** The open action goes on; the device is shown it again. */
  | { readonly kind: 'continue'; readonly actionId: string }
  /** The open action was never fetched and no longer holds: taken back, no attempt, no failure. */
  | { readonly kind: 'withdraw'; readonly actionId: string; readonly reason: Reason }
  /** The open action must not be installed (on this hardware, or any more): the device is asked to cancel. */
  | { readonly kind: 'cancel'; readonly actionId: string; readonly reason: Reason };

/** The rules in the order in which they are tried. */
export const RULES = {
  1: 'open action',
  2: 'stop-all, approval and pin',
  3: 'target',
  4: 'hardware and client',
  5: 'already installed',
  6: 'no downgrade, no step left out',
  7: 'attempts',
  8: 'rollout state',
  9: 'wave',
  10: 'window',
  11: 'pace',
} as const;
export type RuleNumber = keyof typeof RULES;

/** One rule that was tried, as data: the hot path builds no sentences. */
export interface TraceLine {
  readonly rule: RuleNumber;
  readonly outcome: 'passed' | 'decided' | 'skipped';
  readonly code: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | undefined>>;
}

const SENTENCES: Readonly<Record<string, string>> = {
  'no-open-action': 'No update is under way on this device.',
  'open-action-goes-on': 'Action {action} is {state}; it goes on until it ends.',
  'open-action-offered': 'Action {action} was offered and not fetched yet; the rules below judge it again.',
  'open-action-holds': 'Action {action} still holds and stays offered.',
  'open-action-falls': 'Action {action} no longer holds and is taken back.',
  'open-action-held':
    'Action {action} is assigned to the device and waits until the rule below lets it go on.',
  'open-action-under-way': 'Action {action} is {state}; the rules below may keep it from the device.',
  'open-action-invalid': 'Action {action} is of a release that was invalidated, and is cancelled.',
  'open-action-gives-way': 'Action {action} gives way to what was assigned to the device since.',
  'open-action-outrun': 'Action {action} gives way to a newer rollout.',
  'open-action-over': 'Action {action} has no maintenance window left and is cancelled.',
  'open-action-misfits': 'Action {action} does not fit this hardware and is cancelled.',
  stopped: 'All updates of this tenant are stopped.',
  unapproved: 'The device is {approval}: nothing is offered to it until an operator approves it.',
  pinned: 'The device is pinned: it keeps what it has.',
  'not-held': 'Updates are not stopped, the device is approved and not pinned.',
  forced: 'Release {release} is forced by an operator; rules 5 to 7 do not apply.',
  'no-rollout': 'The device follows its feed, and no rollout that is in force there means it.',
  'no-assignment': 'The device takes only the release assigned to it, and none is.',
  'no-release': 'The device takes the latest release, and no release with an ordered version fits it.',
  'release-gone': 'Release {release} is no longer there.',
  'by-rollout': 'Rollout {rollout} ("{name}") names release {release}, version {version}.',
  'by-assignment': 'Release {release}, version {version}, is assigned to the device.',
  'by-latest': 'Release {release}, version {version}, is the latest that fits.',
  'unknown-hardware': 'The device has not said what hardware it is, and nobody set it.',
  'wrong-hardware': 'Hardware {model} {revision} is not among those that the release fits.',
  'no-hardware-list':
    'The release names no hardware, so it is never offered until somebody says what it fits.',
  fits: 'Hardware {model} {revision} fits, and the client ({client}) can take the release.',
  'unfit-client': 'The client ({client}) {fault}.',
  'asks-nobody':
    'Action {action} waits for the consent of a user whom the client ({client}) cannot ask: give it with autoConfirm.',
  installed: 'Version {installed} is installed already{believed}.',
  lower: 'Version {version} is lower than the installed {installed}, and downgrades are not allowed here.',
  'not-installed': 'Installed is {installed}.',
  'not-lower': 'Version {version} is not lower than {installed}.',
  'downgrade-allowed': 'Version {version} is lower than {installed}; this rollout allows downgrades.',
  'next-step':
    'Version {version} upgrades from {range} only, and installed is {installed}: version {step} (release {release}) comes first.',
  'upgrade-step-missing':
    'Version {version} upgrades from {range} only, installed is {installed}, and no release on the way can be offered.',
  'unknown-version': 'Version {version} upgrades from {range} only, and what the device runs is not known.',
  quiet:
    'An update has timed out, and the device may still be at work: nothing is offered until {until}, or until it reports.',
  'waiting-to-retry': '{attempts} of {allowed} attempts are used up; the next one may begin at {until}.',
  exhausted: '{attempts} of {allowed} attempts are used up.',
  'attempts-left': '{attempts} of {allowed} attempts are used up.',
  paused: 'Rollout {rollout} is paused; the device waits for it rather than fall back to an older one.',
  'invalid-release': 'Release {release} was invalidated; nothing installs it any more.',
  'withdrawn-release': 'Release {release} was withdrawn; only force installs it.',
  'damaged-release':
    'The bytes of release {release} are missing, damaged or changed; it is offered again when they are what they were.',
  'broken-signature': 'A signature of release {release} is broken; nobody is offered it.',
  'untrusted-release':
    'Release {release} is {signature}, and this tenant rolls out only what one of its trust anchors vouches for.',
  offers: 'The rollout offers.',
  'no-rollout-involved': 'No rollout is involved.',
  'not-in-wave': 'Wave {wave} has begun, and the device is in no wave that has: {because}.',
  'in-wave': 'The device belongs to wave {wave}.',
  'no-window': 'No window restricts this device.',
  frozen: 'Rollouts offer nothing until {until}: {why}.',
  'window-closed': 'The {whose} window is closed until {opensAt}{because}.',
  'too-late-in-window':
    'The window closes at {closesAt}, and the release takes {takes}: too late. It opens again at {opensAt}.',
  'window-open': 'The {whose} window is open.',
  'window-held':
    'The maintenance window is closed until {opensAt}; the device may download, but not install.',
  'pace-at-admission':
    'How many may be under way, offered to in this minute and in all is judged when the offer is admitted.',
  'under-way': 'Another update of the device is under way.',
};

/** A trace line as a sentence for the person who asks why a device does not update. */
export function describeLine(line: TraceLine): string {
  const sentence = SENTENCES[line.code] ?? line.code;
  return sentence
    .replace(/\{(\w+)\}/g, (_match, name: string) => String(line.detail?.[name] ?? ''))
    .replace(/ {2,}/g, ' ')
    .replace(/ ([.,])(?= |$)/g, '$1');
}
