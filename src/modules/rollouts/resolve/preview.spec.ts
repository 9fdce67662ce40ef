import { aCandidate, anOpenAction } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aWave, type RolloutFacts } from '../../../../test/support/a-plan';
import type { Candidate } from '../plan/candidate';
import type { PlanRows } from '../plan/plan';
import { outcomeOf, type Outcome } from './preview';
import { NO_MEMBERS } from '../rollout/wave';

const NOW = new Date('2026-11-21T12:00:00Z');

interface Setting {
  readonly rollout?: Partial<RolloutFacts>;
  readonly plan?: Partial<PlanRows>;
}

/** What rollout 10 would do with the device. */
function outcome(device: Partial<Candidate>, { rollout, plan: rows }: Setting = {}): Outcome {
  const plan = aPlan({ rollouts: [aRollout(rollout)], ...rows });
  const own = plan.rollouts.get('10');
  if (own === undefined) throw new Error('rollout 10 is not in the plan');
  return outcomeOf(aCandidate(device), plan, own, NOW);
}

const named = (controllerIds: readonly string[]) => ({ members: { ...NO_MEMBERS, controllerIds } });

describe('what a rollout would do with a device', () => {
  const offer: Outcome = { decision: 'offer', wave: 1 };

  it('is an offer in the wave that it belongs to', () => {
    expect(outcome({})).toEqual(offer);
    const waves = [aWave(1, 0, named(['other'])), aWave(2, 0, named(['device-1'])), aWave(3, 10_000)];
    expect(outcome({}, { rollout: { waves, currentWave: 2 } })).toEqual({ decision: 'offer', wave: 2 });
  });

  it('names the wave that is to come', () => {
    const waves = [aWave(1, 0, named(['other'])), aWave(2, 0, named(['device-1'])), aWave(3, 10_000)];
    expect(outcome({}, { rollout: { waves } })).toEqual({ decision: 'not-in-wave', wave: 2 });
    const last = [aWave(1, 0, named(['other'])), aWave(2, 10_000)];
    expect(outcome({}, { rollout: { waves: last } })).toEqual({ decision: 'not-in-wave', wave: 2 });
  });

  it('names no wave where none takes it', () => {
    const waves = [aWave(1, 0, named(['other']))];
    expect(outcome({}, { rollout: { waves } })).toEqual({ decision: 'not-in-wave', wave: undefined });
  });

  it.each([
    ['installed', { installedVersion: '2.0.0' }, {}],
    ['lower', { installedVersion: '3.0.0' }, {}],
    ['paused', {}, { rollout: { state: 'paused' as const } }],
    ['withdrawn-release', {}, { plan: { releases: [aRelease({ isWithdrawn: true })] } }],
    ['wrong-hardware', { model: 'other' }, {}],
  ] as const)('says %s, and no wave', (decision, device, setting) => {
    expect(outcome(device, setting)).toEqual({ decision, wave: undefined });
  });

  it.each([
    ['pinned', { isPinned: true }, {}],
    ['unapproved', { approval: 'waiting' as const }, {}],
    ['stopped', {}, { plan: { isStopped: true } }],
  ] as const)('says that the device is %s before any rollout is looked for', (decision, device, setting) => {
    expect(outcome(device, setting)).toEqual({ decision, wave: undefined });
  });

  it.each([
    [
      'it takes what is assigned to it',
      { mode: 'assigned' as const, assigned: { releaseId: '1', number: 1 } },
    ],
    ['it takes only what is assigned to it, which is nothing', { mode: 'assigned' as const }],
    ['it takes the latest', { mode: 'latest' as const }],
    ['something is forced on it', { forced: { releaseId: '1', number: 1 } }],
    ['it is on another feed', { feedId: '2' }],
  ])('says superseded where %s', (_what, device) => {
    expect(outcome(device)).toEqual({ decision: 'superseded', wave: undefined });
  });

  it('says superseded where another rollout is above', () => {
    const rollouts = [aRollout(), aRollout({ id: '11', priority: 1 })];
    expect(outcome({}, { plan: { rollouts } })).toEqual({ decision: 'superseded', wave: undefined });
  });

  it('judges anew what was only offered', () => {
    for (const state of ['queued', 'awaiting-confirmation', 'offered'] as const)
      expect(outcome({ openAction: anOpenAction({ state, rolloutId: '9', origin: 'rollout:9' }) })).toEqual(
        offer,
      );
    const openAction = anOpenAction({ rolloutId: '9', origin: 'rollout:9' });
    expect(outcome({ openAction, installedVersion: '2.0.0' }).decision).toBe('installed');
  });

  it('leaves what is under way to end, and what is assigned', () => {
    const underWay: Outcome = { decision: 'under-way', wave: undefined };
    for (const state of ['retrieved', 'downloading', 'downloaded', 'installing', 'cancelling'] as const)
      expect(outcome({ openAction: anOpenAction({ state }) })).toEqual(underWay);
    expect(outcome({ openAction: anOpenAction({ isAssignment: true }) })).toEqual(underWay);
  });
});
