import { Faults } from './faults';
import { faultOfFilter } from './filter-check';
import { RolloutFieldsError } from '../rollouts.errors';

function errorOf(faults: Faults): unknown {
  try {
    faults.throwAny();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('faults of a request', () => {
  it('are told together, the first of each field', () => {
    const faults = new Faults();
    faults.add('name', undefined);
    expect(errorOf(faults)).toBeUndefined();
    faults.add('name', 'is missing');
    faults.add('name', 'is too short');
    faults.add('priority', 'must be a number');
    const error = errorOf(faults);
    expect(error).toBeInstanceOf(RolloutFieldsError);
    expect(error).toMatchObject({ fields: { name: 'is missing', priority: 'must be a number' } });
  });

  it('are no more than fifty', () => {
    const faults = new Faults();
    for (let at = 0; at < 60; at += 1) faults.add(`waves[${at}]`, 'is wrong');
    const { fields } = errorOf(faults) as { fields: Record<string, string> };
    expect(Object.keys(fields)).toHaveLength(50);
    expect(fields).toHaveProperty(['waves[49]']);
  });
});

describe('a filter over devices', () => {
  it('is refused with the place at which it is wrong', () => {
    expect(faultOfFilter('tag==canary')).toBeUndefined();
    expect(faultOfFilter('tag==')).toMatch(/^is wrong at character \d+: ./);
  });
});
