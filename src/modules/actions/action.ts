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

/** Who ended an action: the device's own report, the server, or the device's answer to a cancel. */
export type EndedBy = 'device' | 'server' | 'cancel';

/** What can happen to an action. The wire's words are translated to these by `modules/updates`. */
export const ACTION_EVENTS = [
  'retrieve',
  'begin-download',
  'finish-download',
  'progress',
  'remark',
  'succeed',
  'fail',
  'prove',
  'request-cancel',
  'acknowledge-cancel',
  'refuse-cancel',
  'force-cancel',
  'withdraw',
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
}

/** One action as the management API shows it. */
export interface Action extends ActionStatus {
  readonly id: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly controllerId: string;
  readonly releaseId: string;
  /** What the attempt counts against: `rollout:12`, `assignment:3`, `latest:7`, `force:1`. */
  readonly origin: string;
  readonly isForced: boolean;
  readonly rolloutId: string | undefined;
  readonly wave: number | undefined;
  readonly lane: number | undefined;
  readonly isExposed: boolean;
  readonly previousVersion: string | undefined;
  readonly logCount: number;
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
