import { isEnded } from './action';
import type { ActionEvent, ActionState, ActionStatus, EndedBy, FailureKind } from './action';

/** What an event does to an action. */
export type Step =
  /** The state changes; with `endedBy` the action is over, with `failureKind` it has failed. */
  | {
      readonly kind: 'move';
      readonly to: ActionState;
      readonly endedBy?: EndedBy;
      readonly failureKind?: FailureKind;
    }
  /** Accepted and logged, nothing else. */
  | { readonly kind: 'stay' }
  /** A late terminal report corrects an end that the server made up: once. */
  | { readonly kind: 'correct'; readonly to: ActionState; readonly failureKind?: FailureKind }
  /** The device itself ended it and now says otherwise: 410 on the wire (hawkBit's R12). */
  | { readonly kind: 'gone' }
  /** Makes no sense in this state: the caller is told, nothing is stored. */
  | { readonly kind: 'refuse' };

const STAY: Step = { kind: 'stay' };
const GONE: Step = { kind: 'gone' };
const REFUSE: Step = { kind: 'refuse' };
const move = (to: ActionState, endedBy?: EndedBy): Step =>
  endedBy === undefined ? { kind: 'move', to } : { kind: 'move', to, endedBy };

const failed = (failureKind: FailureKind, endedBy: EndedBy): Step => ({
  kind: 'move',
  to: 'failed',
  endedBy,
  failureKind,
});

type OpenRow = Readonly<Partial<Record<ActionEvent, (action: ActionStatus) => Step>>>;

/**
 * Success counts only with proof; without it the action ends neutrally until the device reports the version. Where the
 * version has to be shown, the device's word only means that it is installed.
 */
const succeed = (action: ActionStatus): Step =>
  action.hasProof ? succeeded(action) : move('lapsed', 'device');
const succeeded = (action: ActionStatus): Step =>
  action.awaitsVersion ? move('installed') : move('confirmed', 'device');
/** One that has not begun with it would not take it. */
const fail = (action: ActionStatus): Step => failed(isUntouched(action) ? 'rejected' : 'device', 'device');
const isUntouched = ({ state, hasProof }: ActionStatus): boolean =>
  !hasProof && (state === 'offered' || state === 'retrieved');
const stay = (): Step => STAY;

/** A download is all that is wanted of a download-only action. */
const finishDownload = (action: ActionStatus): Step =>
  action.type === 'download-only' ? move('confirmed', 'device') : move('downloaded');
const finishedBefore = (action: ActionStatus): Step =>
  action.type === 'download-only' ? move('confirmed', 'device') : STAY;

/** What a device may report at any time while it works; later states only add to this. */
const WORKING: OpenRow = {
  retrieve: stay,
  'begin-download': stay,
  'finish-download': finishedBefore,
  progress: stay,
  remark: stay,
  // It runs the release, whatever became of its report: SWUpdate says nothing after its reboot when nothing is on offer then.
  prove: () => move('confirmed', 'server'),
  succeed,
  // It says itself that it installed nothing, whatever it calls that.
  skip: () => move('lapsed', 'device'),
  fail,
  // hawkBit since 1.1: the user takes his consent back.
  deny: () => move('awaiting-confirmation'),
  'request-cancel': () => move('cancelling'),
  'force-cancel': () => move('cancelled', 'server'),
  'time-out': () => ({ kind: 'move', to: 'timed-out', endedBy: 'server', failureKind: 'timed-out' }),
};

const cancelAtOnce = (): Step => move('cancelled', 'server');
/** Nobody was asked for more than to fetch it: a parked vehicle is nobody's failure. */
const lapse = (): Step => move('lapsed', 'server');
const refuse = (): Step => REFUSE;

/**
 * The state machine as data. What a row does not name is refused. Clients skip states (Zephyr goes from retrieved to
 * closed), so every report is legal from `offered` on.
 */
