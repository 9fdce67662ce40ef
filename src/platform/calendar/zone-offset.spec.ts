import { nextTurnMs, zoneOffsetMs } from './zone-offset';
import type { TimeZone } from './time-zone';

const HOUR_MS = 3_600_000;
const at = (text: string): number => Date.parse(text);
const berlin: TimeZone = { timezone: 'Europe/Berlin' };

describe('how far clocks are ahead of UTC', () => {
  it.each<[TimeZone, string, number]>([
    [{ utcOffset: 0 }, '2026-11-21T12:00:00Z', 0],
    [{ utcOffset: -570 }, '2026-11-21T12:00:00Z', -9.5],
    [berlin, '2026-01-15T12:00:00Z', 1],
    [berlin, '2026-07-15T12:00:00Z', 2],
    [berlin, '2026-03-29T00:59:59.999Z', 1],
    [berlin, '2026-03-29T01:00:00Z', 2],
    [{ timezone: 'Asia/Kolkata' }, '2026-07-15T12:00:00Z', 5.5],
    [{ timezone: 'Australia/Lord_Howe' }, '2026-01-15T12:00:00Z', 11],
    [{ timezone: 'Australia/Lord_Howe' }, '2026-07-15T12:00:00Z', 10.5],
    [{ timezone: 'Pacific/Apia' }, '2011-12-29T12:00:00Z', -10],
    [{ timezone: 'Pacific/Apia' }, '2011-12-31T12:00:00Z', 14],
    [{ timezone: 'Asia/Kathmandu' }, '2024-02-29T23:59:59Z', 5.75],
  ])('in %j at %s', (zone, instant, hours) => {
    expect(zoneOffsetMs(zone, at(instant))).toBe(hours * HOUR_MS);
  });

  it('do not depend on the fractions of a second', () => {
    expect(zoneOffsetMs(berlin, at('2026-01-15T12:00:00.999Z') + 0.5)).toBe(HOUR_MS);
    expect(zoneOffsetMs(berlin, -0.5)).toBe(HOUR_MS);
  });
});

describe('the next turn of clocks', () => {
  it.each([
    ['Europe/Berlin', '2026-03-27T09:17:31Z', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-10-24T00:00:00Z', '2026-10-25T01:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-01T00:00:00Z', '2026-04-04T15:00:00Z'],
    ['Pacific/Apia', '2011-12-28T00:00:00Z', '2011-12-30T10:00:00Z'],
  ])('of %s after %s is %s', (timezone, from, turn) => {
    expect(nextTurnMs({ timezone }, at(from), at(from) + 168 * HOUR_MS)).toBe(at(turn));
  });

  it('is none where they stay, and none of a fixed distance', () => {
    const from = at('2026-06-01T00:00:00Z');
    expect(nextTurnMs(berlin, from, from + 168 * HOUR_MS)).toBeUndefined();
    expect(
      nextTurnMs({ utcOffset: 60 }, at('2026-03-28T00:00:00Z'), at('2026-04-28T00:00:00Z')),
    ).toBeUndefined();
  });

  it('counts when it comes at the very end of what is searched, and not when it was just now', () => {
    const turn = at('2026-03-29T01:00:00Z');
    expect(nextTurnMs(berlin, turn - HOUR_MS, turn)).toBe(turn);
    expect(nextTurnMs(berlin, turn - HOUR_MS, turn - 1)).toBeUndefined();
    expect(nextTurnMs(berlin, turn, turn + 24 * HOUR_MS)).toBeUndefined();
  });
});
