import { aCandidate, anOpenAction, ended } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout } from '../../../../test/support/a-plan';
import { DEFAULT_TENANT_SETTINGS } from '../../tenants/tenant-settings';
import type { Freeze } from '../../tenants/freeze';
import type { Candidate } from '../plan/candidate';
import type { Decision } from '../rules/decision';
import type { Plan } from '../plan/plan';
import { resolve } from './resolve';
import type { RolloutWindow } from '../rollout/rollout-window';

const HOUR_MS = 3_600_000;
const at = (text: string): number => Date.parse(text);
const decide = (device: Candidate, plan: Plan, now: string): Decision =>
  resolve(device, plan, new Date(now)).decision;
const answer = (device: Candidate, plan: Plan, now: string): string => {
  const decision = decide(device, plan, now);
  if (decision.kind !== 'nothing') return decision.kind;
  const { reason, opensAtMs } = decision;
  return opensAtMs === undefined ? reason : `${reason} ${new Date(opensAtMs).toISOString()}`;
};

describe('rule 7, trying again', () => {
  const plan = aPlan({ rollouts: [aRollout({ attempts: 2, retryBackoffMs: HOUR_MS })] });
  const tried = (count: number): Candidate =>
    aCandidate({ attempts: { 'rollout:10': ended(count, at('2026-11-21T11:00:00Z')) } });

  it('waits as long as the rollout says, to the millisecond', () => {
    expect(answer(tried(1), plan, '2026-11-21T11:59:59.999Z')).toBe('waiting-to-retry');
    expect(answer(tried(1), plan, '2026-11-21T12:00:00.000Z')).toBe('offer');
    expect(answer(tried(2), plan, '2026-11-21T11:00:00Z')).toBe('exhausted');
  });

  it('begins when the clock is set back as if the attempt were of tomorrow', () => {
    expect(answer(tried(1), plan, '2026-11-21T10:00:00Z')).toBe('waiting-to-retry');
  });

  it('does not wait before the first try, nor under force', () => {
    expect(answer(aCandidate(), plan, '1970-01-01T00:00:00Z')).toBe('offer');
    const forced = { ...tried(1), forced: { releaseId: '1', number: 1 } };
    expect(answer(forced, plan, '2026-11-21T11:00:00Z')).toBe('offer');
  });
});

describe('rule 7, after a time-out', () => {
  const quiet = aCandidate({ quietUntilMs: at('2026-11-21T12:00:00Z') });

  it('offers nothing until the time is over, in any mode', () => {
    for (const mode of ['rollout', 'latest'] as const) {
      expect(answer({ ...quiet, mode }, aPlan(), '2026-11-21T11:59:59.999Z')).toBe('quiet');
      expect(answer({ ...quiet, mode }, aPlan(), '2026-11-21T12:00:00Z')).toBe('offer');
    }
  });

  it('holds what an operator assigned, and lets a force through', () => {
    const openAction = anOpenAction({ isAssignment: true });
    expect(answer({ ...quiet, openAction }, aPlan(), '2026-11-21T11:00:00Z')).toBe('quiet');
    expect(answer({ ...quiet, openAction }, aPlan(), '2026-11-21T13:00:00Z')).toBe('continue');
    expect(answer({ ...quiet, forced: { releaseId: '1', number: 1 } }, aPlan(), '2026-11-21T11:00:00Z')).toBe(
      'offer',
    );
  });
});

describe('rule 8, a withdrawn release', () => {
  const plan = aPlan({ releases: [aRelease({ isWithdrawn: true })] });
  const now = '2026-11-21T12:00:00Z';

  it('goes to nobody without force, not even by an assignment that was made before', () => {
    const assigned = (isForced: boolean): Candidate =>
      aCandidate({ openAction: anOpenAction({ isAssignment: true, isForced }) });
    expect(answer(aCandidate(), plan, now)).toBe('withdrawn-release');
    expect(answer(aCandidate({ mode: 'assigned', assigned: { releaseId: '1', number: 1 } }), plan, now)).toBe(
      'withdrawn-release',
    );
    expect([assigned(false), assigned(true)].map((device) => answer(device, plan, now))).toEqual([
      ...['withdrawn-release', 'continue'],
    ]);
  });

  it('goes by force, also when its rollout was aborted', () => {
    const forced = aCandidate({ forced: { releaseId: '1', number: 1 } });
    const aborted = aPlan({
      releases: [aRelease({ isWithdrawn: true })],
      rollouts: [aRollout({ state: 'aborted' })],
    });
    expect(answer(forced, aborted, now)).toBe('offer');
  });
});

