import fc from 'fast-check';
import { compareVersions, isPrerelease, isSameVersion, parseVersion } from './version';

describe('parseVersion', () => {
  it.each([
    ['1', '1.0.0'],
    ['1.2', '1.2.0'],
    ['1.2.3', '1.2.3'],
    ['0.0.0', '0.0.0'],
    ['2024.11', '2024.11.0'],
    ['1.2.3-rc.1', '1.2.3-rc.1'],
    ['1.2.3+build7', '1.2.3'],
    ['1.2.3-rc.1+build7', '1.2.3-rc.1'],
  ])('%s is %s', (text, version) => {
    expect(parseVersion(text)?.version).toBe(version);
  });

  it.each([
    '',
    'nightly',
    'v1.2.3',
    '=1.2.3',
    ' 1.2.3',
    '1.2.3.4',
    '1.x',
    '^1.0.0',
    '1.2-rc1',
    '01.2.3',
    '1.02',
    '2024.04.1-b',
    '2026-11-21',
    '1.2.3 beta',
    '99999999999999999999.0.0',
    '-1',
    `1.0.0-${'a'.repeat(300)}`,
  ])('%j has no order', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

describe('compareVersions', () => {
  it.each([
    ['1.9.0', '1.10.0'],
    ['1.0', '1.0.1'],
    ['1', '2'],
    ['1.0.0-rc.1', '1.0.0'],
    ['1.0.0-rc.2', '1.0.0-rc.10'],
    ['1.0.0-alpha', '1.0.0-beta'],
  ])('%s is lower than %s', (low, high) => {
    expect(compareVersions(low, high)).toBeLessThan(0);
    expect(compareVersions(high, low)).toBeGreaterThan(0);
  });

  it.each([
    ['nightly', '1.0.0'],
    ['nightly-1', 'nightly-2'],
    ['v1.0.0', '1.0.0'],
    ['1.2.3.4', '1.2.3.5'],
  ])('%s and %s cannot be ordered, either way', (a, b) => {
    expect(compareVersions(a, b)).toBeUndefined();
    expect(compareVersions(b, a)).toBeUndefined();
  });

  const text = fc.oneof(
    fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map((parts) => parts.join('.')),
    fc.tuple(fc.nat(3), fc.nat(3)).map((parts) => parts.join('.')),
    fc.nat(3).map((n) => `1.0.0-rc.${n}`),
    fc.string({ unit: 'binary' }),
  );

  it('answers for any two texts, and the other way round the opposite', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const there = compareVersions(a, b);
        const back = compareVersions(b, a);
        expect(there === undefined ? undefined : Math.sign(there) + 0).toBe(
          back === undefined ? undefined : 0 - Math.sign(back),
        );
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const [ab, bc] = [compareVersions(a, b), compareVersions(b, c)];
        if (ab !== undefined && bc !== undefined && ab < 0 && bc < 0) expect(compareVersions(a, c)).toBe(-1);
      }),
    );
  });
});

describe('isSameVersion', () => {
  it.each([
    ['1.0', '1.0.0'],
    ['1', '1.0'],
    ['1.0.0', '1.0.0+build7'],
    ['1.0.0+a', '1.0.0+b'],
    ['nightly', 'nightly'],
    ['', ''],
  ])('%j and %j are the same', (a, b) => {
    expect(isSameVersion(a, b)).toBe(true);
  });

  it.each([
    ['1.0.0', '1.0.1'],
    ['1.0.0', '1.0.0-rc.1'],
    ['nightly', 'Nightly'],
    ['v1.0.0', '1.0.0'],
    ['nightly', '1.0.0'],
  ])('%j and %j are not', (a, b) => {
    expect(isSameVersion(a, b)).toBe(false);
  });
});

describe('isPrerelease', () => {
  it.each([
    ['2.0.0-rc.1', true],
    ['2.0.0-0', true],
    ['2.0.0', false],
    ['2.0', false],
    ['2.0.0+rc.1', false],
    ['nightly-rc', false],
  ])('%s: %s', (version, expected) => {
    expect(isPrerelease(version)).toBe(expected);
  });
});
