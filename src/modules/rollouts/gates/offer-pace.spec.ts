import { allowedInMinute, minuteOf, rampSince } from './offer-pace';

const START = minuteOf(Date.parse('2026-11-21T12:00:30Z'));
const HOUR_MS = 3_600_000;
const pace = (offersPerMinute?: number, ramp?: [number, number]): Parameters<typeof allowedInMinute>[0] => ({
  inFlightCap: undefined,
  offersPerMinute,
  ramp: ramp === undefined ? undefined : { startPerMinute: ramp[0], doublingMs: ramp[1] },
});

describe('how many devices may be offered something in a minute', () => {
  it('is any number when nothing is said, and what is said otherwise', () => {
    expect(allowedInMinute(pace(), START, START)).toBeUndefined();
    expect(allowedInMinute(pace(7), START, START + 5)).toBe(7);
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
    expect(allowedInMinute(pace(100, [3, HOUR_MS]), START, START + minutes)).toBe(allowed);
  });

  it('doubles more than once a minute where it is told to', () => {
    expect(allowedInMinute(pace(undefined, [1, 20_000]), START, START + 1)).toBe(8);
  });

  it('is no more than a number can be', () => {
    expect(allowedInMinute(pace(undefined, [9, 1000]), START, START + 1e6)).toBe(2 ** 31 - 1);
  });

  it('is what it was at the start when the clock is set back behind it', () => {
    expect(allowedInMinute(pace(100, [3, HOUR_MS]), START, START - 60)).toBe(3);
  });
});

describe('a ramp that doubles each hour', () => {
  const ramp = { startPerMinute: 3, doublingMs: HOUR_MS };

  it.each([
    ['begins with the first offer', { since: 0, lastOffer: 0 }, START],
    ['goes on while something is offered', { since: START - 500, lastOffer: START - 1 }, START - 500],
    ['goes on after an hour without an offer', { since: START - 500, lastOffer: START - 60 }, START - 500],
    ['begins anew after more than that', { since: START - 500, lastOffer: START - 61 }, START],
    ['goes on when the clock is set back', { since: START - 500, lastOffer: START + 90 }, START - 500],
  ])('%s', (_what, standing, since) => {
    expect(rampSince(ramp, standing, START)).toBe(since);
  });

  it('is not broken by a minute without an offer, however fast it doubles', () => {
    const fast = { startPerMinute: 1, doublingMs: 1000 };
    expect(rampSince(fast, { since: 1, lastOffer: START - 1 }, START)).toBe(1);
    expect(rampSince(fast, { since: 1, lastOffer: START - 2 }, START)).toBe(START);
  });
});