describe('rule 10, the windows of a rollout', () => {
  const night: RolloutWindow = {
    days: [1, 2, 3, 4, 5, 6, 7],
    fromMinute: 60,
    toMinute: 240,
    timezone: undefined,
  };
  const within = (p90Ms?: number, window: Partial<RolloutWindow> = {}): Plan =>
    aPlan({ releases: [aRelease({ p90Ms })], rollouts: [aRollout({ windows: [{ ...night, ...window }] })] });
  const berlin = aCandidate({ timezone: 'Europe/Berlin' });

  it('are by the clock of the device, which is told when to come back', () => {
    expect(answer(berlin, within(), '2026-11-21T23:59:59.999Z')).toBe(
      'window-closed 2026-11-22T00:00:00.000Z',
    );
    expect(answer(berlin, within(), '2026-11-22T00:00:00Z')).toBe('offer');
    expect(answer(berlin, within(), '2026-11-22T03:00:00Z')).toBe('window-closed 2026-11-23T00:00:00.000Z');
  });

  it('are by what the device told of itself where nobody set its zone, and by UTC where it told nothing', () => {
    const told = { attributes: { Timezone: 'Asia/Kolkata' } } as unknown as NonNullable<Candidate['row']>;
    const now = '2026-11-21T19:30:00Z';
    expect(within().needsRow).toBe(true);
    expect(answer(aCandidate({ row: told }), within(), now)).toBe('offer');
    expect(answer(aCandidate({ row: told, timezone: 'Z' }), within(), now)).toMatch(/^window-closed/);
    expect(answer(aCandidate(), within(), now)).toBe('window-closed 2026-11-22T01:00:00.000Z');
    expect(within(undefined, { timezone: 'Z' }).needsRow).toBe(false);
  });

  it('offer nothing when what remains is shorter than the release takes', () => {
    expect(answer(berlin, within(HOUR_MS), '2026-11-22T02:00:00Z')).toBe('offer');
    expect(answer(berlin, within(HOUR_MS), '2026-11-22T02:00:00.001Z')).toBe(
      'too-late-in-window 2026-11-23T00:00:00.000Z',
    );
  });

  it('count the hour that is skipped or repeated', () => {
    // Three hours by the clock, two or four as they pass.
    const long = within(2.5 * HOUR_MS);
    expect(answer(berlin, long, '2026-03-29T00:00:00Z')).toBe('too-late-in-window 2026-03-29T23:00:00.000Z');
    expect(answer(berlin, within(3.9 * HOUR_MS), '2026-10-24T23:00:00Z')).toBe('offer');
  });

  it.each([
    ['leap day', '2024-02-29T00:30:00Z', 'offer'],
    ["the last minute of New Year's Eve", '2026-12-31T23:59:00Z', 'window-closed 2027-01-01T00:00:00.000Z'],
    ["New Year's Day", '2027-01-01T00:00:00Z', 'offer'],
  ])('hold on %s', (_what, now, expected) => {
    expect(answer(berlin, within(), now)).toBe(expected);
  });

  it('open and close anew when the clock jumps an hour to and fro', () => {
    const plan = within();
    const answers = ['00:30', '23:30', '00:30', '03:30', '02:30'].map((time) => {
      const day = time === '23:30' ? '21' : '22';
      return answer(berlin, plan, `2026-11-${day}T${time}:00Z`).split(' ')[0];
    });
    expect(answers).toEqual(['offer', 'window-closed', 'offer', 'window-closed', 'offer']);
  });

  it('take back what was not fetched, and let go on what was', () => {
    const noon = '2026-11-22T12:00:00Z';
    const withAction = (state: 'offered' | 'downloading'): Candidate => ({
      ...berlin,
      openAction: anOpenAction({ state }),
    });
    expect(decide(withAction('offered'), within(), noon)).toMatchObject({
      kind: 'withdraw',
      reason: 'window-closed',
    });
    expect(answer(withAction('downloading'), within(), noon)).toBe('continue');
  });

  it('hold neither a force nor an assignment nor the latest', () => {
    const noon = '2026-11-22T12:00:00Z';
    const others: Partial<Candidate>[] = [
      { forced: { releaseId: '1', number: 1 } },
      { mode: 'latest' },
      { mode: 'assigned', assigned: { releaseId: '1', number: 1 } },
    ];
    expect(others.map((changes) => answer({ ...berlin, ...changes }, within(), noon))).toEqual([
      ...['offer', 'offer', 'offer'],
    ]);
    const openAction = anOpenAction({ isAssignment: true });
    expect(answer({ ...berlin, openAction }, within(), noon)).toBe('continue');
  });

  it('that never open say so without a time', () => {
    expect(answer(berlin, within(undefined, { days: [] }), '2026-11-22T12:00:00Z')).toBe('window-closed');
  });
});

describe('rule 10, the freezes of a tenant', () => {
  const freeze: Freeze = {
    ...{ from: new Date('2026-12-24T00:00:00Z'), to: new Date('2027-01-02T00:00:00Z'), reason: 'holidays' },
  };
  const plan = aPlan({
    settings: {
      ...DEFAULT_TENANT_SETTINGS,
      rollouts: { ...DEFAULT_TENANT_SETTINGS.rollouts, freezes: [freeze] },
    },
  });

  it.each([
    ['2026-12-23T23:59:59.999Z', 'offer'],
    ['2026-12-24T00:00:00Z', 'frozen 2027-01-02T00:00:00.000Z'],
    ['2027-01-01T23:59:59.999Z', 'frozen 2027-01-02T00:00:00.000Z'],
    ['2027-01-02T00:00:00Z', 'offer'],
  ])('at %s: %s', (now, expected) => {
    expect(answer(aCandidate(), plan, now)).toBe(expected);
  });

  it('hold rollouts only', () => {
    const forced = aCandidate({ forced: { releaseId: '1', number: 1 } });
    expect(answer(forced, plan, '2026-12-25T00:00:00Z')).toBe('offer');
  });
});
