import { aCandidate, anOpenAction } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout } from '../../../../test/support/a-plan';
import type { MaintenanceWindow } from '../../actions/action/maintenance-window';
import type { Candidate, OpenAction } from '../plan/candidate';
import type { Decision } from '../rules/decision';
import type { Plan } from '../plan/plan';
import { resolve } from './resolve';

const NOW = new Date('2026-11-21T12:00:00Z');
const HOUR_MS = 3_600_000;

const decide = (device: Candidate, plan: Plan): Decision => resolve(device, plan, NOW).decision;
const codes = (device: Candidate, plan: Plan): string[] =>
  resolve(device, plan, NOW).trace.map(({ rule, code, outcome }) =>
    outcome === 'decided' ? `${rule} ${code}!` : `${rule} ${code}`,
  );
const withAction = (action: Partial<OpenAction>, changes: Partial<Candidate> = {}): Candidate =>
  aCandidate({ openAction: anOpenAction(action), ...changes });
const assigned = (action: Partial<OpenAction> = {}, changes: Partial<Candidate> = {}): Candidate =>
  withAction({ isAssignment: true, rolloutId: undefined, origin: 'direct:1', ...action }, changes);

const goesOn: Decision = { kind: 'continue', actionId: '100' };
const cancel = (reason: string) => ({ kind: 'cancel', actionId: '100', reason });
const nothing = (reason: string) => ({ kind: 'nothing', reason });

const daily = (hour: number): MaintenanceWindow => ({
  schedule: `0 0 ${hour} * * ? *`,
  durationMs: HOUR_MS,
  timezone: '+00:00',
});
const PAST: MaintenanceWindow = { ...daily(2), schedule: '0 0 2 1 1 ? 2020' };

describe('what is assigned to a device and not fetched yet', () => {
  it('goes on without a rollout, on any feed, though it is a downgrade', () => {
    const device = assigned({}, { feedId: '2', installedVersion: '9.0.0' });
    expect(decide(device, aPlan({ rollouts: [] }))).toEqual(goesOn);
    expect(codes(device, aPlan({ rollouts: [] }))).toEqual([
      '1 open-action-held',
      '2 not-held',
      '4 fits',
      '1 open-action-holds!',
    ]);
  });

  it('goes on when its release is gone from the plan, but for quiet after a time-out', () => {
    const plan = aPlan({ releases: [], rollouts: [] });
    expect(decide(assigned(), plan)).toEqual(goesOn);
    expect(decide(assigned({}, { quietUntilMs: NOW.getTime() + 1 }), plan)).toEqual(nothing('quiet'));
  });

  it.each([
    ['the device is pinned', { isPinned: true }, aPlan(), 'pinned'],
    ['all is stopped', {}, aPlan({ isStopped: true }), 'stopped'],
    ['nobody has approved the device', { approval: 'waiting' as const }, aPlan(), 'unapproved'],
    ['the hardware is other', { model: 'other' }, aPlan(), 'wrong-hardware'],
    ['an update has timed out', { quietUntilMs: NOW.getTime() + 1 }, aPlan(), 'quiet'],
    [
      'the release was withdrawn',
      {},
      aPlan({ releases: [aRelease({ isWithdrawn: true })] }),
      'withdrawn-release',
    ],
    ['its bytes are damaged', {}, aPlan({ releases: [aRelease({ isDamaged: true })] }), 'damaged-release'],
    [
      'its signature is broken',
      {},
      aPlan({ releases: [aRelease({ signature: 'broken' })] }),
      'broken-signature',
    ],
  ])('waits while %s', (_what, changes, plan, reason) => {
    expect(decide(assigned({}, changes), plan)).toEqual(nothing(reason));
  });

  it('goes on with a withdrawn release when it is forced', () => {
    const plan = aPlan({ releases: [aRelease({ isWithdrawn: true })] });
    expect(decide(assigned({ isForced: true }), plan)).toEqual(goesOn);
  });

  it.each(['soft', 'force'] as const)('is cancelled when its release was invalidated: %s', (invalidation) => {
    const plan = aPlan({ releases: [aRelease({ invalidation })] });
    expect(decide(assigned(), plan)).toEqual(cancel('invalid-release'));
    expect(codes(assigned(), plan).at(-1)).toBe('1 open-action-invalid!');
    const refused = assigned({ hasRefusedCancel: true });
    expect(decide(refused, plan)).toEqual({ kind: 'withdraw', actionId: '100', reason: 'invalid-release' });
  });

  it('is shown only while its maintenance window is open', () => {
    const blind = { client: 'swupdate' } as const;
    expect(decide(assigned({ window: daily(12) }, blind), aPlan())).toEqual(goesOn);
    expect(decide(assigned({ window: daily(13) }, blind), aPlan())).toEqual({
      kind: 'nothing',
      reason: 'window-closed',
      opensAtMs: NOW.getTime() + HOUR_MS,
    });
  });

  it('is shown all the time to a client that can hold it back', () => {
    for (const client of ['unknown', 'rauc'] as const)
      expect(codes(assigned({ window: daily(13) }, { client }), aPlan())).toEqual([
        ...['1 open-action-held', '2 not-held', '4 fits', '10 window-held', '1 open-action-holds!'],
      ]);
  });

  it('waits for a user whom the client cannot ask, and says so', () => {
    const device = assigned({ state: 'awaiting-confirmation' }, { client: 'swupdate' });
    expect(decide(device, aPlan())).toEqual(goesOn);
    expect(codes(device, aPlan())[0]).toBe('1 asks-nobody');
    const asked = assigned({ state: 'awaiting-confirmation' });
    expect(codes(asked, aPlan())[0]).toBe('1 open-action-held');
    expect(codes(assigned({}, { client: 'swupdate' }), aPlan())[0]).toBe('1 open-action-held');
  });
});

