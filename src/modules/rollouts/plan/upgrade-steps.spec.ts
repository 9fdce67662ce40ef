import { parseVersion } from '../../releases/release/version';
import { UpgradeSteps, type UpgradeStep } from './upgrade-steps';

const step = (version: string, from?: (installed: string) => boolean): UpgradeStep => ({
  ...{ version, order: parseVersion(version), upgrades: from },
});

describe('what may follow a release', () => {
  const [one, two, three] = [step('1.0.0'), step('2.0.0'), step('3.0.0', (from) => from === '2.0.0')];
  const nightly = step('nightly');
  const steps = new UpgradeSteps([three, two, one, nightly]);

  it('is what is higher and upgrades from it, the highest first', () => {
    expect(steps.after(one)).toEqual([two]);
    expect(steps.after(two)).toEqual([three]);
    expect(steps.after(three)).toEqual([]);
  });

  it('is nothing where versions have no order', () => {
    expect(steps.after(nightly)).toEqual([]);
    expect(steps.after(step('1.0.0'))).toEqual([two]);
  });

  it('is found once', () => {
    expect(steps.after(one)).toBe(steps.after(one));
  });
});
