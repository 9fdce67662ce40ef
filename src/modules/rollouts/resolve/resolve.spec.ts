import { aCandidate, anOpenAction, ended } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aWave } from '../../../../test/support/a-plan';
import { DEFAULT_TERMS } from '../../actions/action/action';
import { bucketOf } from '../rollout/bucket';
import type { Candidate } from '../plan/candidate';
import type { Decision, Reason } from '../rules/decision';
import type { Plan } from '../plan/plan';
import { resolve } from './resolve';

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
const byRollout = (id: string, releaseId = '1', wave = 1): Decision => ({
  kind: 'offer',
  releaseId,
  origin: `rollout:${id}`,
  isForced: false,
  rolloutId: id,
  wave,
  terms: DEFAULT_TERMS,
});
const direct = (origin: string, releaseId = '1', isForced = false): Decision => ({
  kind: 'offer',
  releaseId,
  origin,
  isForced,
  rolloutId: undefined,
  wave: undefined,
  terms: DEFAULT_TERMS,
});

describe('the trace', () => {
  it('names every rule in order when the device is offered something', () => {
    expect(traceOf(aCandidate(), aPlan())).toEqual([
      '1 no-open-action',
      '2 not-held',
      '3 by-rollout',
      '4 fits',
      '5 not-installed',
      '6 not-lower',
      '7 attempts-left',
      '8 offers',
      '9 in-wave',
      '10 no-window',
      '11 pace-at-admission',
    ]);
  });

  it('ends with the rule that decided', () => {
    expect(traceOf(aCandidate({ isPinned: true }), aPlan())).toEqual(['1 no-open-action', '2 pinned!']);
    expect(traceOf(aCandidate({ model: 'other' }), aPlan())).toEqual([
      '1 no-open-action',
      '2 not-held',
      '3 by-rollout',
      '4 wrong-hardware!',
    ]);
  });

  it('leaves out rules 5 to 7 under force', () => {
    const forced = aCandidate({ forced: { releaseId: '1', number: 3 } });
    expect(traceOf(forced, aPlan())).toEqual([
      '1 no-open-action',
      '2 not-held',
      '3 forced',
      '4 fits',
      '8 no-rollout-involved',
      '9 no-rollout-involved',
      '10 no-window',
      '11 pace-at-admission',
    ]);
  });
});

describe('rule 2, stop-all and pin', () => {
  it('offers while nothing is stopped and the device is not pinned', () => {
    expect(decide(aCandidate(), aPlan())).toEqual(byRollout('10'));
  });

  it('offers nothing to anybody while all is stopped', () => {
    expect(decide(aCandidate(), aPlan({ isStopped: true }))).toEqual(nothing('stopped'));
  });

  it('offers nothing to a pinned device, in no mode and not by force', () => {
    for (const mode of ['rollout', 'latest', 'assigned'] as const) {
      const device = aCandidate({
        mode,
        isPinned: true,
        assigned: { releaseId: '1', number: 1 },
        forced: { releaseId: '1', number: 1 },
      });
      expect(decide(device, aPlan())).toEqual(nothing('pinned'));
    }
  });

  it.each(['waiting', 'refused'] as const)(
    'offers nothing to a device that is %s, not even by force',
    (approval) => {
      const device = aCandidate({ approval, forced: { releaseId: '1', number: 1 } });
      expect(decide(device, aPlan())).toEqual(nothing('unapproved'));
      expect(traceOf(device, aPlan()).at(-1)).toBe('2 unapproved!');
    },
  );

  it('holds back what is assigned to a device that waits, and withdraws what a rollout offered', () => {
    const open = (changes: object): Candidate =>
      aCandidate({ approval: 'waiting', openAction: anOpenAction(changes) });
    expect(decide(open({ isAssignment: true }), aPlan())).toEqual(nothing('unapproved'));
    expect(decide(open({}), aPlan())).toEqual({ kind: 'withdraw', actionId: '100', reason: 'unapproved' });
  });

  it('names stop-all first, since it beats everything', () => {
    expect(decide(aCandidate({ isPinned: true }), aPlan({ isStopped: true }))).toEqual(nothing('stopped'));
  });
});

