import fc from 'fast-check';
import { FieldError } from '../errors/domain.error';
import { QuartzSchedule } from './quartz-schedule';

const UTC = { utcOffset: 0 };

/** The first starts after noon of Friday 27 February 2026, as `MM-DD HH:mm`; in full in another year. */
function starts(expression: string, count: number, from = '2026-02-27T12:00:00Z'): string[] {
  const schedule = new QuartzSchedule(expression, UTC);
  const found: string[] = [];
  let atMs = Date.parse(from);
  while (found.length < count) {
    const nextMs = schedule.nextStartMs(atMs);
    if (nextMs === undefined) return [...found, 'none'];
    expect(schedule.latestStartMs(nextMs)).toBe(nextMs);
    found.push(
      new Date(nextMs)
        .toISOString()
        .replace(/^2026-(.*):00\.000Z$/, '$1')
        .replace('T', ' '),
    );
    atMs = nextMs;
  }
  return found;
}

function faultOf(expression: string): string {
  try {
    new QuartzSchedule(expression, UTC);
    return 'none';
  } catch (error) {
    if (error instanceof FieldError) return error.message;
    throw error;
  }
}

describe('a Quartz cron expression', () => {
  it.each([
    ['a time of day', '0 30 2 * * ?', ['02-28 02:30', '03-01 02:30']],
    ['? in the other day field', '0 30 2 ? * *', ['02-28 02:30', '03-01 02:30']],
    ['a list', '0 0,20 3 * * ?', ['02-28 03:00', '02-28 03:20', '03-01 03:00']],
    ['a range', '0 0 13-14 * * ?', ['02-27 13:00', '02-27 14:00', '02-28 13:00']],
    ['a range over the end', '0 0 23-1 * * ?', ['02-27 23:00', '02-28 00:00', '02-28 01:00', '02-28 23:00']],
    [
      'a step from a value on',
      '0 5/20 12 * * ?',
      ['02-27 12:05', '02-27 12:25', '02-27 12:45', '02-28 12:05'],
    ],
    ['a step of all', '0 0 */8 * * ?', ['02-27 16:00', '02-28 00:00', '02-28 08:00']],
    ['a step of all without *', '0 0 /8 * * ?', ['02-27 16:00', '02-28 00:00']],
    ['a step of a range', '0 0 1-10/4 * * ?', ['02-28 01:00', '02-28 05:00', '02-28 09:00', '03-01 01:00']],
    ['a step of a range over the end', '0 0 22-4/3 * * ?', ['02-27 22:00', '02-28 01:00', '02-28 04:00']],
    ['months by name', '0 0 0 1 jan,Jul ?', ['07-01 00:00', '2027-01-01 00:00:00.000Z']],
    ['months over the end of the year', '0 0 0 1 NOV-FEB ?', ['11-01 00:00', '12-01 00:00']],
    ['weekdays counted from Sunday = 1', '0 0 0 ? * 1', ['03-01 00:00', '03-08 00:00']],
    ['weekdays up to Saturday = 7', '0 0 0 ? * 7', ['02-28 00:00', '03-07 00:00']],
    ['weekdays by name', '0 0 0 ? * MON-WED', ['03-02 00:00', '03-03 00:00', '03-04 00:00', '03-09 00:00']],
    ['weekdays over the end', '0 0 0 ? * FRI-SUN', ['02-28 00:00', '03-01 00:00', '03-06 00:00']],
    ['a step of weekdays', '0 0 0 ? * 2-6/2', ['03-02 00:00', '03-04 00:00', '03-06 00:00', '03-09 00:00']],
    ['L as a weekday: Saturday', '0 0 0 ? * L', ['02-28 00:00', '03-07 00:00']],
    ['the last Friday of the month', '0 0 0 ? * 6L', ['03-27 00:00', '04-24 00:00']],
    ['the last Friday by name', '0 0 0 ? * FRIL', ['03-27 00:00', '04-24 00:00']],
    ['the third Friday', '0 0 0 ? * 6#3', ['03-20 00:00', '04-17 00:00']],
    ['the fifth Monday, where there is one', '0 0 0 ? * MON#5', ['03-30 00:00', '06-29 00:00']],
    ['two nth weekdays', '0 0 0 ? * 2#1,6#3', ['03-02 00:00', '03-20 00:00', '04-06 00:00']],
    ['the last day of the month', '0 0 0 L * ?', ['02-28 00:00', '03-31 00:00', '04-30 00:00']],
    ['the last day among others', '0 0 0 15,L * ?', ['02-28 00:00', '03-15 00:00', '03-31 00:00']],
    ['the weekday nearest to a Sunday', '0 0 0 15W 3,11 ?', ['03-16 00:00', '11-16 00:00']],
    ['the nearest weekday within the month', '0 0 0 1W 8 ?', ['08-03 00:00']],
    ['the nearest weekday of a last day', '0 0 0 31W 5 ?', ['05-29 00:00']],
    ['the last weekday of the month', '0 0 0 LW * ?', ['03-31 00:00', '04-30 00:00', '05-29 00:00']],
    ['days that a month lacks', '0 0 0 31 * ?', ['03-31 00:00', '05-31 00:00', '07-31 00:00']],
    ['a year', '0 0 0 1 6 ? 2026', ['06-01 00:00', 'none']],
    ['years', '0 0 0 1 6 ? 2024/3', ['2027-06-01 00:00:00.000Z', '2030-06-01 00:00:00.000Z']],
    ['a past year', '0 0 0 1 6 ? 2025', ['none']],
    ['a date that never comes', '0 0 0 30 2 ?', ['none']],
    ['seconds', '30 0 0 1 3 ?', ['2026-03-01 00:00:30.000Z']],
    ['blanks around and between', '  0  0\t0 1 3 ?  ', ['03-01 00:00']],
  ])('%s: %s', (_what, expression, expected) => {
    expect(starts(expression, expected.length)).toEqual(expected);
  });

  it('ends with the year 2099', () => {
    expect(starts('0 0 0 31 12 ?', 2, '2099-01-01T00:00:00Z')).toEqual(['2099-12-31 00:00:00.000Z', 'none']);
  });

  it.each([
    ['', /has 0 fields: needed are second minute hour/],
    ['0 0 3 * *', /has 5 fields/],
    ['0 0 3 * * ? 2026 1', /has 8 fields/],
    ['@daily', /has 1 fields/],
    ['60 0 3 * * ?', /^schedule has "60" in field 1, the second: allowed are 0-59, lists/],
    ['0 1,,2 3 * * ?', /has "" in field 2, the minute/],
    ['0 x 3 * * ?', /has "X" in field 2, the minute/],
    ['0 0 24 * * ?', /has "24" in field 3, the hour: allowed are 0-23/],
    ['0 0 ? * * ?', /has "\?" in field 3, the hour/],
    ['0 0 1-2-3 * * ?', /has "1-2-3" in field 3/],
    ['0 0 1/0 * * ?', /has "1\/0" in field 3/],
    ['0 0 1/25 * * ?', /has "1\/25" in field 3/],
    ['0 0 1/2/3 * * ?', /has "1\/2\/3" in field 3/],
    ['0 0 *-3 * * ?', /has "\*-3" in field 3/],
    ['0 0 3 0 * ?', /has "0" in field 4, the day of month: allowed are 1-31/],
    ['0 0 3 L-3 * ?', /has "L-3" in field 4/],
    ['0 0 3 LW,3 * ?', /has "LW" in field 4, .* LW on its own/],
    ['0 0 3 1-5W * ?', /has "1-5W" in field 4/],
    ['0 0 3 32W * ?', /has "32W" in field 4/],
    ['0 0 3 1 13 ?', /has "13" in field 5, the month/],
    ['0 0 3 1 JANUARY ?', /has "JANUARY" in field 5/],
    ['0 0 3 ? * 0', /has "0" in field 6, the day of week: allowed are 1-7 from Sunday on/],
    ['0 0 3 ? * 8', /has "8" in field 6/],
    ['0 0 3 ? * 6#6', /has "6#6" in field 6/],
    ['0 0 3 ? * 2-6L', /has "2-6L" in field 6/],
    ['0 0 3 ? * MOND', /has "MOND" in field 6/],
    ['0 0 3 * * ? 1969', /has "1969" in field 7, the year: allowed are 1970-2099/],
    ['0 0 3 * * ? 2030-2026', /has "2030-2026" in field 7/],
    ['0 0 0 * * 6', /has "\*" in field 4, the day of month, and "6" in field 6, .*exactly one .* must be \?/],
    ['0 0 0 ? * ?', /exactly one of the two must be \?/],
    ['0 0 0 1 * MON', /exactly one of the two must be \?/],
    [`0 ${'1,'.repeat(100)}1 3 * * ?`, /has \d+ characters: allowed are 200/],
  ])('refuses %j', (expression, message) => expect(faultOf(expression)).toMatch(message));

  it('is read or refused with a FieldError, whatever it is', () => {
    const item = fc.stringMatching(/^[0-9*?LW#/,A-Z-]{1,6}$/);
    const plausible = fc.constantFrom(
      '0',
      '*',
      '?',
      '1-5',
      '5/15',
      'L',
      'LW',
      '15W',
      '6#3',
      '6L',
      'MON',
      '31',
      '2-1/7',
    );
    const fields = fc.array(fc.oneof(plausible, item), { minLength: 5, maxLength: 8 });
    const expressions = fc.oneof(
      fc.string({ unit: 'binary' }),
      fields.map((some) => some.join(' ')),
      fc.tuple(plausible, plausible, plausible).map(([a, b, c]) => `0 0 ${a} ${b} * ${c}`),
    );
    fc.assert(
      fc.property(expressions, (expression) => {
        faultOf(expression);
      }),
      { numRuns: 2000 },
    );
  });
});
