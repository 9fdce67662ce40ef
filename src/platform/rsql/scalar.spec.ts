import { scalarOf } from './scalar';

describe('an instant', () => {
  const noon = Date.parse('2026-11-21T12:00:00Z');
  it.each([
    ['2026-11-21T12:00:00Z', noon],
    ['2026-11-21t12:00:00z', noon],
    ['2026-11-21T12:00:00.000Z', noon],
    ['2026-11-21T12:00:00.5Z', noon + 500],
    ['2026-11-21T12:00Z', noon],
    ['2026-11-21T12:00', noon],
    ['2026-11-21T14:00:00+02:00', noon],
    ['2026-11-21', noon - 12 * 3_600_000],
    [String(noon), noon],
    ['0', 0],
    ['0001-01-01', -62_135_596_800_000],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
    ['253402300799999', 253_402_300_799_999],
  ])('can be written %s', (written, ms) => {
    expect(scalarOf('instant', written)).toBe(ms);
  });

  it.each([
    '',
    'now',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2026-02-30T12:00Z',
    '2026-11-21T25:00Z',
    '2026-11-21T12:00+99:00',
    '2026-11-21 12:00Z',
    '2026-11-21T12:00:00.1234Z',
    '2026-11-21Z',
    '0000-01-01',
    '0001-01-01T00:00+02:00',
    '+012026-11-21',
    '-1',
    '1e12',
    '253402300800000',
    '999999999999999999999',
  ])('cannot be written %j', (written) => {
    expect(scalarOf('instant', written)).toBeUndefined();
  });
});

describe('a number', () => {
  it.each([
    ['0', 0],
    ['-7.5', -7.5],
    ['+7', 7],
    ['007', 7],
    ['999999999999999', 999_999_999_999_999],
    ['0.1', 0.1],
  ])('can be written %s', (written, number) => {
    expect(scalarOf('number', written)).toBe(number);
  });

  it.each(['', ' ', '1,5', '.5', '5.', '1e3', '0x1f', 'NaN', 'Infinity', '--1', '٣'])(
    'cannot be written %j',
    (written) => {
      expect(scalarOf('number', written)).toBeUndefined();
    },
  );
});

it('a flag is true or false in any case, and no other word', () => {
  expect(['true', 'TRUE', 'false', 'False'].map((word) => scalarOf('flag', word))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  for (const word of ['', '1', 'yes', 'constructor', '__proto__'])
    expect(scalarOf('flag', word)).toBeUndefined();
});
