import { Faults } from './faults';
import type { Rollout, RolloutState } from '../rollout/rollout';
import { changedWish, faultsOfStretch } from './rollout-change';
import { checkRollout } from './rollout-check';
import type { RolloutChange } from '../rollout/rollout-wish';
import { RolloutFieldsError } from '../rollouts.errors';

const CONTEXT = { p90Ms: undefined, salt: '10' };
const FIXED = 'cannot be changed any more: the rollout was started';

function aRollout(state: RolloutState): Rollout {
  const definition = checkRollout(
    {
      ...{ name: 'spring', feed: 'stable', releaseId: '7', startAt: new Date(1000), inFlightCap: 5 },
      waves: [
        { name: 'first', buckets: 1000, mostDevices: 50 },
        { buckets: 5000, gate: { sample: 5 } },
      ],
    },
    CONTEXT,
  );
  return {
    ...definition,
    ...{
      id: '10',
      salt: '10',
      state,
      currentWave: 1,
      progress: [],
      halt: undefined,
      proposal: undefined,
      revision: 1,
    },
    ...{ startedBy: undefined, approvedBy: undefined, approvedAt: undefined, startedAt: undefined },
    ...{ endedAt: undefined, createdAt: new Date(0), createdBy: 'user:ann' },
  };
}

function faultsOf(change: RolloutChange, state: RolloutState = 'running'): Record<string, string> {
  const before = aRollout(state);
  const faults = new Faults();
  faultsOfStretch(before, checkRollout(changedWish(before, change), CONTEXT), faults);
  try {
    faults.throwAny();
    return {};
  } catch (error) {
    if (!(error instanceof RolloutFieldsError)) throw error;
    return { ...error.fields };
  }
}

describe('the wish that stands after a change', () => {
  it('is what was said before where nothing is said now', () => {
    const before = aRollout('draft');
    const { salt, ...definition } = checkRollout(changedWish(before, {}), CONTEXT);
    expect({ ...before, ...definition }).toEqual(before);
    expect(salt).toBe('10');
  });

  it('lacks what was cleared', () => {
    const wish = changedWish(aRollout('draft'), {
      inFlightCap: null,
      feed: null,
      filter: 'tag==a',
      priority: undefined,
    });
    expect(wish).toMatchObject({ inFlightCap: undefined, feed: undefined, filter: 'tag==a', priority: 0 });
  });

  it('has other waves in a draft, and later on the same ones, changed', () => {
    const change = { waves: [{ buckets: 2000 }] };
    expect(changedWish(aRollout('draft'), change).waves).toEqual(change.waves);
    const [first, ...others] = changedWish(aRollout('running'), change).waves ?? [];
    expect(first).toMatchObject({ name: 'first', buckets: 2000, mostDevices: 50, gate: { sample: 20 } });
    expect(others).toEqual([]);
  });

  it('keeps the parts of a gate and of members that are not named', () => {
    const waves = [{}, { gate: { soakMs: 5 }, members: { tags: ['a'] } }, { buckets: 9000 }];
    const changed = changedWish(aRollout('paused'), { waves }).waves ?? [];
    expect(changed[1]).toMatchObject({
      gate: { sample: 5, soakMs: 5 },
      members: { tags: ['a'], controllerIds: [] },
    });
    expect(changed[2]).toEqual({ buckets: 9000 });
  });
});

describe('a rollout that was started', () => {
  it.each<[RolloutChange]>([
    [{}],
    [
      {
        name: 'summer',
        priority: 5,
        inFlightCap: 1,
        offersPerMinute: 9,
        mostDevices: 100,
        whenTripped: 'abort',
      },
    ],
    [{ windows: [{ days: [1], fromMinute: 0, toMinute: 60, timezone: 'UTC' }] }],
    [{ waves: [{ buckets: 1000, mostDevices: 60 }, { buckets: 10_000 }] }],
  ])('may take %j', (change) => {
    expect(faultsOf(change)).toEqual({});
  });

  it.each<[RolloutChange, string]>([
    [{ releaseId: '8' }, 'releaseId'],
    [{ feed: 'other' }, 'feed'],
    [{ filter: 'tag==a' }, 'filter'],
    [{ attempts: 2 }, 'attempts'],
    [{ allowsDowngrade: true }, 'allowsDowngrade'],
    [{ confirms: 'report' }, 'confirms'],
    [{ startAt: null }, 'startAt'],
    [{ waves: [{ name: 'other' }, {}] }, 'waves[0].name'],
    [{ waves: [{}, { members: { tags: ['a'] } }] }, 'waves[1].members'],
    [{ waves: [{}, { gate: { sample: 6 } }] }, 'waves[1].gate'],
  ])('does not take %j', (change, path) => {
    expect(faultsOf(change)).toEqual({ [path]: FIXED });
  });

  it('goes up, and neither down nor longer', () => {
    expect(faultsOf({ waves: [{ buckets: 999 }, {}] })).toEqual({
      'waves[0].percentage': 'can only be raised from 10 %: the rollout was started',
    });
    const two = 'must be the 2 that there are: the rollout was started';
    expect(faultsOf({ waves: [{}] })).toEqual({ waves: two });
    expect(faultsOf({ waves: [{}, {}, { buckets: 10_000 }] })).toEqual({ waves: two });
  });

  it('may begin at another time as long as it has not begun', () => {
    expect(faultsOf({ startAt: new Date(5000) }, 'scheduled')).toEqual({});
    expect(faultsOf({ startAt: new Date(5000) }, 'finished')).toEqual({ startAt: FIXED });
  });
});
