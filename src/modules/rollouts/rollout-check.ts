import { parseTimeZone, timeZoneText } from '../../platform/calendar/time-zone';
import { FieldError } from '../../platform/errors/domain.error';
import { DEFAULT_TERMS } from '../actions/action';
import { Faults } from './faults';
import { faultOfFilter } from './filter-check';
import type { Pace, Population, Ramp, RolloutDefinition } from './rollout';
import type { RolloutWish } from './rollout-wish';
import type { RolloutWindow } from './rollout-window';
import type { Wave } from './wave';
import { checkWaves } from './wave-check';

/** What the rest of the tenant says about a wish. */
export interface CheckContext {
  /** How long nine of ten devices take with the release; undefined: not known. */
  readonly p90Ms: number | undefined;
  /** What {@link RolloutWish.bucketsOf} stands for. */
  readonly salt: string | undefined;
  /** The one that brings devices back says neither feed nor filter. */
  readonly revertsRolloutId?: string | undefined;
}

export const MOST_WINDOWS = 50;
const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

/**
 * Turns what an operator says into a whole definition, with what he left out, or tells him everything that does not make
 * sense, by the paths of the API. @throws RolloutFieldsError and nothing else
 */
export function checkRollout(wish: RolloutWish, context: CheckContext): RolloutDefinition {
  const faults = new Faults();
  const population = checkPopulation(wish, context, faults);
  const waves = checkWaves(wish.waves, faults);
  const definition: RolloutDefinition = {
    name: wish.name,
    releaseId: wish.releaseId,
    population,
    priority: wish.priority ?? 0,
    pace: checkPace(wish, faults),
    mostDevices: wish.mostDevices,
    waves,
    ...checkTries(wish, faults),
    allowsDowngrade: wish.allowsDowngrade ?? false,
    confirms: wish.confirms ?? 'version',
    silentPolls: checkSilence(wish.silentPolls ?? 0, waves, faults),
    whenTripped: wish.whenTripped ?? 'pause',
    startAt: wish.startAt,
    windows: checkWindows(wish.windows ?? [], context.p90Ms, faults),
    salt: context.salt,
    terms: wish.terms ?? DEFAULT_TERMS,
  };
  faults.throwAny();
  return definition;
}

/** The definition as somebody would have said it, for changes. */
export function wishOf(definition: RolloutDefinition): RolloutWish {
  const { population, pace, waves, salt: _salt, ...rest } = definition;
  const { feed, filter } = population;
  return { ...rest, ...pace, feed, filter, waves };
}

function checkPopulation(wish: RolloutWish, context: CheckContext, faults: Faults): Population {
  const { feed, filter } = wish;
  const { revertsRolloutId } = context;
  if (feed === undefined && filter === undefined && revertsRolloutId === undefined)
    faults.add('feed', 'is missing: say whom it means by a feed, a filter or both');
  if (filter !== undefined) faults.add('filter', faultOfFilter(filter));
  return { feed, filter, revertsRolloutId };
}

function checkPace({ inFlightCap, offersPerMinute, ramp }: RolloutWish, faults: Faults): Pace {
  if (ramp !== undefined) checkRamp(ramp, offersPerMinute, faults);
  return { inFlightCap, offersPerMinute, ramp };
}

function checkRamp(ramp: Ramp, offersPerMinute: number | undefined, faults: Faults): void {
  const { startPerMinute, doublingMs } = ramp;
  if (offersPerMinute === undefined) {
    faults.add('ramp', 'has no end: say in offersPerMinute where it stops');
  } else if (startPerMinute > offersPerMinute) {
    const why = `is ${startPerMinute}, more than the ${offersPerMinute} of offersPerMinute where it stops`;
    faults.add('ramp.startPerMinute', why);
  }
  if (!(doublingMs >= MINUTE_MS)) faults.add('ramp.doubling', 'must be 1m at least');
}

function checkTries(
  wish: RolloutWish,
  faults: Faults,
): Pick<RolloutDefinition, 'attempts' | 'retryBackoffMs'> {
  const { attempts = 1, retryBackoffMs = 0 } = wish;
  if (attempts === 1 && retryBackoffMs > 0)
    faults.add('retryBackoff', 'means nothing while attempts is 1: nobody tries again');
  return { attempts, retryBackoffMs };
}

function checkSilence(silentPolls: number, waves: readonly Wave[], faults: Faults): number {
  if (silentPolls > 0 && waves.every(({ gate }) => gate.soakMs === 0))
    faults.add('silentPolls', 'finds nobody: devices are missed while a wave soaks, and no gate has a soak');
  return silentPolls;
}

function checkWindows(
  windows: readonly RolloutWindow[],
  p90Ms: number | undefined,
  faults: Faults,
): RolloutWindow[] {
  if (windows.length > MOST_WINDOWS) faults.add('windows', `must have ${MOST_WINDOWS} items at most`);
  return windows
    .slice(0, MOST_WINDOWS)
    .map((window, index) => checkWindow(window, p90Ms, (path, why) => faults.add(`windows[${index}]${path}`, why)));
}

function checkWindow(
  window: RolloutWindow,
  p90Ms: number | undefined,
  refuse: (path: string, why: string) => void,
): RolloutWindow {
  const { days, fromMinute, toMinute } = window;
  if (days.length === 0 || !days.every((day) => Number.isInteger(day) && day >= 1 && day <= 7))
    refuse('.days', 'must name a day of the week at least');
  if (!isMinute(fromMinute, DAY_MINUTES - 1)) refuse('.from', 'must be from 00:00 to 23:59');
  if (!isMinute(toMinute, DAY_MINUTES)) refuse('.to', 'must be from 00:00 to 24:00');
  const lengthMs = lengthOf(window) * MINUTE_MS;
  if (p90Ms !== undefined && lengthMs < p90Ms) {
    const [minutes, needed] = [lengthMs / MINUTE_MS, Math.ceil(p90Ms / MINUTE_MS)];
    refuse('', `is open for ${minutes} min, but nine of ten devices need ${needed} min for this release: nobody would be offered it`);
  }
  return { ...window, days: [...new Set(days)].sort(), timezone: zoneOf(window.timezone, refuse) };
}

function isMinute(minute: number, most: number): boolean {
  return Number.isInteger(minute) && minute >= 0 && minute <= most;
}

/** How many minutes a window is open. */
function lengthOf({ fromMinute, toMinute }: RolloutWindow): number {
  return toMinute > fromMinute ? toMinute - fromMinute : toMinute + DAY_MINUTES - fromMinute;
}

function zoneOf(
  timezone: string | undefined,
  refuse: (path: string, why: string) => void,
): string | undefined {
  if (timezone === undefined) return undefined;
  try {
    return timeZoneText(parseTimeZone(timezone));
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    refuse('.timezone', error.fields?.['timezone'] ?? 'is none');
    return timezone;
  }
}
