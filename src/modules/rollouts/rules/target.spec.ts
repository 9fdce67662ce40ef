import { aCandidate } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout } from '../../../../test/support/a-plan';
import { DEFAULT_TERMS } from '../../actions/action/action';
import type { Candidate } from '../plan/candidate';
import type { Decision, Reason } from './decision';
import type { Plan } from '../plan/plan';
import { resolve } from '../resolve/resolve';

const NOW = new Date('2026-11-21T12:00:00Z');

function decide(device: Candidate, plan: Plan): Decision {
  return resolve(device, plan, NOW).decision;
}

/** `4 fits`: the rules in the order in which they were tried, and what each said. */
function traceOf(device: Candidate, plan: Plan): string[] {
  return resolve(device, plan, NOW).trace.map((line) =>
    line.outcome === 'decided' ? `${line.rule} ${line.code}!` : `${line.rule} ${line.code}`,
  );
}

const nothing = (reason: Reason): Decision => ({ kind: 'nothing', reason });
const byRollout = (id: string, releaseId = '1'): Decision => ({
  kind: 'offer',
  releaseId,
  origin: `rollout:${id}`,
  isForced: false,
  rolloutId: id,
  wave: 1,
  terms: DEFAULT_TERMS,
});
const direct = (origin: string, releaseId = '1'): Decision => ({
  kind: 'offer',
  releaseId,
  origin,
  isForced: false,
  rolloutId: undefined,
  wave: undefined,
  terms: DEFAULT_TERMS,
});

describe('rule 3, mode rollout', () => {
  const two = [aRelease(), aRelease({ id: '2', version: '3.0.0' })];

  it('offers nothing on a feed without a rollout', () => {
    expect(decide(aCandidate({ feedId: '2' }), aPlan())).toEqual(nothing('no-rollout'));
  });

  it('takes the highest priority, though another started later', () => {
    const rollouts = [
      aRollout({ id: '10', priority: 5, startedAtMs: 1 }),
      aRollout({ id: '11', priority: 4, startedAtMs: 2, releaseId: '2' }),
    ];
    expect(decide(aCandidate(), aPlan({ releases: two, rollouts }))).toEqual(byRollout('10'));
  });

  it('takes the latest started among equal priorities', () => {
    const rollouts = [
      aRollout({ id: '10', startedAtMs: 1 }),
      aRollout({ id: '11', startedAtMs: 2, releaseId: '2' }),
    ];
    expect(decide(aCandidate(), aPlan({ releases: two, rollouts }))).toEqual(byRollout('11', '2'));
  });

  it('takes the newest of two that started in the same millisecond', () => {
    const rollouts = [aRollout({ id: '9' }), aRollout({ id: '10', releaseId: '2' })];
    expect(decide(aCandidate(), aPlan({ releases: two, rollouts }))).toEqual(byRollout('10', '2'));
  });

  it('waits for a paused rollout rather than fall back to an older one', () => {
    const rollouts = [
      aRollout({ id: '10', startedAtMs: 1 }),
      aRollout({ id: '11', startedAtMs: 2, releaseId: '2', state: 'paused' }),
    ];
    const plan = aPlan({ releases: two, rollouts });
    expect(decide(aCandidate(), plan)).toEqual(nothing('paused'));
    expect(traceOf(aCandidate(), plan).at(-1)).toBe('8 paused!');
  });

  it.each(['draft', 'scheduled', 'awaiting-approval', 'aborted', 'closed'] as const)(
    'is not shadowed by a rollout that is %s',
    (state) => {
      const rollouts = [
        aRollout({ id: '10', startedAtMs: 1 }),
        aRollout({ id: '11', startedAtMs: 2, releaseId: '2', state }),
      ];
      expect(decide(aCandidate(), aPlan({ releases: two, rollouts }))).toEqual(byRollout('10'));
    },
  );

  it('passes over a rollout whose release is for other hardware', () => {
    const releases = [
      aRelease(),
      aRelease({ id: '2', version: '3.0.0', hardware: [{ model: 'other-board', revision: '*' }] }),
    ];
    const rollouts = [
      aRollout({ id: '10', startedAtMs: 1 }),
      aRollout({ id: '11', startedAtMs: 2, releaseId: '2', state: 'paused' }),
    ];
    expect(decide(aCandidate(), aPlan({ releases, rollouts }))).toEqual(byRollout('10'));
  });

  it('knows nothing of rollouts whose release is not there', () => {
    const plan = aPlan({ releases: [], rollouts: [aRollout()] });
    expect(decide(aCandidate(), plan)).toEqual(nothing('no-rollout'));
  });
});

describe('rule 3, mode latest', () => {
  const releases = [
    aRelease({ id: '1', version: '2.0.0' }),
    aRelease({ id: '2', version: '10.0.0' }),
    aRelease({ id: '3', version: '11.0.0-rc.1' }),
    aRelease({ id: '4', version: 'nightly' }),
  ];
  const device = aCandidate({ mode: 'latest' });

  it('takes the highest version by number, without any rollout', () => {
    expect(decide(device, aPlan({ releases, rollouts: [] }))).toEqual(direct('latest:2', '2'));
  });

  it('takes a prerelease only when the device wants them', () => {
    expect(decide({ ...device, takesPrereleases: true }, aPlan({ releases }))).toEqual(
      direct('latest:3', '3'),
    );
  });

  it('passes over what does not fit, is withdrawn or has no ordered version', () => {
    const plan = aPlan({
      releases: [
        aRelease({ id: '1', version: '2.0.0' }),
        aRelease({ id: '2', version: '3.0.0', hardware: [{ model: 'other', revision: '*' }] }),
        aRelease({ id: '3', version: '4.0.0', isWithdrawn: true }),
        aRelease({ id: '4', version: 'v9' }),
      ],
    });
    expect(decide(device, plan)).toEqual(direct('latest:1'));
  });

  it('offers nothing when no release is left', () => {
    expect(decide(device, aPlan({ releases: [aRelease({ version: 'v9' })] }))).toEqual(nothing('no-release'));
  });
});

describe('rule 3, mode assigned', () => {
  it('takes the release assigned, whatever the rollouts say', () => {
    const device = aCandidate({ mode: 'assigned', assigned: { releaseId: '1', number: 4 } });
    expect(decide(device, aPlan({ rollouts: [] }))).toEqual(direct('assignment:4'));
  });

  it('offers nothing without an assignment', () => {
    expect(decide(aCandidate({ mode: 'assigned' }), aPlan())).toEqual(nothing('no-assignment'));
  });

  it('offers nothing when the release is gone', () => {
    const device = aCandidate({ mode: 'assigned', assigned: { releaseId: '9', number: 4 } });
    expect(decide(device, aPlan())).toEqual(nothing('release-gone'));
  });

  it('is ignored in the other modes', () => {
    const device = aCandidate({ assigned: { releaseId: '9', number: 4 } });
    expect(decide(device, aPlan())).toEqual(byRollout('10'));
  });
});
