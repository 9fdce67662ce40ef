import type { TimeZone } from './time-zone';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Making one costs as much as using it a hundred times. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a zone are ahead of UTC at an instant, in milliseconds. */
export function zoneOffsetMs(zone: TimeZone, epochMs: number): number {
  if ('utcOffset' in zone) return zone.utcOffset * MINUTE_MS;
  const secondMs = Math.floor(epochMs / 1000) * 1000;
  const shown: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone.timezone).formatToParts(secondMs))
    shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - secondMs;
}

/**
 * The first instant after `fromMs` and not after `untilMs` from which on the clocks of the zone stand otherwise; undefined when
 * there is none. Clocks that go back and forth within a day are taken for clocks that stay.
 */
export function nextTurnMs(zone: TimeZone, fromMs: number, untilMs: number): number | undefined {
  if ('utcOffset' in zone) return undefined;
  const offset = zoneOffsetMs(zone, fromMs);
  for (let before = fromMs; before < untilMs; before += DAY_MS) {
    const after = Math.min(before + DAY_MS, untilMs);
    if (zoneOffsetMs(zone, after) !== offset) return turnBetween(zone, offset, { before, after });
  }
  return undefined;
}

function turnBetween(zone: TimeZone, offset: number, between: { before: number; after: number }): number {
  let { before, after } = between;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (zoneOffsetMs(zone, middle) === offset) before = middle;
    else after = middle;
  }
  return Math.ceil(after);
}

function formatterOf(name: string): Intl.DateTimeFormat {
  let formatter = formatters.get(name);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(name, formatter);
  }
  return formatter;
}
