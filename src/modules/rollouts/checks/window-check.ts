import { parseTimeZone, timeZoneText } from '../../../platform/calendar/time-zone';
import { FieldError } from '../../../platform/errors/domain.error';
import type { Faults } from './faults';
import type { RolloutWindow } from '../rollout/rollout-window';

export const MOST_WINDOWS = 50;
const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const MINUTE_MS = 60_000;

/** The windows in the words in which they are stored; `p90Ms`: how long nine of ten devices take, if that is known. */
export function checkWindows(
  windows: readonly RolloutWindow[],
  p90Ms: number | undefined,
  faults: Faults,
): RolloutWindow[] {
  if (windows.length > MOST_WINDOWS) faults.add('windows', `must have ${MOST_WINDOWS} items at most`);
  const checked = windows
    .slice(0, MOST_WINDOWS)
    .map((window, index) => checkWindow(window, (path, why) => faults.add(`windows[${index}]${path}`, why)));
  if (p90Ms !== undefined) checkLengths(checked, p90Ms, faults);
  return checked;
}

/** What nobody would be offered in is refused when it is said, and when the rollout begins: by then more may be known. */
export function checkLengths(windows: readonly RolloutWindow[], p90Ms: number, faults: Faults): void {
  for (const [index, minutes] of openMinutes(windows).entries())
    faults.add(`windows[${index}]`, faultOfLength(minutes, Math.ceil(p90Ms / MINUTE_MS)));
}

function checkWindow(window: RolloutWindow, refuse: (path: string, why: string) => void): RolloutWindow {
  const { days, fromMinute, toMinute } = window;
  if (days.length === 0 || !days.every((day) => Number.isInteger(day) && day >= 1 && day <= 7))
    refuse('.days', 'must name a day of the week at least');
  if (!isMinute(fromMinute, DAY_MINUTES - 1)) refuse('.from', 'must be from 00:00 to 23:59');
  if (!isMinute(toMinute, DAY_MINUTES)) refuse('.to', 'must be from 00:00 to 24:00');
  return {
    ...window,
    days: [...new Set(days)].sort((a, b) => a - b),
    timezone: zoneOf(window.timezone, refuse),
  };
}

function isMinute(minute: number, most: number): boolean {
  return Number.isInteger(minute) && minute >= 0 && minute <= most;
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

function faultOfLength(minutes: number, needed: number): string | undefined {
  if (minutes >= needed) return undefined;
  return `is open for ${minutes} min, but nine of ten devices need ${needed} min for this release: nobody would be offered it. Make it longer`;
}

/** For how many minutes in a row each of them stays open, with those on the same wall that go on where it ends. */
function openMinutes(windows: readonly RolloutWindow[]): number[] {
  const walls = new Map<string | undefined, boolean[]>();
  for (const window of windows) {
    const wall = walls.get(window.timezone) ?? new Array<boolean>(WEEK_MINUTES).fill(false);
    walls.set(window.timezone, wall);
    for (const opens of openings(window))
      for (let at = opens; at < opens + lengthOf(window); at += 1) wall[at % WEEK_MINUTES] = true;
  }
  return windows.map((window) => {
    const wall = walls.get(window.timezone) ?? [];
    return Math.min(...openings(window).map((opens) => runAround(wall, opens)));
  });
}

function openings({ days, fromMinute }: RolloutWindow): number[] {
  return days.map((day) => (day - 1) * DAY_MINUTES + fromMinute);
}

function lengthOf({ fromMinute, toMinute }: RolloutWindow): number {
  return toMinute > fromMinute ? toMinute - fromMinute : toMinute + DAY_MINUTES - fromMinute;
}

function runAround(wall: readonly boolean[], at: number): number {
  const isOpen = (minute: number): boolean => wall[(minute + WEEK_MINUTES) % WEEK_MINUTES] === true;
  let [first, end] = [at, at];
  while (end - at < WEEK_MINUTES && isOpen(end)) end += 1;
  while (end - first < WEEK_MINUTES && isOpen(first - 1)) first -= 1;
  return end - first;
}
