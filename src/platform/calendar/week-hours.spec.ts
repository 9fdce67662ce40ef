import fc from 'fast-check';
import type { TimeZone } from './time-zone';
import { WeekHours } from './week-hours';
import { zoneOffsetMs } from './zone-offset';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY = 1440;
const UTC: TimeZone = { utcOffset: 0 };
const at = (text: string): number => Date.parse(text);

describe('hours of the week', () => {
  const nights = new WeekHours([{ fromMinute: 22 * 60, toMinute: 28 * 60 }]);

  it.each([
    ['2026-11-23T21:59:59.999Z', false, '2026-11-23T22:00:00Z'],
    ['2026-11-23T22:00:00Z', true, '2026-11-24T04:00:00Z'],
    ['2026-11-24T03:59:59.999Z', true, '2026-11-24T04:00:00Z'],
    ['2026-11-24T04:00:00Z', false, '2026-11-30T22:00:00Z'],
  ])('of Monday night: at %s open is %s, until %s', (now, isOpen, until) => {
    expect(nights.stateAt(UTC, at(now))).toEqual({ isOpen, untilMs: at(until) });
  });

  it('go on over the end of the week', () => {
    const sundays = new WeekHours([{ fromMinute: 6 * DAY + 23 * 60, toMinute: 7 * DAY + 60 }]);
    expect(sundays.stateAt(UTC, at('2026-11-22T23:30:00Z'))).toEqual({
      isOpen: true,
      untilMs: at('2026-11-23T01:00:00Z'),
    });
  });

  it('that touch or overlap are one', () => {
    const spans = [
      { fromMinute: 60, toMinute: 120 },
      { fromMinute: 120, toMinute: 180 },
      { fromMinute: 150, toMinute: 160 },
    ];
    expect(new WeekHours(spans).stateAt(UTC, at('2026-11-23T01:00:00Z')).untilMs).toBe(
      at('2026-11-23T03:00:00Z'),
    );
  });

  it('that fill the week never close, and those that are none never open', () => {
    const now = at('2026-11-21T12:00:00Z');
    expect(new WeekHours([{ fromMinute: 0, toMinute: 7 * DAY }]).stateAt(UTC, now)).toEqual({
      isOpen: true,
      untilMs: Infinity,
    });
    expect(new WeekHours([{ fromMinute: 5 * DAY, toMinute: 12 * DAY }]).stateAt(UTC, now).untilMs).toBe(
      Infinity,
    );
    expect(new WeekHours([]).stateAt(UTC, now)).toEqual({ isOpen: false, untilMs: Infinity });
  });

  it('are open before 1970 as well', () => {
    expect(nights.stateAt(UTC, at('1969-12-29T23:00:00Z')).isOpen).toBe(true);
  });
});

describe('for any hours, zone and instant, around the turns of clocks', () => {
  const zone = fc.oneof(
    fc
      .constantFrom(
        ...['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu'],
        ...['America/St_Johns', 'Africa/Casablanca', 'Antarctica/Troll'],
      )
      .map((timezone): TimeZone => ({ timezone })),
    fc.integer({ min: -840, max: 840 }).map((utcOffset): TimeZone => ({ utcOffset })),
  );
  const span = fc
    .tuple(fc.nat(7 * DAY - 1), fc.integer({ min: 1, max: DAY }))
    .map(([fromMinute, length]) => ({ fromMinute, toMinute: fromMinute + length }));
  const instant = fc
    .tuple(
      fc.constantFrom(
        ...[
          '2026-03-29T01:00Z',
          '2026-10-25T01:00Z',
          '2026-03-08T07:00Z',
          '2026-11-01T06:00Z',
          '2026-04-04T15:00Z',
        ],
        ...[
          '2026-10-03T15:30Z',
          '2011-12-30T10:00Z',
          '2024-02-29T00:00Z',
          '2026-12-31T23:59Z',
          '2026-02-15T02:00Z',
        ],
      ),
      fc.integer({ min: -8 * 24 * 60, max: 2 * 24 * 60 }),
    )
    .map(([turn, minutes]) => at(turn) + minutes * MINUTE_MS);

  /** What a person would say who looks at the clock on the wall. */
  function isOpenByTheWall(
    spans: { fromMinute: number; toMinute: number }[],
    where: TimeZone,
    ms: number,
  ): boolean {
    const wall = new Date(ms + zoneOffsetMs(where, ms));
    const minute = ((wall.getUTCDay() + 6) % 7) * DAY + wall.getUTCHours() * 60 + wall.getUTCMinutes();
    return spans.some(
      ({ fromMinute, toMinute }) =>
        (minute >= fromMinute && minute < toMinute) || minute + 7 * DAY < toMinute,
    );
  }

  it('they are open exactly while the wall says so, and it says so until they say', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 3 }), zone, instant, (spans, where, nowMs) => {
        const { isOpen, untilMs } = new WeekHours(spans).stateAt(where, nowMs);
        const last = Math.min(untilMs, nowMs + 3 * 24 * HOUR_MS);
        for (let ms = nowMs; ms < last; ms += 15 * MINUTE_MS)
          expect(isOpenByTheWall(spans, where, ms)).toBe(isOpen);
        if (untilMs > last) return;
        expect(isOpenByTheWall(spans, where, untilMs - MINUTE_MS)).toBe(isOpen);
        expect(isOpenByTheWall(spans, where, untilMs)).toBe(!isOpen);
      }),
      { numRuns: 120 },
    );
  });
});