const OPEN: Readonly<Partial<Record<ActionState, OpenRow>>> = {
  queued: {
    expose: (action) => move(action.needsConfirmation ? 'awaiting-confirmation' : 'offered'),
    'request-cancel': cancelAtOnce,
    'force-cancel': cancelAtOnce,
    withdraw: () => move('withdrawn', 'server'),
    lapse,
  },
  'awaiting-confirmation': {
    confirm: () => move('offered'),
    deny: stay,
    yield: () => move('queued'),
    'request-cancel': () => move('cancelling'),
    'force-cancel': cancelAtOnce,
    withdraw: () => move('withdrawn', 'server'),
    lapse,
  },
  offered: {
    ...WORKING,
    'time-out': refuse,
    lapse,
    prove: stay,
    retrieve: () => move('retrieved'),
    'begin-download': () => move('downloading'),
    'finish-download': finishDownload,
    progress: () => move('downloading'),
    yield: () => move('queued'),
    withdraw: () => move('withdrawn', 'server'),
  },
  retrieved: {
    ...WORKING,
    'begin-download': () => move('downloading'),
    'finish-download': finishDownload,
    progress: () => move('downloading'),
  },
  downloading: { ...WORKING, 'finish-download': finishDownload },
  downloaded: { ...WORKING, progress: () => move('installing') },
  installing: WORKING,
  // Closed on the wire: what is still to come is the version.
  installed: {
    ...WORKING,
    'finish-download': stay,
    succeed: stay,
    skip: stay,
    // It took its word back.
    fail: () => failed('rolled-back', 'device'),
    prove: () => move('confirmed', 'device'),
    disprove: () => failed('rolled-back', 'server'),
    'time-out': refuse,
    deny: refuse,
    // RAUC's updater never answers a cancel of what it has closed.
    'request-cancel': cancelAtOnce,
  },
  cancelling: {
    ...WORKING,
    'finish-download': stay,
    prove: stay,
    deny: refuse,
    'time-out': refuse,
    // Clients that were at work finish rather than hear a cancel: RAUC's updater and Zephyr while they install.
    succeed: (action) => (action.hasProof ? succeeded(action) : move('cancelled', 'device')),
    // What SWUpdate says when an offer turns into a cancel between two of its questions.
    skip: () => move('cancelled', 'cancel'),
    // A client that aborts its download for the cancel reports a failure: the release is not to blame.
    fail: () => move('cancelled', 'device'),
    'request-cancel': stay,
    'acknowledge-cancel': () => move('cancelled', 'cancel'),
    'refuse-cancel': (action) => move(action.cancelFrom ?? 'retrieved'),
    'expire-cancel': cancelAtOnce,
  },
};

/** Pure: the same action and event always give the same step. Total: every (state, event) pair has one. */
export function transition(action: ActionStatus, event: ActionEvent): Step {
  if (isEnded(action.state)) return afterEnd(action, event);
  return OPEN[action.state]?.[event]?.(action) ?? REFUSE;
}

function afterEnd(action: ActionStatus, event: ActionEvent): Step {
  switch (event) {
    case 'succeed':
    case 'fail':
      return lateVerdict(action, event === 'succeed' ? 'success' : 'failure');
    case 'retrieve':
    case 'begin-download':
    case 'finish-download':
    case 'progress':
    case 'remark':
      return action.endedBy === 'device' ? GONE : STAY;
    case 'skip':
      return STAY;
    case 'prove':
      return proofAfterEnd(action);
    case 'disprove':
      return isUnprovenSuccess(action) && action.state === 'lapsed' ? STAY : REFUSE;
    case 'acknowledge-cancel':
    case 'refuse-cancel':
      // The device repeats its answer, or answers a cancel that the server ended meanwhile: nothing is lost by a 200.
      return action.cancelFrom === undefined ? REFUSE : STAY;
    default:
      return REFUSE;
  }
}

function lateVerdict(action: ActionStatus, verdict: 'success' | 'failure'): Step {
  if (action.deviceVerdict === verdict || (action.state === 'failed' && verdict === 'failure')) return STAY;
  if (action.endedBy === 'device') return GONE;
  if (isSettled(action, verdict)) return STAY;
  return verdict === 'success' ? lateSuccess(action) : lateFailure(action);
}

/** Whoever has to show the version is not believed before; but his word is kept, and counts with it. */
function lateSuccess({ hasProof, awaitsVersion }: ActionStatus): Step {
  return hasProof && !awaitsVersion ? { kind: 'correct', to: 'confirmed' } : STAY;
}

/** After an acknowledged cancel the failure is the aborted download itself; an offer never fetched cannot fail. */
function lateFailure({ endedBy, state }: ActionStatus): Step {
  if (endedBy === 'cancel' || state === 'withdrawn' || state === 'lapsed') return STAY;
  return { kind: 'correct', to: 'failed', failureKind: 'device' };
}

/** The end was corrected before, or the version that the device reported has said the same. */
function isSettled(action: ActionStatus, verdict: 'success' | 'failure'): boolean {
  const isSaid = action.state === 'confirmed' && verdict === 'success';
  return isSaid || action.isCorrected || action.deviceVerdict !== undefined;
}

/**
 * A success that lacked proof becomes one when the device reports the release's version, and so does an update that was given
 * up: SWUpdate says nothing after its restart when nothing is on offer then.
 */
function proofAfterEnd(action: ActionStatus): Step {
  const isGivenUp = action.state === 'timed-out' && !action.isCorrected;
  return isGivenUp || isUnprovenSuccess(action) ? { kind: 'correct', to: 'confirmed' } : REFUSE;
}

function isUnprovenSuccess({ state, deviceVerdict, isCorrected }: ActionStatus): boolean {
  return state !== 'confirmed' && deviceVerdict === 'success' && !isCorrected;
}

/**
 * Events that show that the device really works on this action. What still comes in while it is being cancelled, or after
 * its end, shows nothing: SWUpdate sends what was left in its log before it says "Skipped Update.".
 */
export function isProof(action: ActionStatus, event: ActionEvent): boolean {
  if (action.state === 'cancelling') return false;
  if (isEnded(action.state)) return event === 'prove';
  return (
    event === 'begin-download' || event === 'finish-download' || event === 'progress' || event === 'prove'
  );
}
