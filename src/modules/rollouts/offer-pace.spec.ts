import { allowedInMinute, minuteOf } from './offer-pace';

const START_MS = Date.parse('2026-11-21T12:00:30Z');
const START = minuteOf(START_MS);
const HOUR_MS = 3_600_000;
const pace = (offersPerMinute?: number, ramp?: [number, number]): Parameters<typeof allowedInMinute>[0] => ({
  inFlightCap: undefined,
  offersPerMinute,
  ramp: ramp === undefined ? undefined : { startPerMinute: ramp[0], doublingMs: ramp[1] },
});

describe('how many devices may be offered something in a minute', () => {
  it('is any number when nothing is said, and what is said otherwise', () => {
    expect(allowedInMinute(pace(), START_MS, START)).toBeUndefined();
    expect(allowedInMinute(pace(7), START_MS, START + 5)).toBe(7);
  });

  it.each([
    [0, 3],
    [59, 3],
    [60, 6],
    [119, 6],
    [120, 12],
    [300, 96],
    [360, 100],
    [100_000, 100],
  ])('after %s minutes of a ramp that doubles each hour is %s', (minutes, allowed) => {
    expect(allowedInMinute(pace(100, [3, HOUR_MS]), START_MS, START + minutes)).toBe(allowed);
  });

  it('doubles more than once a minute where it is told to', () => {
    expect(allowedInMinute(pace(undefined, [1, 20_000]), START_MS, START + 1)).toBe(8);
  });

  it('is no more than a number can be', () => {
    expect(allowedInMinute(pace(undefined, [9, 1000]), START_MS, START + 1e6)).toBe(2 ** 31 - 1);
  });

  it('is what it was at the start when the clock is set back behind it', () => {
    expect(allowedInMinute(pace(100, [3, HOUR_MS]), START_MS, START - 60)).toBe(3);
  });
});
