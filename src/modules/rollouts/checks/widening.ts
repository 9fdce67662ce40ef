import type { Pace } from '../rollout/conduct';
import type { RolloutDefinition } from '../rollout/rollout';
import type { Wave } from '../rollout/wave';

/**
 * Whether a change of a started rollout lets it reach more devices, or reach them sooner, at other hours, in another rank among the
 * rollouts or with a weaker brake. Who approved it approved none of that. Of other windows nobody can easily say which are wider: only
 * those count as narrower that come where there were none.
 */
export function widens(before: RolloutDefinition, after: RolloutDefinition): boolean {
  return (
    isMore(before.mostDevices, after.mostDevices) ||
    before.waves.some((wave, index) => widensWave(wave, after.waves[index])) ||
    isFaster(before.pace, after.pace) ||
    after.priority !== before.priority ||
    (before.whenTripped === 'abort' && after.whenTripped === 'pause') ||
    isSooner(before.startAt, after.startAt) ||
    (before.windows.length > 0 && windowsText(before) !== windowsText(after))
  );
}

/** The same for the same windows, whatever Postgres made of the order of their fields. */
function windowsText({ windows }: RolloutDefinition): string {
  return JSON.stringify(
    windows.map(({ days, fromMinute, toMinute, timezone }) => [days, fromMinute, toMinute, timezone ?? '']),
  );
}

function widensWave(before: Wave, after: Wave | undefined): boolean {
  if (after === undefined) return false;
  return after.buckets > before.buckets || isMore(before.mostDevices, after.mostDevices);
}

function isFaster(before: Pace, after: Pace): boolean {
  return (
    isMore(before.inFlightCap, after.inFlightCap) ||
    isMore(before.offersPerMinute, after.offersPerMinute) ||
    isMore(before.ramp?.startPerMinute, after.ramp?.startPerMinute) ||
    isLess(before.ramp?.doublingMs, after.ramp?.doublingMs)
  );
}

/** Of bounds: none at all is more than any. */
function isMore(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && (after === undefined || after > before);
}

function isLess(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && (after === undefined || after < before);
}

function isSooner(before: Date | undefined, after: Date | undefined): boolean {
  return before !== undefined && (after === undefined || after < before);
}