describe('an action whose windows are all over', () => {
  it.each(['queued', 'offered', 'retrieved', 'downloading', 'installing'] as const)(
    'is cancelled: %s',
    (state) => {
      const device = assigned({ state, window: PAST });
      expect(decide(device, aPlan())).toEqual(cancel('window-over'));
      expect(codes(device, aPlan())).toEqual(['1 open-action-over!']);
    },
  );

  it('is left where it is installed, or the device has been asked', () => {
    for (const action of [
      { state: 'installed' },
      { state: 'cancelling' },
      { hasRefusedCancel: true },
    ] as const)
      expect(decide(assigned({ state: 'downloading', ...action, window: PAST }), aPlan()).kind).not.toBe(
        'cancel',
      );
  });

  it('is not one whose window is to come, or that has none', () => {
    expect(decide(assigned({ window: daily(13) }, { client: 'swupdate' }), aPlan()).kind).toBe('nothing');
    expect(decide(assigned(), aPlan())).toEqual(goesOn);
  });
});

describe('an action that another assignment has superseded', () => {
  it.each(['queued', 'offered', 'downloading', 'installing'] as const)('is cancelled: %s', (state) => {
    const device = assigned({ state, isSuperseded: true });
    expect(decide(device, aPlan())).toEqual(cancel('superseded'));
    expect(codes(device, aPlan())).toEqual(['1 open-action-gives-way!']);
  });

  it('goes on as a required step, once installed, and when the device has been asked', () => {
    const isSuperseded = true;
    const steps = aPlan({ releases: [aRelease({ isRequiredStep: true })] });
    expect(decide(assigned({ isSuperseded }), steps)).toEqual(goesOn);
    expect(decide(assigned({ isSuperseded, state: 'installed' }), aPlan())).toEqual(goesOn);
    expect(decide(assigned({ isSuperseded, state: 'cancelling' }), aPlan())).toEqual(goesOn);
    expect(decide(assigned({ isSuperseded, hasRefusedCancel: true }), aPlan())).toEqual(goesOn);
  });
});

describe('what a device has fetched', () => {
  it.each(['soft', 'force'] as const)('is cancelled when the release was invalidated: %s', (invalidation) => {
    const plan = aPlan({ releases: [aRelease({ invalidation })] });
    const device = withAction({ state: 'downloading' });
    expect(decide(device, plan)).toEqual(cancel('invalid-release'));
    expect(codes(device, plan)).toEqual(['1 open-action-invalid!']);
    expect(decide(withAction({ state: 'downloading', hasRefusedCancel: true }), plan)).toEqual(goesOn);
    expect(decide(withAction({ state: 'cancelling' }), plan)).toEqual(goesOn);
  });

  it('is cancelled on hardware that it does not fit, which it is told', () => {
    const device = withAction({ state: 'downloading' }, { model: 'other' });
    expect(codes(device, aPlan())).toEqual(['1 open-action-misfits!']);
    const halfKnown = withAction({ state: 'downloading' }, { model: 'other', revision: undefined });
    expect(decide(halfKnown, aPlan())).toEqual(cancel('wrong-hardware'));
  });

  it('is kept from a device whose maintenance window is closed', () => {
    const client = 'swupdate';
    const closed = withAction({ state: 'downloading', window: daily(13) }, { client });
    expect(decide(closed, aPlan())).toMatchObject(nothing('window-closed'));
    expect(codes(closed, aPlan())).toEqual(['1 open-action-under-way', '10 window-closed!']);
    const open = withAction({ state: 'downloading', window: daily(12) }, { client });
    expect(decide(open, aPlan())).toEqual(goesOn);
    expect(decide(withAction({ state: 'cancelling', window: daily(13) }, { client }), aPlan())).toEqual(
      goesOn,
    );
  });

  it('gives way to a newer rollout while it is early, and says why in one line', () => {
    const plan = aPlan({
      releases: [aRelease(), aRelease({ id: '2', version: '3.0.0' })],
      rollouts: [aRollout(), aRollout({ id: '11', releaseId: '2', startedAtMs: 2000 })],
    });
    for (const state of ['retrieved', 'downloading'] as const) {
      expect(decide(withAction({ state }), plan)).toEqual(cancel('superseded'));
      expect(codes(withAction({ state }), plan)).toEqual(['1 open-action-outrun!']);
    }
    expect(decide(withAction({ state: 'installing' }), plan)).toEqual(goesOn);
    expect(decide(withAction({ state: 'downloading', rolloutId: undefined }), plan)).toEqual(goesOn);
  });
});

describe('an offer that is judged again', () => {
  it('is taken back when the rollout would offer something else to it', () => {
    const plan = aPlan({ releases: [aRelease(), aRelease({ id: '2', version: '3.0.0' })] });
    const other = withAction({ releaseId: '2' });
    expect(decide(other, plan)).toEqual({ kind: 'withdraw', actionId: '100', reason: 'superseded' });
  });

  it('is taken back when it was forced and no longer is, or the other way about', () => {
    const device = withAction({ isForced: true, origin: 'rollout:10', releaseId: '7' });
    expect(decide(device, aPlan())).toMatchObject({ kind: 'withdraw', reason: 'release-gone' });
  });

  it('waits for a user whom the client cannot ask, and says so', () => {
    const device = withAction({ state: 'awaiting-confirmation' }, { client: 'swupdate' });
    expect(codes(device, aPlan())[0]).toBe('1 asks-nobody');
    expect(codes(withAction({ state: 'awaiting-confirmation' }), aPlan())[0]).toBe('1 open-action-offered');
  });
});
