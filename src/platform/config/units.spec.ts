import fc from 'fast-check';
import { durationText, parseDurationMs, parseSizeBytes } from './units';

describe('parseDurationMs', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    ['0s', 0],
    [' 5m ', 300_000],
  ])('%j is %i ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    '',
    '5',
    'm',
    '5 m',
    '5M',
    '5min',
    '-5m',
    '1.5h',
    '1h30m',
    '5mm',
    '0x5s',
    '1e3s',
    '9'.repeat(13) + 's',
  ])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it.each(['5constructor', '5toString', '5valueOf', '5hasOwnProperty', '5isPrototypeOf'])(
    'knows no unit that every object has: %s',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined();
      expect(parseSizeBytes(text)).toBeUndefined();
    },
  );
});

describe('parseSizeBytes', () => {
  it.each([
    ['0B', 0],
    ['512B', 512],
    ['1KiB', 1024],
    ['64MiB', 67_108_864],
    ['4GiB', 4_294_967_296],
    ['2TiB', 2_199_023_255_552],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSizeBytes(text)).toBe(bytes);
  });

  it.each(['', '64', '64MB', '64mib', '64 MiB', '64M', '-1B', '1.5GiB'])('%j is none', (text) => {
    expect(parseSizeBytes(text)).toBeUndefined();
  });
});

it('units answer with a whole number or not at all', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.tuple(fc.nat(), fc.constantFrom('ms', 's', 'd', 'KiB', 'B', 'x')).map(([n, unit]) => `${n}${unit}`),
  );
  fc.assert(
    fc.property(text, (any) => {
      for (const value of [parseDurationMs(any), parseSizeBytes(any)])
        if (value !== undefined) expect(Number.isInteger(value) && value >= 0).toBe(true);
    }),
  );
});

describe('durationText', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [90_000, '90s'],
    [5_400_000, '90m'],
    [21_600_000, '6h'],
    [172_800_000, '2d'],
  ])('%i ms are %j', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 36 }), (ms) => {
        expect(parseDurationMs(durationText(ms))).toBe(ms);
      }),
    );
  });
});
