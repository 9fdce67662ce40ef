import type { Pace } from './rollout';

const MINUTE_MS = 60_000;
/** Doubled so often, any number is more than there are devices. */
const MOST_DOUBLINGS = 30;
const NO_LIMIT = 2 ** 31 - 1;

/** Minutes since 1970: what offers are counted by. */
export function minuteOf(epochMs: number): number {
  return Math.floor(epochMs / MINUTE_MS);
}

/**
 * How many devices a rollout may offer to within this minute; undefined: any number. A ramp doubles from whole minute to whole
 * minute, up to what is allowed per minute at all; before the start (clocks are set back) it is as at the start.
 */
export function allowedInMinute(
  { offersPerMinute, ramp }: Pace,
  startedAtMs: number,
  minute: number,
): number | undefined {
  if (ramp === undefined) return offersPerMinute;
  const elapsedMs = Math.max(0, minute - minuteOf(startedAtMs)) * MINUTE_MS;
  const doublings = Math.min(Math.floor(elapsedMs / ramp.doublingMs), MOST_DOUBLINGS);
  return Math.min(ramp.startPerMinute * 2 ** doublings, offersPerMinute ?? NO_LIMIT, NO_LIMIT);
}
