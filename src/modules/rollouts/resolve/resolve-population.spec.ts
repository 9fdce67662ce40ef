import { aCandidate } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aWave } from '../../../../test/support/a-plan';
import type { FilterSubject } from '../../devices/device/device-filter';
import { bucketOf } from '../rollout/bucket';
import type { Candidate } from '../plan/candidate';
import type { Decision } from '../rules/decision';
import type { Plan } from '../plan/plan';
import { resolve } from './resolve';
import { NO_MEMBERS } from '../rollout/wave';

const NOW = new Date('2026-11-21T12:00:00Z');
const two = [aRelease(), aRelease({ id: '2', version: '3.0.0' })];

/** A row with the tag `lab` and the region EU. */
function aRow(changes: Partial<FilterSubject> = {}): FilterSubject {
  return {
    ...aCandidate(),
    ...{
      name: undefined,
      feed: 'stable',
      tags: ['lab'],
      attributes: { region: 'EU' },
      lastSeenAt: undefined,
    },
    ...{ address: undefined, createdAt: NOW, createdBy: 'test', updatedAt: NOW },
    ...changes,
  };
}

const decide = (device: Candidate, plan: Plan): Decision => resolve(device, plan, NOW).decision;
const answer = (device: Candidate, plan: Plan): string => {
  const decision = decide(device, plan);
  if (decision.kind === 'nothing') return decision.reason;
  return decision.kind === 'offer' ? `${decision.origin} ${decision.wave ?? ''}`.trim() : decision.kind;
};

describe('rule 3, a rollout that is not about a feed', () => {
  const ofBoards = aRollout({ id: '11', feedId: undefined, filter: 'model==my-board', startedAtMs: 2000 });

  it('means whatever its filter matches, on any feed', () => {
    const plan = aPlan({ rollouts: [ofBoards] });
    expect(answer(aCandidate({ feedId: '7' }), plan)).toBe('rollout:11 1');
    expect(answer(aCandidate({ model: 'other' }), plan)).toBe('no-rollout');
    expect(plan.needsRow).toBe(false);
  });

  it('stands in one order with those of the feed', () => {
    const plan = (priority: number): Plan =>
      aPlan({ releases: two, rollouts: [aRollout({ priority }), { ...ofBoards, releaseId: '2' }] });
    expect(answer(aCandidate(), plan(0))).toBe('rollout:11 1');
    expect(answer(aCandidate(), plan(1))).toBe('rollout:10 1');
    expect(answer(aCandidate({ feedId: '2' }), plan(1))).toBe('rollout:11 1');
  });

  it('makes devices wait when it is paused, like any other', () => {
    const plan = aPlan({ releases: two, rollouts: [aRollout(), { ...ofBoards, state: 'paused' }] });
    expect(answer(aCandidate(), plan)).toBe('paused');
  });

  it('gives way to the next where its release does not fit the hardware', () => {
    const releases = [aRelease(), aRelease({ id: '2', hardware: [{ model: 'other', revision: '*' }] })];
    const plan = aPlan({ releases, rollouts: [aRollout(), { ...ofBoards, releaseId: '2' }] });
    expect(answer(aCandidate(), plan)).toBe('rollout:10 1');
  });
});

describe('rule 3, a rollout of a feed and a filter', () => {
  const plan = aPlan({ rollouts: [aRollout({ filter: 'attribute.region==eu and tag==lab' })] });

  it('means only what both do', () => {
    expect(plan.needsRow).toBe(true);
    expect(answer(aCandidate({ row: aRow() }), plan)).toBe('rollout:10 1');
    expect(answer(aCandidate({ row: aRow({ tags: [] }) }), plan)).toBe('no-rollout');
    expect(answer(aCandidate({ row: aRow(), feedId: '2' }), plan)).toBe('no-rollout');
  });

  it('means nobody whose row was not read, though the filter denied something', () => {
    const denying = aPlan({ rollouts: [aRollout({ filter: 'tag!=lab' })] });
    expect(answer(aCandidate(), denying)).toBe('no-rollout');
    expect(answer(aCandidate({ row: aRow({ tags: ['home'] }) }), denying)).toBe('rollout:10 1');
  });

  it('whose filter cannot be read means nobody', () => {
    expect(answer(aCandidate(), aPlan({ rollouts: [aRollout({ filter: 'no such field' })] }))).toBe(
      'no-rollout',
    );
  });
});

