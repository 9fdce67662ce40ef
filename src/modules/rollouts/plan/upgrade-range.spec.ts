import { upgradeRange } from './upgrade-range';

describe('the versions that a release upgrades from', () => {
  it.each([
    ['>=1.0.0 <2', '1.0', true],
    ['>=1.0.0 <2', '1', true],
    ['>=1.0.0 <2', '1.9.9+build7', true],
    ['>=1.0.0 <2', '0.9', false],
    ['>=1.0.0 <2', '2.0.0', false],
    ['>=1.0.0 <2', '1.5.0-rc.1', true],
    ['>=1.0.0 <2.0.0', '1.0.0-rc.1', false],
    ['1.x || >=3', '3.1.4', true],
    ['*', '0.0.1', true],
    ['*', 'nightly', false],
    ['>=2024', '2024.04.1-b', false],
    ['what?', '1.0.0', false],
    ['x'.repeat(300), '1.0.0', false],
  ])('%s: %s is %s', (range, version, isWithin) => {
    const upgrades = upgradeRange(range);
    expect([upgrades(version), upgrades(version)]).toEqual([isWithin, isWithin]);
  });

  it('are told of any number of versions', () => {
    const upgrades = upgradeRange('>=1000.0.0');
    const within = Array.from({ length: 3000 }, (_unused, index) => upgrades(`${index}.0.0`));
    expect(within.indexOf(true)).toBe(1000);
    expect(upgrades('5.0.0')).toBe(false);
  });
});