describe('rule 4, hardware', () => {
  const forHardware = (...hardware: { model: string; revision: string }[]): Plan =>
    aPlan({ releases: [aRelease({ hardware })] });

  it.each([
    ['the exact board and revision', { model: 'my-board', revision: 'rev4.2' }],
    ['any model of a .swu that lists revisions at its top', { model: '*', revision: 'rev4.2' }],
    ['a glob', { model: 'my-*', revision: 'rev4.?' }],
    ["SWUpdate's expression", { model: '*', revision: '#RE:^rev[4-6]\\.[0-9]$' }],
  ])('fits %s', (_what, pattern) => {
    expect(decide(aCandidate(), forHardware(pattern))).toEqual(byRollout('10'));
  });

  it('does not fit another revision', () => {
    expect(decide(aCandidate(), forHardware({ model: 'my-board', revision: 'rev5' }))).toEqual(
      nothing('wrong-hardware'),
    );
  });

  it('offers a release without a list to nobody', () => {
    expect(decide(aCandidate(), forHardware())).toEqual(nothing('no-hardware-list'));
  });

  it('asks a device that has not said what it is', () => {
    const device = aCandidate({ model: undefined, revision: undefined });
    expect(decide(device, aPlan())).toEqual(nothing('unknown-hardware'));
  });

  it('takes no expression that matches the empty text for knowledge of the hardware', () => {
    const device = aCandidate({ model: undefined, revision: undefined });
    const plan = forHardware({ model: '*', revision: '#RE:.*' }, { model: '**', revision: '**' });
    expect(decide(device, plan)).toEqual(nothing('unknown-hardware'));
  });

  it('is no obstacle to unknown hardware when somebody said that the release fits all', () => {
    const device = aCandidate({ model: undefined, revision: undefined });
    expect(decide(device, forHardware({ model: '*', revision: '*' }))).toEqual(byRollout('10'));
  });

  it('holds under force', () => {
    const device = aCandidate({ model: 'other', forced: { releaseId: '1', number: 1 } });
    expect(decide(device, aPlan())).toEqual(nothing('wrong-hardware'));
  });
});

describe('rules 5 and 6, the installed version', () => {
  const onVersion = (installedVersion: string | undefined, version: string): Decision =>
    decide(aCandidate({ installedVersion }), aPlan({ releases: [aRelease({ version })] }));

  it.each([
    ['2.0.0', '2.0.0'],
    ['2.0', '2.0.0'],
    ['2.0.0+build7', '2.0.0'],
    ['nightly-7', 'nightly-7'],
  ])('%s installed and %s to install are the same', (installed, version) => {
    expect(onVersion(installed, version)).toEqual(nothing('installed'));
  });

  it.each([
    ['1.9.9', '2.0.0'],
    ['2.0.0-rc.1', '2.0.0'],
    ['nightly-7', 'nightly-6'],
    ['nightly-7', '1.0.0'],
    ['9.0.0', 'nightly-7'],
    [undefined, '2.0.0'],
  ])('%s installed does not keep %s away', (installed, version) => {
    expect(onVersion(installed, version)).toEqual(byRollout('10'));
  });

  it.each([
    ['2.0.1', '2.0.0'],
    ['2.0.0', '2.0.0-rc.1'],
    ['10.0', '9.9'],
  ])('%s installed is not followed by the lower %s', (installed, version) => {
    expect(onVersion(installed, version)).toEqual(nothing('lower'));
  });

  it('follows a lower version when the rollout allows downgrades', () => {
    const plan = aPlan({ rollouts: [aRollout({ allowsDowngrade: true })] });
    expect(decide(aCandidate({ installedVersion: '3.0.0' }), plan)).toEqual(byRollout('10'));
    expect(traceOf(aCandidate({ installedVersion: '3.0.0' }), plan)).toContain('6 downgrade-allowed');
  });

  it('still offers nothing installed already when downgrades are allowed', () => {
    const plan = aPlan({ rollouts: [aRollout({ allowsDowngrade: true })] });
    expect(decide(aCandidate({ installedVersion: '2.0.0' }), plan)).toEqual(nothing('installed'));
  });

  it('allows no downgrade by assignment', () => {
    const device = aCandidate({
      mode: 'assigned',
      assigned: { releaseId: '1', number: 1 },
      installedVersion: '3.0.0',
    });
    expect(decide(device, aPlan())).toEqual(nothing('lower'));
  });
});

describe('rule 7, attempts', () => {
  it('offers nothing when the attempts of this rollout are used up', () => {
    expect(decide(aCandidate({ attempts: { 'rollout:10': ended(1) } }), aPlan())).toEqual(
      nothing('exhausted'),
    );
  });

  it('offers again while the rollout allows more', () => {
    const plan = aPlan({ rollouts: [aRollout({ attempts: 3 })] });
    expect(decide(aCandidate({ attempts: { 'rollout:10': ended(2) } }), plan)).toEqual(byRollout('10'));
    expect(decide(aCandidate({ attempts: { 'rollout:10': ended(3) } }), plan)).toEqual(nothing('exhausted'));
  });

  it('does not count the attempts of others', () => {
    const attempts = { 'rollout:11': ended(5), 'assignment:1': ended(2), 'latest:1': ended(1) };
    expect(decide(aCandidate({ attempts }), aPlan())).toEqual(byRollout('10'));
  });

  it('grants one attempt to an assignment, and another to the next', () => {
    const attempts = { 'assignment:1': ended(1) };
    const assigned = (number: number): Candidate =>
      aCandidate({ mode: 'assigned', attempts, assigned: { releaseId: '1', number } });
    expect(decide(assigned(1), aPlan())).toEqual(nothing('exhausted'));
    expect(decide(assigned(2), aPlan())).toEqual(direct('assignment:2'));
  });
});

