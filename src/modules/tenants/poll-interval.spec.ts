import fc from 'fast-check';
import { FieldError } from '../../platform/errors/domain.error';
import { clockSpanText, parseClockSpanMs } from '../../platform/calendar/clock-span';
import { faultOfPolling, formatPollInterval, paceFor, parsePollInterval, sleepMs } from './poll-interval';

const MINUTE_MS = 60_000;
const FLOOR_MS = 30_000;

const aPace = (intervalMs: number, jitterPercent = 0) => ({ intervalMs, jitterPercent });
const anOverride = (filterText: string, intervalMs: number, jitterPercent = 0) => ({
  filterText,
  ...aPace(intervalMs, jitterPercent),
});

describe('the polling value', () => {
  it.each([
    ['one pace', '00:05:00', []],
    ['blanks', '  00:05:00 ', []],
    [
      "hawkBit's own example (R7)",
      "00:05:00, controllerid == 4711 -> 00:01:00, group == 'Europe' -> 00:05:05",
      [anOverride('controllerid == 4711', MINUTE_MS), anOverride("group == 'Europe'", 305_000)],
    ],
    ['jitter in an override', '00:05:00,name==a->00:01:00~5%', [anOverride('name==a', MINUTE_MS, 5)]],
    [
      "commas that are RSQL's OR",
      '00:05:00, name==a,name==b -> 00:01:00, name==c -> 00:02:00',
      [anOverride('name==a,name==b', MINUTE_MS), anOverride('name==c', 2 * MINUTE_MS)],
    ],
    [
      'commas in parentheses',
      '00:05:00, name=in=(a,b);(x==1,y==2) -> 00:01:00',
      [anOverride('name=in=(a,b);(x==1,y==2)', MINUTE_MS)],
    ],
    [
      'arrows, commas and other quotes in quotes',
      `00:05:00, name=='a -> 00:09:00, "b' -> 00:01:00, name=="it's->" -> 00:02:00`,
      [anOverride(`name=='a -> 00:09:00, "b'`, MINUTE_MS), anOverride(`name=="it's->"`, 2 * MINUTE_MS)],
    ],
    [
      'an escaped quote',
      String.raw`00:05:00, name=='a\' -> b' -> 00:01:00`,
      [anOverride(String.raw`name=='a\' -> b'`, MINUTE_MS)],
    ],
    ['a value that ends in a hyphen', '00:05:00, name==a- -> 00:01:00', [anOverride('name==a-', MINUTE_MS)]],
  ])('%s', (_what, text, overrides) => {
    expect(parsePollInterval(text)).toEqual({ ...aPace(5 * MINUTE_MS), overrides });
  });

  it.each([
    ['00:00:01', aPace(1000)],
    ['23:59:59~99%', aPace(86_399_000, 99)],
    ['00:05:00~0%', aPace(5 * MINUTE_MS)],
    ['00:05:00 ~10%', aPace(5 * MINUTE_MS, 10)],
  ])('pace %s', (text, pace) => expect(parsePollInterval(text)).toEqual({ ...pace, overrides: [] }));

  const NEEDED = 'needed is HH:MM:SS, 00:00:01 to 23:59:59, and ~N% if wanted';
  it.each([
    ['', `has "": ${NEEDED}`],
    ['5m', `has "5m": ${NEEDED}`],
    ['00:00:00', `has "00:00:00": ${NEEDED}`],
    ['24:00:00', `has "24:00:00": ${NEEDED}`],
    ['00:60:00', `has "00:60:00": ${NEEDED}`],
    ['0:05:00', `has "0:05:00": ${NEEDED}`],
    ['00:05:00~100%', `has "00:05:00~100%": ${NEEDED}`],
    ['00:05:00~-1%', `has "00:05:00~-1%": ${NEEDED}`],
    ['00:05:00~5', `has "00:05:00~5": ${NEEDED}`],
    ['00:00:29', 'has an interval below 00:00:30, the shortest allowed'],
    ['00:05:00,', 'has in override 1 no "->" after its filter'],
    ['00:05:00, name==a', 'has in override 1 no "->" after its filter'],
    ['00:05:00, -> 00:01:00', 'has in override 1 no filter before "->"'],
    ["00:05:00, name=='a -> 00:01:00", "has in override 1 a filter whose ' is not closed"],
    ['00:05:00, name==a ->', `has in override 1 "": ${NEEDED}`],
    ['00:05:00, name==a -> 00:01', `has in override 1 "00:01": ${NEEDED}`],
    [
      '00:05:00, name==a -> 00:01:00 name==b -> 00:01:00',
      `has in override 1 "00:01:00 name==b -> 00:01:00": ${NEEDED}`,
    ],
    [
      '00:05:00, name==a -> 00:01:00, name==b -> 00:00:10',
      'has in override 2 an interval below 00:00:30, the shortest allowed',
    ],
    ['00:05:00, name==a -> 00:01:00,', 'has in override 2 no "->" after its filter'],
  ])('refuses %j', (text, fault) => expect(faultOfPolling(text, FLOOR_MS)).toBe(fault));

  it('is limited in length and in overrides', () => {
    const overrides = (count: number): string => `00:05:00${', a==b -> 00:01:00'.repeat(count)}`;
    expect(faultOfPolling(overrides(32), FLOOR_MS)).toBeUndefined();
    expect(faultOfPolling(overrides(33), FLOOR_MS)).toBe('has more overrides than the 32 allowed');
    const long = `00:05:00, a=='${'x'.repeat(3980)}' -> 00:01:00`;
    expect(faultOfPolling(long, FLOOR_MS)).toBe('has 4007 characters: allowed are 4000');
  });

  it.each(['00:00:30', '00:05:00~10%, name==a,name==b -> 00:00:30'])('finds no fault in %j', (text) =>
    expect(faultOfPolling(text, FLOOR_MS)).toBeUndefined(),
  );

  it('is still read when it has come to be below the floor', () => {
    expect(parsePollInterval('00:00:05').intervalMs).toBe(5000);
  });

  it('is written as it is read', () => {
    const text = "00:05:00~10%, name==a,name=='b, -> c' -> 00:01:00, x==1 -> 12:00:00~5%";
    expect(formatPollInterval(parsePollInterval(text))).toBe(text);
  });

  it('comes back the same from its text', () => {
    const pace = {
      intervalMs: fc.integer({ min: 1, max: 86_399 }).map((s) => s * 1000),
      jitterPercent: fc.nat(99),
    };
    const filterText = fc.oneof(
      fc.stringMatching(/^[a-z]{1,5}==[a-z0-9]{1,5}$/),
      fc.stringMatching(/^[a-z]{1,5}=in=\([a-z],[a-z]\),[a-z]==("[^"\\]{0,9}"|'[^'\\]{0,9}')$/),
    );
    const interval = fc.record({
      ...pace,
      overrides: fc.array(fc.record({ filterText, ...pace }), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(interval, (one) => expect(parsePollInterval(formatPollInterval(one))).toEqual(one)),
      { numRuns: 1000 },
    );
  });

  it('is read or refused with a FieldError of "polling", whatever it is', () => {
    const parts = fc.constantFrom(
      '00:05:00',
      '00:00:01',
      '~5%',
      ',',
      ' -> ',
      '->',
      "'",
      '"',
      '\\',
      'a==b',
      '(',
      ')',
      ' ',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(parts, { maxLength: 20 }).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(text, (one) => {
        try {
          parsePollInterval(one);
        } catch (error) {
          expect(error).toBeInstanceOf(FieldError);
          expect(faultOfPolling(one, FLOOR_MS)).toMatch(/^has /);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('paceFor', () => {
  const interval = parsePollInterval('00:05:00, a==1 -> 00:01:00, b==1 -> 00:02:00');

  it.each([
    ['none fits', [], 5],
    ['the second fits', ['b==1'], 2],
    ['both fit: the first counts', ['a==1', 'b==1'], 1],
  ])('%s', (_what, holding, minutes) => {
    expect(paceFor(interval, (filterText) => holding.includes(filterText)).intervalMs).toBe(
      minutes * MINUTE_MS,
    );
  });

  it('tells which override it asks for, and asks no further than needed', () => {
    const asked: number[] = [];
    paceFor(interval, (_filterText, at) => asked.push(at) > 0);
    expect(asked).toEqual([0]);
  });
});

describe('sleepMs', () => {
  const terms = { floorMs: FLOOR_MS, draw: () => 0.5 };
  const neverDraws = (): number => {
    throw new Error('nothing is to be drawn');
  };

  it.each([
    ['00:05:00', 0, '00:05:00'],
    ['00:05:00~10%', 0, '00:04:30'],
    ['00:05:00~10%', 0.5, '00:05:00'],
    ['00:05:00~10%', 0.999_999, '00:05:30'],
    ['00:00:31~50%', 0, '00:00:30'],
    ['23:59:59~50%', 0.999, '23:59:59'],
    ['00:00:10', 0, '00:00:30'],
  ])('%s with %d drawn is %s', (text, drawn, sleep) => {
    expect(clockSpanText(sleepMs(parsePollInterval(text), { ...terms, draw: () => drawn }))).toBe(sleep);
  });

  it('draws nothing without jitter', () => {
    expect(sleepMs(aPace(MINUTE_MS), { ...terms, draw: neverDraws })).toBe(MINUTE_MS);
  });

  // R17, polling 00:05:00 and three polls until the window: 16 min at least 5, 10 min from 3 to below 5, 5 min below 2.
  it.each([
    ['a day', 1440, 3, '00:05:00'],
    ['16 min', 16, 3, '00:05:00'],
    ['10 min', 10, 3, '00:03:20'],
    ['5 min', 5, 3, '00:01:40'],
    ['1 min', 1, 3, '00:00:30'],
    ['no time', 0, 3, '00:00:30'],
    ['10 min and five polls', 10, 5, '00:02:00'],
    ['3 min and one poll', 3, 1, '00:03:00'],
  ])('a window ahead in %s', (_when, minutes, pollCount, sleep) => {
    const waitsFor = { opensInMs: minutes * MINUTE_MS, pollCount };
    expect(clockSpanText(sleepMs(aPace(5 * MINUTE_MS), { ...terms, waitsFor }))).toBe(sleep);
  });

  it('is exactly the interval in the window', () => {
    expect(sleepMs(aPace(5 * MINUTE_MS), { ...terms, waitsFor: undefined })).toBe(5 * MINUTE_MS);
  });

  it('spreads what is shortened too, so that a fleet does not come all at once', () => {
    const waitsFor = { opensInMs: 10 * MINUTE_MS, pollCount: 3 };
    expect(sleepMs(aPace(5 * MINUTE_MS, 10), { ...terms, draw: () => 0, waitsFor })).toBe(180_000);
  });

  it('is whole seconds of HH:MM:SS, not below the floor, around what is wanted', () => {
    const cases = fc.record({
      intervalMs: fc.integer({ min: 1, max: 86_399 }).map((seconds) => seconds * 1000),
      jitterPercent: fc.nat(99),
      floorMs: fc.integer({ min: 1000, max: 60_000 }),
      drawn: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ intervalMs, jitterPercent, floorMs, drawn }) => {
        const asleepMs = sleepMs(aPace(intervalMs, jitterPercent), { floorMs, draw: () => drawn });
        expect(parseClockSpanMs(clockSpanText(asleepMs))).toBe(asleepMs);
        expect(asleepMs).toBeGreaterThanOrEqual(floorMs);
        const spreadMs = (intervalMs * jitterPercent) / 100 + 500;
        if (asleepMs >= floorMs + 1000) expect(asleepMs).toBeLessThanOrEqual(intervalMs + spreadMs);
        if (asleepMs < 86_399_000) expect(asleepMs).toBeGreaterThanOrEqual(intervalMs - spreadMs);
      }),
    );
  });
});
