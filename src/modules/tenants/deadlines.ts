const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long an action may stay as it is before it is given up. */
export interface Deadlines {
  /** Offered by a rollout and not fetched: it lapses. */
  readonly offeredMs: number;
  /** Assigned by an operator and not fetched, or waiting behind another: it lapses. */
  readonly assignedMs: number;
  /** The device's user does not say whether he consents: it lapses. */
  readonly consentMs: number;
  /** Fetched, and not a word since: timed out. */
  readonly silentMs: number;
  /** Installed by the device's own word, and it does not show the version: rolled back. */
  readonly confirmMs: number;
  /** Asked to cancel, and no answer: cancelled by the server. */
  readonly cancelMs: number;
  /** From the fetch to the end, whatever is reported in between: timed out. */
  readonly wholeMs: number;
  /** After a time-out nothing is offered so long, unless the device reports. */
  readonly quietMs: number;
}

export const DEFAULT_DEADLINES: Deadlines = {
  offeredMs: DAY_MS,
  assignedMs: 90 * DAY_MS,
  consentMs: 30 * DAY_MS,
  silentMs: DAY_MS,
  confirmMs: 6 * HOUR_MS,
  cancelMs: HOUR_MS,
  wholeMs: 7 * DAY_MS,
  quietMs: DAY_MS,
};

/** Shorter or longer than that none may be. */
export const DEADLINE_BOUNDS = { min: 1000, max: 366 * DAY_MS };
