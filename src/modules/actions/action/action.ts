import type { MaintenanceWindow } from './maintenance-window';

/** How far a device is with one release. Ends are in {@link ENDED_STATES}. */
export const ACTION_STATES = [
  'queued',
  'awaiting-confirmation',
  'offered',
  'retrieved',
  'downloading',
  'downloaded',
  'installing',
  'installed',
  'cancelling',
  'confirmed',
  'failed',
  'cancelled',
  'timed-out',
  'lapsed',
  'withdrawn',
] as const;
export type ActionState = (typeof ACTION_STATES)[number];

export const ENDED_STATES = ['confirmed', 'failed', 'cancelled', 'timed-out', 'lapsed', 'withdrawn'] as const;

/** How the device is to treat an update (hawkBit's action types); only `download-only` ends before the installation. */
export const ACTION_TYPES = ['forced', 'soft', 'time-forced', 'download-only'] as const;
export type ActionType = (typeof ACTION_TYPES)[number];

/** Who ended an action: the device's own report, the server, or the device's answer to a cancel. */
export type EndedBy = 'device' | 'server' | 'cancel';

/** What kind of failure it was: gates treat them alike, but for one that the server itself caused. */
export const FAILURE_KINDS = ['device', 'rejected', 'rolled-back', 'timed-out', 'lost', 'server'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What can happen to an action. The wire's words are translated to these by `modules/updates`. */
export const ACTION_EVENTS = [
  'retrieve',
  'begin-download',
  'finish-download',
  'progress',
  'remark',
  'succeed',
  'skip',
  'fail',
  'prove',
  'request-cancel',
  'acknowledge-cancel',
  'refuse-cancel',
  'force-cancel',
  'withdraw',
  'expose',
  'yield',
  'confirm',
  'deny',
  'disprove',
  'time-out',
  'lapse',
  'expire-cancel',
] as const;
export type ActionEvent = (typeof ACTION_EVENTS)[number];

/** What the transition needs to know of an action. */
export interface ActionStatus {
  readonly state: ActionState;
  /** A download or progress report came on this action while it was not being cancelled, or its version was reported. */
  readonly hasProof: boolean;
  /** The state a refused cancel goes back to. */
  readonly cancelFrom: ActionState | undefined;
  readonly endedBy: EndedBy | undefined;
  /** The device's own terminal word, which decides whether a repeat is the same report again. */
  readonly deviceVerdict: 'success' | 'failure' | undefined;
  readonly isCorrected: boolean;
  readonly type: ActionType;
  /** The device's user has to agree before it may fetch the update. */
  readonly needsConfirmation: boolean;
  /** The device's word is not enough: it counts once the device reports the release's version. */
  readonly awaitsVersion: boolean;
}

/** On what terms a device gets an update. */
export interface ActionTerms {
  readonly type: ActionType;
  /** From when on a `time-forced` update is forced. */
  readonly forceAt: Date | undefined;
  /** 0 to 1000: of several open actions of a device the heaviest comes first, then the oldest. */
  readonly weight: number;
  readonly window: MaintenanceWindow | undefined;
  /** Whether the device's user is asked, in a tenant that asks. */
  readonly needsConfirmation: boolean;
}

/** The terms of hawkBit's defaults. */
export const DEFAULT_TERMS: ActionTerms = {
  type: 'forced',
  forceAt: undefined,
  weight: 1000,
  window: undefined,
  needsConfirmation: true,
};

/** One action as the management API shows it. */
export interface Action extends ActionStatus, ActionTerms {
  readonly id: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly controllerId: string;
  readonly releaseId: string;
  /** What the attempt counts against: `rollout:12`, `direct:3` (an assignment), `assignment:3` (what the device is to keep), `latest:7`, `force:1`. */
  readonly origin: string;
  readonly isForced: boolean;
  readonly assignmentId: string | undefined;
  readonly rolloutId: string | undefined;
  readonly wave: number | undefined;
  readonly lane: number | undefined;
  readonly isExposed: boolean;
  readonly previousVersion: string | undefined;
  /** What the device ran before, as far as that was a release of ours. */
  readonly previousReleaseId: string | undefined;
  readonly failureKind: FailureKind | undefined;
  /** When the state that it is in is given up, on a grid; undefined once it is over. */
  readonly dueAt: Date | undefined;
  /** When it is given up whatever is reported; undefined until the device fetches it. */
  readonly giveUpAt: Date | undefined;
  /** When the device said that it has installed it. */
  readonly installedAt: Date | undefined;
  readonly logCount: number;
  /** The status code that the device reported last. */
  readonly lastCode: number | undefined;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly retrievedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

export function isEnded(state: ActionState): boolean {
  return (ENDED_STATES as readonly ActionState[]).includes(state);
}

/** Before the device fetched the deployment: the server may still take the offer back without a trace. */
export function isUnretrieved(state: ActionState): boolean {
  return state === 'queued' || state === 'awaiting-confirmation' || state === 'offered';
}

/** Soft updates may wait for the device's user; at `forceAt` a time-forced one stops being soft. */
export function isForcedNow(action: Pick<ActionTerms, 'type' | 'forceAt'>, now: Date): boolean {
  if (action.type !== 'time-forced') return action.type !== 'soft';
  return action.forceAt !== undefined && action.forceAt <= now;
}
