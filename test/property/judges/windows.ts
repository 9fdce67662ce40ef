import type { RolloutWindow } from '../../../src/modules/rollouts/rollout/rollout-window';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const DAY_MINUTES = 24 * 60;

/** Whether one of the windows is open, by the wall clock that Intl shows: knows nothing of how the server reckons. */
export function isOpenByWall(
  windows: readonly RolloutWindow[],
  deviceZone: string | undefined,
  nowMs: number,
): boolean {
  if (windows.length === 0) return true;
  return windows.some((window) => {
    const { day, minute } = wallAt(window.timezone ?? deviceZone ?? 'UTC', nowMs);
    const yesterday = ((day + 5) % 7) + 1;
    const { days, fromMinute, toMinute } = window;
    if (toMinute > fromMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
    // Over midnight: it belongs to the day on which it opened.
    const isBeforeMidnight = days.includes(day) && minute >= fromMinute;
    const isAfterMidnight = days.includes(yesterday) && minute < toMinute;
    return isBeforeMidnight || isAfterMidnight;
  });
}

function wallAt(timezone: string, nowMs: number): { day: number; minute: number } {
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(timezone);
  if (fixed !== null) {
    const offset = (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3]));
    const shifted = Math.floor(nowMs / 60_000) + offset;
    // 1970 began on a Thursday.
    const day = ((Math.floor(shifted / DAY_MINUTES) + 3) % 7) + 1;
    return { day, minute: ((shifted % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES };
  }
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: timezone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(nowMs);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return {
    day: DAYS.indexOf(part('weekday')) + 1,
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}
