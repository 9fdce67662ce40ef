import type { Pace, Ramp } from '../rollout/conduct';

const MINUTE_MS = 60_000;
/** Doubled so often, any number is more than there are devices. */
const MOST_DOUBLINGS = 30;
const NO_LIMIT = 2 ** 31 - 1;

/** Minutes since 1970: what offers are counted by. */
export function minuteOf(epochMs: number): number {
  return Math.floor(epochMs / MINUTE_MS);
}

/** In minutes since 1970. */
export interface RampStanding {
  /** When the ramp began last. */
  readonly since: number;
  /** When something was offered last. */
  readonly lastOffer: number;
}

/**
 * From when a ramp is counted. Nothing was learnt while nothing was offered (a pause, a soak, a shut window, a freeze): after a
 * break that is longer than a doubling it begins anew.
 */
export function rampSince(ramp: Ramp, { since, lastOffer }: RampStanding, minute: number): number {
  const isBroken = (minute - lastOffer) * MINUTE_MS > Math.max(ramp.doublingMs, MINUTE_MS);
  return isBroken ? minute : since;
}

/**
 * How many devices a rollout may offer to within this minute; undefined: any number. A ramp doubles from whole minute to whole
 * minute, up to what is allowed per minute at all; before its beginning (clocks are set back) it is as at its beginning.
 */
export function allowedInMinute(
  { offersPerMinute, ramp }: Pace,
  since: number,
  minute: number,
): number | undefined {
  if (ramp === undefined) return offersPerMinute;
  const elapsedMs = Math.max(0, minute - since) * MINUTE_MS;
  const doublings = Math.min(Math.floor(elapsedMs / ramp.doublingMs), MOST_DOUBLINGS);
  return Math.min(ramp.startPerMinute * 2 ** doublings, offersPerMinute ?? NO_LIMIT, NO_LIMIT);
}
