import { aCandidate, anOpenAction, ended } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout } from '../../../../test/support/a-plan';
import type { Candidate, OpenAction } from '../plan/candidate';
import type { Decision } from '../rules/decision';
import type { Plan } from '../plan/plan';
import { resolve } from './resolve';

const NOW = new Date('2026-11-21T12:00:00Z');

function decide(device: Candidate, plan: Plan): Decision {
  return resolve(device, plan, NOW).decision;
}

const withAction = (action: Partial<OpenAction>, changes: Partial<Candidate> = {}): Candidate =>
  aCandidate({ openAction: anOpenAction(action), ...changes });

const goesOn: Decision = { kind: 'continue', actionId: '100' };

describe.each(['queued', 'awaiting-confirmation', 'offered'] as const)(
  'an action that is %s is judged again',
  (state) => {
    it('and goes on while the same would be offered', () => {
      expect(decide(withAction({ state }), aPlan())).toEqual(goesOn);
    });

    it.each([
      ['the device was pinned', { isPinned: true }, aPlan(), 'pinned'],
      ['all was stopped', {}, aPlan({ isStopped: true }), 'stopped'],
      ['the rollout was paused', {}, aPlan({ rollouts: [aRollout({ state: 'paused' })] }), 'paused'],
      ['the rollout was aborted', {}, aPlan({ rollouts: [aRollout({ state: 'aborted' })] }), 'no-rollout'],
      ['the device went to another feed', { feedId: '2' }, aPlan(), 'no-rollout'],
      ['the device takes only assignments now', { mode: 'assigned' as const }, aPlan(), 'no-assignment'],
      ['the hardware turned out another', { model: 'other' }, aPlan(), 'wrong-hardware'],
      [
        'the release was withdrawn',
        {},
        aPlan({ releases: [aRelease({ isWithdrawn: true })] }),
        'withdrawn-release',
      ],
      [
        'the bytes of the release are damaged',
        {},
        aPlan({ releases: [aRelease({ isDamaged: true })] }),
        'damaged-release',
      ],
      ['the version is reported installed', { installedVersion: '2.0.0' }, aPlan(), 'installed'],
      ['the attempts are used up', { attempts: { 'rollout:10': ended(1) } }, aPlan(), 'exhausted'],
    ])('and is taken back when %s', (_what, changes, plan, reason) => {
      expect(decide(withAction({ state }, changes), plan)).toEqual({
        kind: 'withdraw',
        actionId: '100',
        reason,
      });
    });

    it('and is taken back when another rollout stands above its own', () => {
      const plan = aPlan({
        releases: [aRelease(), aRelease({ id: '2', version: '3.0.0' })],
        rollouts: [aRollout(), aRollout({ id: '11', releaseId: '2', startedAtMs: 2000 })],
      });
      expect(decide(withAction({ state }), plan)).toMatchObject({ kind: 'withdraw', actionId: '100' });
    });

    it('and is taken back when the same release comes on another account', () => {
      const plan = aPlan({ rollouts: [aRollout(), aRollout({ id: '11', startedAtMs: 2000 })] });
      expect(decide(withAction({ state }), plan)).toMatchObject({ kind: 'withdraw' });
    });

    it('and is taken back for a force', () => {
      const device = withAction({ state }, { forced: { releaseId: '1', number: 1 } });
      expect(decide(device, aPlan())).toMatchObject({ kind: 'withdraw' });
    });
  },
);

describe('an assigned action of a release whose bytes are damaged', () => {
  const plan = aPlan({ releases: [aRelease({ isDamaged: true })] });

  it('waits, and goes on when they are what they were', () => {
    const device = withAction({ isAssignment: true });
    expect(decide(device, plan)).toEqual({ kind: 'nothing', reason: 'damaged-release' });
    expect(decide(device, aPlan())).toEqual(goesOn);
  });

  it('goes on when it was fetched', () => {
    expect(decide(withAction({ isAssignment: true, state: 'downloading' }), plan)).toEqual(goesOn);
  });
});

describe('a forced offer that was not fetched', () => {
  const forced = { isForced: true, origin: 'force:1' };

  it('goes on though the force was consumed by its admission', () => {
    const device = withAction(forced, { installedVersion: '2.0.0', attempts: { 'force:1': ended(1) } });
    expect(decide(device, aPlan())).toEqual(goesOn);
  });

  it('is taken back when the device is pinned', () => {
    expect(decide(withAction(forced, { isPinned: true }), aPlan())).toMatchObject({
      kind: 'withdraw',
      reason: 'pinned',
    });
  });

  it('is taken back when the hardware does not fit', () => {
    expect(decide(withAction(forced, { model: 'other' }), aPlan())).toMatchObject({
      kind: 'withdraw',
      reason: 'wrong-hardware',
    });
  });
});

describe.each(['retrieved', 'downloading', 'downloaded', 'installing', 'installed'] as const)(
  'an action that is %s',
  (state) => {
    it.each([
      ['a pin', { isPinned: true }, aPlan()],
      ['stop-all', {}, aPlan({ isStopped: true })],
      ['a pause', {}, aPlan({ rollouts: [aRollout({ state: 'paused' })] })],
      ['an abort', {}, aPlan({ rollouts: [aRollout({ state: 'aborted' })] })],
      ['another feed', { feedId: '2' }, aPlan()],
      ['another mode', { mode: 'latest' as const }, aPlan()],
      ['a withdrawn release', {}, aPlan({ releases: [aRelease({ isWithdrawn: true })] })],
      ['a deleted release', {}, aPlan({ releases: [], rollouts: [] })],
      ['a force', { forced: { releaseId: '1', number: 1 } }, aPlan()],
      ['hardware nobody knows', { model: undefined, revision: undefined }, aPlan()],
    ])('goes on through %s', (_what, changes, plan) => {
      expect(decide(withAction({ state }, changes), plan)).toEqual(goesOn);
    });

    it('is cancelled when the hardware is found not to fit', () => {
      expect(decide(withAction({ state }, { model: 'other' }), aPlan())).toEqual({
        kind: 'cancel',
        actionId: '100',
        reason: 'wrong-hardware',
      });
    });
  },
);

describe('an action that is being cancelled', () => {
  it('goes on until the device answers, on the wrong hardware too', () => {
    const device = withAction({ state: 'cancelling' }, { model: 'other' });
    expect(decide(device, aPlan())).toEqual(goesOn);
  });
});

describe('the trace of an open action', () => {
  const codes = (device: Candidate, plan: Plan): string[] =>
    resolve(device, plan, NOW).trace.map((line) => `${line.rule} ${line.code}`);

  it('holds only rule 1 once it was fetched', () => {
    expect(codes(withAction({ state: 'installing' }), aPlan())).toEqual(['1 open-action-goes-on']);
  });

  it('holds the rules that judged it again, and what came of it', () => {
    expect(codes(withAction({}, { isPinned: true }), aPlan())).toEqual([
      '1 open-action-offered',
      '2 pinned',
      '1 open-action-falls',
    ]);
    expect(codes(withAction({}), aPlan()).slice(-2)).toEqual(['11 pace-at-admission', '1 open-action-holds']);
  });
});