describe('rule 3, a rollout that brings back what another one changed', () => {
  const releases = [aRelease({ version: '1.0.0' }), aRelease({ id: '2', version: '3.0.0' })];
  const plan = aPlan({
    releases,
    rollouts: [
      aRollout({
        id: '12',
        feedId: undefined,
        reverts: { rolloutId: '10', version: '3.0' },
        allowsDowngrade: true,
        startedAtMs: 9,
      }),
    ],
  });
  const changed = aCandidate({
    installedVersion: '3.0.0',
    changedBy: { rolloutId: '10', fromReleaseId: '1' },
  });

  it('means the devices that ran its release before', () => {
    expect(answer(changed, plan)).toBe('rollout:12 1');
    expect(plan.needsRow).toBe(false);
  });

  it.each(['3.1.0', '2.0.0', 'nightly', undefined])(
    'means none that says that it runs %s since',
    (version) => {
      expect(answer({ ...changed, installedVersion: version }, plan)).toBe('no-rollout');
    },
  );

  it.each([
    ['nobody changed', undefined],
    ['another rollout changed', { rolloutId: '9', fromReleaseId: '1' }],
    ['ran another release before', { rolloutId: '10', fromReleaseId: '2' }],
  ])('means no device that %s', (_what, changedBy) => {
    expect(answer({ ...changed, changedBy }, plan)).toBe('no-rollout');
  });
});

describe('rule 9, who is named beside the percentage', () => {
  const members = { controllerIds: ['bench-7'], tags: ['lab'], filter: 'attribute.region==us' };
  const plan = aPlan({
    rollouts: [
      aRollout({ currentWave: 2, waves: [aWave(1, 0, { members }), aWave(2, 500), aWave(3, 10_000)] }),
    ],
  });
  const outside = aRow({ tags: [], attributes: {} });
  const inFirst500 = (wanted: boolean): string => {
    for (let n = 0; ; n += 1) if (bucketOf('10', `device-${n}`) < 500 === wanted) return `device-${n}`;
  };
  const [low, high] = [inFirst500(true), inFirst500(false)];

  it.each([
    ['by its id', { controllerId: 'bench-7', row: outside }, 'rollout:10 1'],
    [
      'by one of its tags',
      { controllerId: high, row: aRow({ attributes: {}, tags: ['home', 'lab'] }) },
      'rollout:10 1',
    ],
    [
      'by the filter',
      { controllerId: high, row: aRow({ tags: [], attributes: { Region: 'US' } }) },
      'rollout:10 1',
    ],
    ['by its bucket', { controllerId: low, row: outside }, 'rollout:10 2'],
    ['by nothing', { controllerId: high, row: outside }, 'not-in-wave'],
    [
      'by a tag in other letters',
      { controllerId: high, row: aRow({ attributes: {}, tags: ['LAB'] }) },
      'not-in-wave',
    ],
    ['by a tag that was not read', { controllerId: high }, 'not-in-wave'],
  ])('%s', (_what, changes, expected) => {
    expect(answer(aCandidate(changes), plan)).toBe(expected);
  });

  it('is not yet in a wave that has not begun', () => {
    const later = aPlan({ rollouts: [aRollout({ waves: [aWave(1, 0), aWave(2, 0, { members })] })] });
    expect(answer(aCandidate({ controllerId: 'bench-7' }), later)).toBe('not-in-wave');
  });

  it('needs no bucket where nobody has one', () => {
    const named = { ...NO_MEMBERS, controllerIds: ['bench-7'] };
    const only = aPlan({ rollouts: [aRollout({ waves: [aWave(1, 0, { members: named })] })] });
    const { trace } = resolve(aCandidate(), only, NOW);
    const because = 'only named devices take part so far, and it is not among them';
    expect(trace.at(-1)?.detail).toEqual({ bucket: '', buckets: 0, wave: 1, because });
  });

  it('says which bucket the device is in, and how far the waves have come', () => {
    const first = aPlan({ rollouts: [aRollout({ waves: [aWave(1, 100), aWave(2, 10_000)] })] });
    const { trace } = resolve(aCandidate({ controllerId: high }), first, NOW);
    const bucket = bucketOf('10', high);
    const because = `its bucket ${bucket} is not below 100, nor is it named`;
    expect(trace.at(-1)?.detail).toEqual({ bucket, buckets: 100, wave: 1, because });
  });

  it('is asked for in the order of the waves, however they are stored', () => {
    const waves = [
      aWave(2, 10_000),
      aWave(1, 0, { members: { ...NO_MEMBERS, controllerIds: ['device-1'] } }),
    ];
    expect(answer(aCandidate(), aPlan({ rollouts: [aRollout({ currentWave: 2, waves })] }))).toBe(
      'rollout:10 1',
    );
  });
});