describe('rule 8, state of rollout and release', () => {
  it.each(['running', 'finished'] as const)('offers from a rollout that is %s', (state) => {
    expect(decide(aCandidate(), aPlan({ rollouts: [aRollout({ state })] }))).toEqual(byRollout('10'));
  });

  it('offers no withdrawn release', () => {
    const plan = aPlan({ releases: [aRelease({ isWithdrawn: true })] });
    expect(decide(aCandidate(), plan)).toEqual(nothing('withdrawn-release'));
  });

  it('offers no release whose bytes are not what they were, by force neither', () => {
    const plan = aPlan({ releases: [aRelease({ isDamaged: true })] });
    expect(decide(aCandidate(), plan)).toEqual(nothing('damaged-release'));
    expect(decide(aCandidate({ forced: { releaseId: '1', number: 1 } }), plan)).toEqual(
      nothing('damaged-release'),
    );
  });

  it('does not fall back to an older release while the latest is damaged', () => {
    const releases = [aRelease({ isDamaged: true }), aRelease({ id: '2', version: '1.5.0' })];
    const plan = aPlan({ releases, rollouts: [] });
    expect(decide(aCandidate({ mode: 'latest' }), plan)).toEqual(nothing('damaged-release'));
  });

  it('offers a withdrawn release by force', () => {
    const plan = aPlan({ releases: [aRelease({ isWithdrawn: true })] });
    const device = aCandidate({ forced: { releaseId: '1', number: 2 } });
    expect(decide(device, plan)).toEqual(direct('force:2', '1', true));
  });
});

describe('rule 9, waves', () => {
  const waves = [aWave(1, 100), aWave(2, 2500), aWave(3, 10_000)];
  /** The first device whose bucket lies in the range. */
  const inBuckets = (from: number, below: number): Candidate => {
    for (let n = 0; ; n += 1) {
      const bucket = bucketOf('10', `device-${n}`);
      if (bucket >= from && bucket < below) return aCandidate({ controllerId: `device-${n}` });
    }
  };
  const atWave = (currentWave: number): Plan => aPlan({ rollouts: [aRollout({ waves, currentWave })] });
  const [canary, early, late] = [inBuckets(0, 100), inBuckets(100, 2500), inBuckets(2500, 10_000)];

  it('offers to the buckets of the current wave and of those before it', () => {
    expect(decide(canary, atWave(1))).toEqual(byRollout('10', '1', 1));
    expect(decide(canary, atWave(3))).toEqual(byRollout('10', '1', 1));
    expect(decide(early, atWave(2))).toEqual(byRollout('10', '1', 2));
    expect(decide(late, atWave(3))).toEqual(byRollout('10', '1', 3));
  });

  it('offers nothing to the buckets of later waves', () => {
    expect(decide(early, atWave(1))).toEqual(nothing('not-in-wave'));
    expect(decide(late, atWave(2))).toEqual(nothing('not-in-wave'));
  });

  it('takes a share for the buckets below it: the bucket of that number is the first outside', () => {
    const bucket = bucketOf('10', 'device-1');
    const upTo = (buckets: number): Plan => aPlan({ rollouts: [aRollout({ waves: [aWave(1, buckets)] })] });
    expect(decide(aCandidate(), upTo(bucket))).toEqual(nothing('not-in-wave'));
    expect(decide(aCandidate(), upTo(bucket + 1))).toEqual(byRollout('10'));
  });

  it('offers to nobody before the first wave', () => {
    expect(decide(canary, atWave(0))).toEqual(nothing('not-in-wave'));
  });

  it('tells bucket and wave', () => {
    const line = resolve(early, atWave(1), NOW).trace.at(-1);
    const bucket = bucketOf('10', early.controllerId);
    expect(line).toMatchObject({ rule: 9, detail: { bucket, buckets: 100, wave: 1 } });
  });
});

describe('force', () => {
  const forced = (changes: Partial<Candidate>): Candidate =>
    aCandidate({ forced: { releaseId: '1', number: 7 }, ...changes });

  it.each([
    ['rule 5: the version is installed already', { installedVersion: '2.0.0' }],
    ['rule 6: a higher version is installed', { installedVersion: '9.0.0' }],
    ['rule 7: the attempts are used up', { attempts: { 'rollout:10': ended(9), 'force:7': ended(9) } }],
  ])('bypasses %s', (_what, changes) => {
    expect(decide(forced(changes), aPlan())).toEqual(direct('force:7', '1', true));
  });

  it('stands above the mode and needs no rollout', () => {
    expect(decide(forced({ mode: 'assigned' }), aPlan({ rollouts: [] }))).toEqual(
      direct('force:7', '1', true),
    );
  });

  it('names a release that may be gone', () => {
    expect(decide(forced({}), aPlan({ releases: [], rollouts: [] }))).toEqual(nothing('release-gone'));
  });
});
