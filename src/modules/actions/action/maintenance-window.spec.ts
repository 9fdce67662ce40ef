import fc from 'fast-check';
import { FieldError } from '../../../platform/errors/domain.error';
import { sleepMs } from '../../tenants/poll-interval';
import {
  parseMaintenanceWindow,
  windowAt,
  type MaintenanceWindow,
  type WindowTerms,
} from './maintenance-window';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW_MS = Date.parse('2026-03-10T12:00:00Z');

const utc = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

function aWindow(schedule: string, timezone = '+00:00', durationMs = HOUR_MS): MaintenanceWindow {
  return { schedule, durationMs, timezone };
}

/** `open until …`, `ahead at …` or `over`. */
function stateAt(window: MaintenanceWindow, at: string): string {
  const state = windowAt(window, Date.parse(at));
  if (state.kind === 'over') return 'over';
  return state.kind === 'open' ? `open until ${utc(state.closesAtMs)}` : `ahead at ${utc(state.opensAtMs)}`;
}

function read(terms: Partial<WindowTerms>, nowMs = NOW_MS): MaintenanceWindow {
  return parseMaintenanceWindow(
    { schedule: '0 0 3 * * ?', duration: '01:00:00', timezone: '+00:00', ...terms },
    nowMs,
  );
}

describe('windowAt', () => {
  it.each([
    ['2026-03-10T02:59:59.999Z', 'ahead at 2026-03-10T03:00'],
    ['2026-03-10T03:00:00.000Z', 'open until 2026-03-10T04:00'],
    ['2026-03-10T03:59:59.999Z', 'open until 2026-03-10T04:00'],
    ['2026-03-10T04:00:00.000Z', 'ahead at 2026-03-11T03:00'],
  ])('counts the start in and the end out: at %s %s', (at, state) => {
    expect(stateAt(aWindow('0 0 3 * * ?'), at)).toBe(state);
  });

  it('is over after the last window, and not while that is open', () => {
    const once = aWindow('0 0 3 10 3 ? 2026');
    expect(stateAt(once, '2026-03-10T03:30:00Z')).toBe('open until 2026-03-10T04:00');
    expect(stateAt(once, '2026-03-10T04:00:00Z')).toBe('over');
    expect(stateAt(once, '2026-03-10T02:00:00Z')).toBe('ahead at 2026-03-10T03:00');
  });

  it.each([
    ['overlap', '0 0,30 3-4 * * ?', 'open until 2026-03-10T05:30'],
    ['touch', '0 0 1-9 * * ?', 'open until 2026-03-10T10:00'],
    ['start every second', '* 0-9 3 * * ?', 'open until 2026-03-10T04:09'],
  ])('is open until the end of the last of windows that %s', (_how, schedule, state) => {
    expect(stateAt(aWindow(schedule), '2026-03-10T03:15:00Z')).toBe(state);
  });

  it('is open at the end that it tells of an endless row', () => {
    const endless = aWindow('0 0 * * * ?');
    let atMs = NOW_MS;
    for (let round = 0; round < 5; round += 1) {
      const state = windowAt(endless, atMs);
      if (state.kind !== 'open') throw new Error('not open');
      expect(state.closesAtMs - atMs).toBeGreaterThan(24 * HOUR_MS);
      atMs = state.closesAtMs;
    }
  });

  it('answers alike in whatever order it is asked', () => {
    const window = aWindow('0 0 3 * * ?', 'Europe/Berlin');
    const times = Array.from({ length: 300 }, (_unused, n) => NOW_MS + ((n * 7919) % 300) * 10 * MINUTE_MS);
    const inDisorder = new Map(times.map((ms) => [ms, windowAt(window, ms)]));
    for (const ms of times.toSorted((a, b) => a - b))
      expect(windowAt(window, ms)).toEqual(inDisorder.get(ms));
  });

  it('keeps what it announces: ahead until it opens, open until it closes', () => {
    const days = fc.constantFrom(
      '* * ?',
      'L * ?',
      'LW * ?',
      '1W * ?',
      '31 * ?',
      '29 2 ?',
      '? * 6L',
      '? * 2#5',
      '? 3,10 1',
    );
    const times = fc.constantFrom('0 30 2', '0 0 0', '0 0/7 1-3', '0 15 *', '30 59 23', '* 0 4');
    const zones = fc.constantFrom(
      '-09:30',
      'Europe/Berlin',
      'America/Santiago',
      'Africa/Cairo',
      'Pacific/Apia',
    );
    const question = fc.record({
      schedule: fc.tuple(times, days).map((parts) => parts.join(' ')),
      timezone: zones,
      durationMs: fc.integer({ min: 1, max: 86_399 }).map((seconds) => seconds * 1000),
    });
    fc.assert(
      fc.property(question, fc.integer({ min: 0, max: 70 * 365 * 24 * 3600 }), (window, seconds) => {
        const atMs = Date.parse('2024-01-01T00:00:00Z') + seconds * 1000;
        const state = windowAt(window, atMs);
        if (state.kind === 'over') throw new Error('these windows are never over');
        const changesAtMs = state.kind === 'open' ? state.closesAtMs : state.opensAtMs;
        expect(changesAtMs).toBeGreaterThan(atMs);
        expect(windowAt(window, Math.floor((atMs + changesAtMs) / 2)).kind).toBe(state.kind);
        expect(windowAt(window, changesAtMs - 1).kind).toBe(state.kind);
        if (state.kind === 'ahead') expect(windowAt(window, changesAtMs).kind).toBe('open');
      }),
      { numRuns: 300 },
    );
  });

  it('is right for more windows than it remembers', () => {
    const asked = Array.from({ length: 10_002 }, (_unused, n) => aWindow('0 0 13 10 3 ? 2026', 'Z', n + 1));
    const states = new Set([...asked, ...asked.slice(0, 100)].map((window) => windowAt(window, NOW_MS).kind));
    expect([...states]).toEqual(['ahead']);
  });
});

