import { aCandidate, anOpenAction, ended } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aWave } from '../../../../test/support/a-plan';
import { DEFAULT_TERMS } from '../../actions/action/action';
import type { ReleaseFacts } from '../../releases/release/release';
import type { Candidate } from '../plan/candidate';
import type { Decision } from '../rules/decision';
import type { Plan, PlanRows } from '../plan/plan';
import { resolve } from './resolve';

const NOW = new Date('2026-11-21T12:00:00Z');
const decide = (device: Candidate, plan: Plan): Decision => resolve(device, plan, NOW).decision;

/** `id version upgradeFrom`; rollout 10 is of release 1. */
function planOf(
  releases: [
    id: string,
    version: string,
    upgradeFrom?: string | undefined,
    changes?: Partial<ReleaseFacts>,
  ][],
  changes: Partial<PlanRows> = {},
): Plan {
  return aPlan({
    releases: releases.map(([id, version, upgradeFrom, more]) =>
      aRelease({ id, version, upgradeFrom, ...more }),
    ),
    ...changes,
  });
}
const running = (installedVersion: string | undefined, changes: Partial<Candidate> = {}): Candidate =>
  aCandidate({ installedVersion, ...changes });
const answer = (device: Candidate, plan: Plan): string => {
  const decision = decide(device, plan);
  return decision.kind === 'offer'
    ? decision.origin
    : decision.kind === 'nothing'
      ? decision.reason
      : decision.kind;
};

describe('rule 6, a release that upgrades only from some versions', () => {
  const plan = planOf([
    ['1', '3.0.0', '>=2.0.0 <3'],
    ['2', '2.5.0', '>=1.5'],
    ['3', '2.1.0'],
    ['4', '1.8.0'],
    ['5', '3.5.0'],
  ]);

  it('goes to those that run one of them', () => {
    expect(answer(running('2.0.0'), plan)).toBe('rollout:10');
  });

  it('gives others the highest step on the way, without a place in the rollout', () => {
    expect(decide(running('1.5.0'), plan)).toEqual({
      ...{ kind: 'offer', releaseId: '2', origin: 'hop:10:2', isForced: false, terms: DEFAULT_TERMS },
      ...{ rolloutId: undefined, wave: undefined, hopOf: '10' },
    });
    // 2.5.0 does not take 1.0.0.
    expect(answer(running('1.0.0'), plan)).toBe('hop:10:3');
  });

  it('takes several steps where it has to', () => {
    const chain = planOf([
      ['1', '4.0.0', '>=3 <4'],
      ['2', '3.0.0', '>=2 <3'],
      ['3', '2.0.0', '>=1 <2'],
      ['4', '2.9.0', '>=9'],
    ]);
    expect(['1.0', '2.0', '3.0', '0.9'].map((version) => answer(running(version), chain))).toEqual([
      ...['hop:10:3', 'hop:10:2', 'rollout:10', 'upgrade-step-missing'],
    ]);
  });

  it('takes no step that leads nowhere, though it is higher', () => {
    const fork = planOf([
      ['1', '4.0.0', '>=3 <4'],
      ['2', '3.0.0', '>=2 <2.5'],
      ['3', '2.9.0'],
      ['4', '2.4.0'],
    ]);
    expect(answer(running('1.0.0'), fork)).toBe('hop:10:4');
  });

  it('says so when there is none, when nothing is known, and when nothing can be ordered', () => {
    expect(answer(running('1.0.0'), planOf([['1', '3.0.0', '>=2']]))).toBe('upgrade-step-missing');
    expect(answer(running(undefined), plan)).toBe('unknown-version');
    expect(answer(running('nightly'), plan)).toBe('upgrade-step-missing');
  });

  it.each<[string, Partial<ReleaseFacts>]>([
    ['withdrawn', { isWithdrawn: true }],
    ['invalid', { invalidation: 'none' }],
    ['damaged', { isDamaged: true }],
    ['of a broken signature', { signature: 'broken' }],
    ['for other hardware', { hardware: [{ model: 'other', revision: '*' }] }],
    ['for no hardware', { hardware: [] }],
    ['of another name', { name: 'bootloader' }],
    ['a prerelease', { version: '2.0.0-rc.1' }],
  ])('takes no step that is %s', (_what, changes) => {
    const step = planOf([
      ['1', '3.0.0', '>=2.0.0-rc.1'],
      ['2', '2.0.0', undefined, changes],
    ]);
    expect(answer(running('1.0.0'), step)).toBe('upgrade-step-missing');
  });

  it('takes a prerelease on the way where the device does', () => {
    const step = planOf([
      ['1', '3.0.0', '>=2.0.0-rc.1'],
      ['2', '2.0.0-rc.1'],
    ]);
    expect(answer(running('1.0.0', { takesPrereleases: true }), step)).toBe('hop:10:2');
  });

  it('takes no step that the client cannot', () => {
    const plain = planOf([
      ['1', '3.0.0', '>=2'],
      ['2', '2.0.0', undefined, { shape: { ...aRelease().shape, endings: [] } }],
    ]);
    expect(answer(running('1.0.0', { client: 'swupdate' }), plain)).toBe('upgrade-step-missing');
  });

  it('is not asked of a device that goes down, or is forced', () => {
    const down = planOf([['1', '1.0.0', '<1']], { rollouts: [aRollout({ allowsDowngrade: true })] });
    expect(answer(running('2.0.0'), down)).toBe('rollout:10');
    expect(answer(running('1.0.0', { forced: { releaseId: '1', number: 4 } }), plan)).toBe('force:4');
  });

  it('gives nobody more tries of a step than of the release, and counts them apart', () => {
    const exhausted = { attempts: { 'hop:10:2': ended(1) } };
    expect(answer(running('1.5.0', exhausted), plan)).toBe('exhausted');
    expect(answer(running('2.5.0', exhausted), plan)).toBe('rollout:10');
    expect(answer(running('1.5.0', { attempts: { 'rollout:10': ended(1) } }), plan)).toBe('hop:10:2');
  });

  it('gives steps to nobody who would not get the release', () => {
    const inRollout = (changes: Parameters<typeof aRollout>[0]): Plan =>
      planOf(
        [
          ['1', '3.0.0', '>=2'],
          ['2', '2.0.0'],
        ],
        { rollouts: [aRollout(changes)] },
      );
    expect(answer(running('1.0.0'), inRollout({ state: 'paused' }))).toBe('paused');
    expect(answer(running('1.0.0'), inRollout({ waves: [aWave(1, 0)] }))).toBe('not-in-wave');
  });

  it('keeps a step that was offered, and takes it back once it is not the next one', () => {
    const offered = anOpenAction({ releaseId: '2', origin: 'hop:10:2', rolloutId: undefined });
    expect(answer(running('1.5.0', { openAction: offered }), plan)).toBe('continue');
    expect(answer(running('2.5.0', { openAction: offered }), plan)).toBe('withdraw');
  });

  it('holds for what is assigned and for the latest as well', () => {
    const assigned = { mode: 'assigned' as const, assigned: { releaseId: '1', number: 3 } };
    expect(answer(running('1.5.0', assigned), plan)).toBe('hop:assignment:3:2');
    const latest = planOf([
      ['1', '3.0.0', '>=2'],
      ['2', '2.0.0'],
    ]);
    expect(answer(running('1.0.0', { mode: 'latest' }), latest)).toBe('latest:2');
  });
});
