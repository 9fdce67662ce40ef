import { aPlan, aRelease, aRollout, aWave } from '../../../../test/support/a-plan';
import { latestFor } from './plan';
import { ROLLOUT_STATES } from '../rollout/rollout';
import { NO_MEMBERS } from '../rollout/wave';

const BOARD = { model: 'my-board', revision: 'rev4.2' };
const ids = (things: readonly { readonly id: string }[] | undefined): string[] =>
  (things ?? []).map((thing) => thing.id);

describe('buildPlan', () => {
  it('orders the rollouts of a feed by priority, then by the latest start, then by the newest id', () => {
    const plan = aPlan({
      rollouts: [
        aRollout({ id: '9', priority: 0, startedAtMs: 5 }),
        aRollout({ id: '10', priority: 0, startedAtMs: 5 }),
        aRollout({ id: '11', priority: 0, startedAtMs: 9 }),
        aRollout({ id: '12', priority: 1, startedAtMs: 1 }),
        aRollout({ id: '13', priority: -1, startedAtMs: 99 }),
      ],
    });
    expect(ids(plan.rolloutsByFeed.get('1'))).toEqual(['12', '11', '10', '9', '13']);
  });

  it('keeps feeds apart', () => {
    const plan = aPlan({ rollouts: [aRollout(), aRollout({ id: '11', feedId: '2' })] });
    expect(ids(plan.rolloutsByFeed.get('1'))).toEqual(['10']);
    expect(ids(plan.rolloutsByFeed.get('2'))).toEqual(['11']);
    expect(plan.rolloutsByFeed.get('3')).toBeUndefined();
  });

  it('holds only running, paused and finished rollouts in force', () => {
    const rollouts = ROLLOUT_STATES.map((state, n) => aRollout({ id: String(20 - n), state }));
    const inForce = aPlan({ rollouts }).rolloutsByFeed.get('1') ?? [];
    expect(inForce.map((rollout) => rollout.state).sort()).toEqual(['finished', 'paused', 'running']);
  });

  it('leaves out a rollout whose release is not there', () => {
    const plan = aPlan({ rollouts: [aRollout({ releaseId: '404' })] });
    expect(plan.rollouts.size).toBe(0);
    expect(plan.rolloutsByFeed.size).toBe(0);
  });

  it('compiles the hardware of each release', () => {
    const release = aPlan().releases.get('1');
    expect(release?.fits(BOARD)).toBe(true);
    expect(release?.fits({ ...BOARD, model: 'other' })).toBe(false);
  });

  it('is built though a board is called like an expression that is none', () => {
    const odd = aRelease({ id: '2', hardware: [{ model: '#RE:(', revision: '*' }] });
    const plan = aPlan({ releases: [aRelease(), odd] });
    expect(plan.releases.get('2')?.fits({ model: '#RE:(', revision: undefined })).toBe(true);
    expect(plan.releases.get('2')?.fits(BOARD)).toBe(false);
  });
});

describe('a plan asks for the whole row of a device', () => {
  const everyDay = [1, 2, 3, 4, 5, 6, 7];
  const window = { days: everyDay, fromMinute: 0, toMinute: 60, timezone: undefined };
  const wave = (members: Partial<typeof NO_MEMBERS>) => ({
    waves: [aWave(1, 0, { members: { ...NO_MEMBERS, ...members } }), aWave(2, 10_000)],
  });

  it.each([
    ['when a window goes by each device', { windows: [window] }],
    ['when a filter asks for more than a poll has read', { filter: 'attribute.site==x' }],
    ['when a wave names tags', wave({ tags: ['canary'] })],
    ['when a wave has a filter that asks for more', wave({ filter: 'tag==canary' })],
  ])('%s', (_what, changes) => {
    const others = [aRollout({ id: '8' }), aRollout({ id: '12' })];
    expect(aPlan({ rollouts: [...others, aRollout(changes)] }).needsRow).toBe(true);
  });

  it.each([
    ['while nothing is asked for', {}],
    ['when a window has a zone of its own', { windows: [{ ...window, timezone: 'Europe/Berlin' }] }],
    ['when filters ask for what a poll has read', { ...wave({ filter: 'model==x' }), filter: 'id==a' }],
    ['when a wave names devices', wave({ controllerIds: ['device-1'] })],
    ['for a rollout that is over', { state: 'closed' as const, filter: 'attribute.site==x' }],
  ])('not %s', (_what, changes) => {
    expect(aPlan({ rollouts: [aRollout(changes)] }).needsRow).toBe(false);
  });
});

it('a rollout whose filter cannot be read is none', () => {
  const rollouts = [aRollout({ filter: 'gone==field' }), aRollout({ id: '11' })];
  expect([...aPlan({ rollouts }).rollouts.keys()]).toEqual(['11']);
});

it('rollouts of no feed stand among those of each feed, by what counts first', () => {
  const rollouts = [
    aRollout({ id: '10', priority: 1 }),
    aRollout({ id: '11', feedId: undefined, priority: 2 }),
    aRollout({ id: '12', feedId: undefined }),
    aRollout({ id: '13', feedId: '2', priority: 3 }),
  ];
  const plan = aPlan({ rollouts });
  expect(ids(plan.inForceOn.get('1'))).toEqual(['11', '10', '12']);
  expect(ids(plan.inForceOn.get('2'))).toEqual(['13', '11', '12']);
  expect([...plan.rolloutsByFeed.keys()].sort()).toEqual(['1', '2']);
  expect(ids(plan.rolloutsOfNoFeed)).toEqual(['11', '12']);
});

describe('latestFor', () => {
  const plan = aPlan({
    releases: [
      aRelease({ id: '1', version: '1.9.0' }),
      aRelease({ id: '2', version: '1.10.0' }),
      aRelease({ id: '3', version: '2.0.0-rc.1' }),
      aRelease({ id: '4', version: '3.0.0', isWithdrawn: true }),
      aRelease({ id: '5', version: '4.0.0', hardware: [{ model: 'other', revision: '*' }] }),
      aRelease({ id: '6', version: 'zzz' }),
      aRelease({ id: '7', version: '9.0.0', hardware: [] }),
    ],
  });

  it('orders by number, not by letter, and leaves out what has no order', () => {
    expect(ids(plan.latest)).toEqual(['7', '5', '4', '3', '2', '1']);
  });

  it('is the highest stable release that fits', () => {
    expect(latestFor(plan, BOARD, false)?.id).toBe('2');
  });

  it('is the highest of all for a device that takes prereleases', () => {
    expect(latestFor(plan, BOARD, true)?.id).toBe('3');
  });

  it('is none that was invalidated', () => {
    const releases = [
      aRelease({ id: '1', version: '1.0.0' }),
      aRelease({ id: '2', version: '2.0.0', invalidation: 'soft' }),
      aRelease({ id: '3', version: '3.0.0', isWithdrawn: true }),
    ];
    expect(latestFor(aPlan({ releases }), BOARD, false)?.id).toBe('1');
  });

  it('is the newer of two that are the same version', () => {
    const twins = aPlan({
      releases: [aRelease({ id: '9', version: '1.0' }), aRelease({ id: '10', version: '1.0.0' })],
    });
    expect(latestFor(twins, BOARD, false)?.id).toBe('10');
  });

  it('is nothing for hardware that no release fits', () => {
    expect(latestFor(plan, { model: 'third', revision: undefined }, true)).toBeUndefined();
  });
});