describe('parseMaintenanceWindow', () => {
  it('reads what hawkBit reads', () => {
    expect(read({ schedule: ' 0 0 3 ? * 7 ', duration: ' 00:30:00', timezone: '+02:00 ' })).toEqual({
      schedule: '0 0 3 ? * 7',
      durationMs: 30 * MINUTE_MS,
      timezone: '+02:00',
    });
  });

  it('reads a duration without seconds, and the name of a time zone', () => {
    expect(read({ duration: '23:59', timezone: 'Europe/Berlin' })).toMatchObject({
      durationMs: 24 * HOUR_MS - MINUTE_MS,
      timezone: 'Europe/Berlin',
    });
  });

  it.each([
    ['no duration', { duration: '' }, 'duration', 'has "": allowed are 00:00:01 to 23:59:59, as HH:mm:ss'],
    ['hours only', { duration: '10' }, 'duration', 'has "10": allowed are 00:00:01 to 23:59:59, as HH:mm:ss'],
    ['none at all', { duration: '00:00:00' }, 'duration', 'has "00:00:00": allowed are'],
    ['a day', { duration: '24:00:00' }, 'duration', 'has "24:00:00": allowed are'],
    [
      'a place that is none',
      { timezone: 'Mars/Base' },
      'timezone',
      'has "Mars/Base": allowed are ±hh:mm and names',
    ],
    ['a schedule of five fields', { schedule: '0 3 * * *' }, 'schedule', 'has 5 fields: needed are'],
    ['a schedule without ?', { schedule: '0 0 3 * * *' }, 'schedule', 'exactly one of the two must be ?'],
    ['30 February', { schedule: '0 0 3 30 2 ?' }, 'schedule', 'has no window ahead'],
    [
      'a date in the past',
      { schedule: '0 0 3 10 3 ? 2026' },
      'schedule',
      'has no window ahead: its last one is over',
    ],
  ])('refuses %s', (_what, terms, field, why) => {
    const refused = expect(() => read(terms));
    refused.toThrow(FieldError);
    refused.toThrow(expect.objectContaining({ fields: { [field]: expect.stringContaining(why) } }));
  });

  it('takes a last window that is still open', () => {
    const terms = { schedule: '0 30 11 10 3 ? 2026' };
    expect(read(terms, NOW_MS + 29 * MINUTE_MS)).toMatchObject(terms);
    expect(() => read(terms, NOW_MS + 30 * MINUTE_MS)).toThrow('schedule has no window ahead');
  });

  it('reads or refuses with a FieldError, whatever it is given', () => {
    const part = fc.constantFrom(
      '0',
      '*',
      '?',
      '1-5',
      '5/15',
      'L',
      'LW',
      '15W',
      '31W',
      '6#5',
      '6L',
      'MON',
      '31',
      '2/7',
    );
    const schedule = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part, part, part, part).map((parts) => parts.join(' ')),
      fc.tuple(part, part, part).map(([month, day, year]) => `0 0 3 ${day} ${month} ? ${year}`),
    );
    const duration = fc.oneof(fc.string(), fc.stringMatching(/^[0-2]\d:[0-6]\d(:[0-6]\d)?$/));
    const timezone = fc.oneof(
      fc.string(),
      fc.constantFrom('+05:45', '-11:00', 'Asia/Kathmandu', 'Africa/Cairo'),
    );
    fc.assert(
      fc.property(fc.record({ schedule, duration, timezone }), fc.nat({ max: 2 ** 40 }), (terms, agoMs) => {
        try {
          windowAt(parseMaintenanceWindow(terms, NOW_MS - agoMs), NOW_MS);
        } catch (error) {
          expect(error).toBeInstanceOf(FieldError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the sleep of a device that waits for its window (R17)', () => {
  const pace = { intervalMs: 5 * MINUTE_MS, jitterPercent: 0 };

  it.each([
    ['in 16 min', 16, 300, 300],
    ['in 10 min', 10, 180, 299],
    ['in 5 min', 5, 30, 119],
    ['in 1 min', 1, 30, 30],
    ['open since 5 min', -5, 300, 300],
  ])('%s', (_when, startsInMin, atLeastSeconds, atMostSeconds) => {
    const start = new Date(NOW_MS + startsInMin * MINUTE_MS);
    const day = `${start.getUTCDate()} ${start.getUTCMonth() + 1} ? ${start.getUTCFullYear()}`;
    const schedule = `0 ${start.getUTCMinutes()} ${start.getUTCHours()} ${day}`;
    const state = windowAt(read({ schedule, duration: '00:15:00' }), NOW_MS);
    const waitsFor =
      state.kind === 'ahead' ? { opensInMs: state.opensAtMs - NOW_MS, pollCount: 3 } : undefined;
    const seconds = sleepMs(pace, { floorMs: 30_000, draw: () => 0.5, waitsFor }) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(atLeastSeconds);
    expect(seconds).toBeLessThanOrEqual(atMostSeconds);
  });
});
