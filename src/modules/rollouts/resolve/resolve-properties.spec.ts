import fc from 'fast-check';
import { aCandidate, anOpenAction, ended } from '../../../../test/support/a-candidate';
import { aWave } from '../../../../test/support/a-plan';
import { filterText, members, windows } from '../../../../test/support/random-rollouts';
import {
  ACTION_STATES,
  ACTION_TYPES,
  DEFAULT_TERMS,
  isEnded,
  isUnretrieved,
} from '../../actions/action/action';
import { CLIENTS } from '../../devices/device/client';
import { profileOf } from '../../devices/device/client-profile';
import { APPROVALS, DEVICE_MODES } from '../../devices/device/device';
import { INVALIDATIONS, type ReleaseFacts } from '../../releases/release/release';
import { compareVersions, isSameVersion } from '../../releases/release/version';
import { DEFAULT_TENANT_SETTINGS } from '../../tenants/tenant-settings';
import { windowAt } from '../../actions/action/maintenance-window';
import type { Candidate, OpenAction } from '../plan/candidate';
import { faultOfLoad } from '../rules/client-fit';
import { describeLine, type Decision } from '../rules/decision';
import { timezoneOf } from '../rules/opening';
import { subjectOf } from '../plan/pacing';
import { buildPlan, type PlanRows } from '../plan/plan';
import { resolve } from './resolve';
import { ROLLOUT_STATES } from '../rollout/rollout';
import { NO_MEMBERS } from '../rollout/wave';

const NOW = new Date('2026-11-21T12:00:00Z');
const RUNS = { numRuns: 600 };

const OPEN = { schedule: '0 0 * * * ?', durationMs: 7_200_000, timezone: '+00:00' };
const AHEAD = { schedule: '0 0 3 * * ?', durationMs: 3_600_000, timezone: '+00:00' };
const OVER = { schedule: '0 0 3 1 1 ? 2026', durationMs: 3_600_000, timezone: '+00:00' };

const FROZEN = {
  ...DEFAULT_TENANT_SETTINGS,
  rollouts: {
    ...DEFAULT_TENANT_SETTINGS.rollouts,
    freezes: [{ from: new Date(NOW.getTime() - 1), to: new Date(NOW.getTime() + 1), reason: 'holidays' }],
  },
};

const RELEASE_IDS = ['1', '2', '3', '4'];
const ROLLOUT_IDS = ['10', '11', '12'];
const VERSIONS = ['1.0', '1.0.0', '1.1.0-rc.1', '2.0.0', '2.0.0+b1', '10.0.0', 'nightly', '2026-11-21'];
const REVISIONS = ['*', '*', 'rev4.2', 'b1', '#RE:^b[0-9]$'];

const releaseId = fc.constantFrom(...RELEASE_IDS);
const feedId = fc.constantFrom('1', '2');
const version = fc.constantFrom(...VERSIONS);
const hardwareText = fc.option(fc.constantFrom('my-board', 'b1', 'b2', 'rev4.2', 'x'), { nil: undefined });

const release = (id: string): fc.Arbitrary<ReleaseFacts> =>
  fc.record({
    id: fc.constant(id),
    name: fc.constant('firmware'),
    version,
    hardware: fc.array(
      fc.record({
        model: fc.constantFrom('*', '*', 'my-board', 'b1', 'my-*'),
        revision: fc.constantFrom(...REVISIONS),
      }),
      { maxLength: 3 },
    ),
    isWithdrawn: fc.boolean(),
    isRequiredStep: fc.boolean(),
    invalidation: fc.constantFrom(undefined, undefined, undefined, ...INVALIDATIONS),
    upgradeFrom: fc.constantFrom(undefined, undefined, '>=1.1.0-rc.1', '>=2 <3', '<1', 'no range'),
    p90Ms: fc.constantFrom(undefined, undefined, 3_600_000, 30 * 86_400_000),
    isDamaged: fc.boolean(),
    signature: fc.constantFrom('signed', 'untrusted', 'broken', 'unsigned'),
    shape: fc.record({
      artifacts: fc.constantFrom(1, 1, 2),
      types: fc.constantFrom(['os'], ['application'], ['os', 'application']),
      endings: fc.constantFrom(['.swu'], ['.raucb'], []),
      largestBytes: fc.constantFrom(1000, 2 ** 33),
      longestName: fc.constantFrom(12, 150),
    }),
  });

/** Waves grow: each reaches more buckets than the one before. */
const waves = fc
  .array(fc.nat(10_000), { minLength: 1, maxLength: 4 })
  .chain((buckets) =>
    fc.tuple(
      fc.constant([...buckets].sort((a, b) => a - b)),
      fc.array(members, { minLength: 4, maxLength: 4 }),
    ),
  )
  .map(([buckets, named]) =>
    buckets.map((upTo, index) => aWave(index + 1, upTo, { members: named[index] ?? NO_MEMBERS })),
  );

const rollout = (id: string): fc.Arbitrary<PlanRows['rollouts'][number]> =>
  fc.record({
    id: fc.constant(id),
    name: fc.constant('spring'),
    feedId: fc.option(feedId, { nil: undefined, freq: 3 }),
    releaseId,
    state: fc.constantFrom(...ROLLOUT_STATES),
    priority: fc.integer({ min: -2, max: 2 }),
    startedAtMs: fc.nat(3),
    salt: fc.constant(id),
    attempts: fc.nat(3),
    allowsDowngrade: fc.boolean(),
    currentWave: fc.nat(4),
    filter: fc.option(filterText, { nil: undefined, freq: 1 }),
    reverts: fc.constantFrom(undefined, undefined, undefined, { rolloutId: '10', version: '1.0' }),
    retryBackoffMs: fc.constantFrom(0, 3_600_000),
    confirms: fc.constantFrom('version', 'report'),
    pace: fc.constant({ inFlightCap: undefined, offersPerMinute: undefined, ramp: undefined }),
    mostDevices: fc.constant(undefined),
    windows,
    terms: fc.constant(DEFAULT_TERMS),
    waves,
  });

const rows: fc.Arbitrary<PlanRows> = fc.record({
  tenantId: fc.constant('1'),
  settings: fc.nat(9).map((n) => (n === 0 ? FROZEN : DEFAULT_TENANT_SETTINGS)),
  revision: fc.constant(1n),
  isStopped: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  releases: fc.tuple(...RELEASE_IDS.slice(0, 3).map(release)),
  rollouts: fc.tuple(...ROLLOUT_IDS.map(rollout)),
});

const numbered = fc.option(fc.record({ releaseId, number: fc.nat(2) }), { nil: undefined, freq: 2 });
const openAction: fc.Arbitrary<OpenAction> = fc.record({
  id: fc.constant('100'),
  state: fc.constantFrom(...ACTION_STATES.filter((state) => !isEnded(state))),
  releaseId,
  type: fc.constantFrom(...ACTION_TYPES),
  rolloutId: fc.constant(undefined),
  origin: fc.constantFrom('rollout:10', 'rollout:11', 'latest:1', 'assignment:1', 'force:1'),
  isForced: fc.boolean(),
  isAssignment: fc.boolean(),
  isSuperseded: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  window: fc.constantFrom(undefined, undefined, OPEN, AHEAD, OVER),
  hasRefusedCancel: fc.boolean(),
});
/** What filters ask for beyond the candidate itself. */
const row = fc
  .record({
    tags: fc.subarray(['lab', 'home']),
    attributes: fc.constantFrom({}, { region: 'eu' }, { TIMEZONE: '+05:45' }),
  })
  .map((told) => ({ ...subjectOf(aCandidate()), ...told }));
const candidate: fc.Arbitrary<Candidate> = fc.record({
  controllerId: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  feedId,
  mode: fc.constantFrom(...DEVICE_MODES),
  isPinned: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  takesPrereleases: fc.boolean(),
  model: hardwareText,
  revision: hardwareText,
  installedVersion: fc.option(version, { nil: undefined }),
  isVersionReported: fc.boolean(),
  assigned: numbered,
  forced: numbered,
  attempts: fc.dictionary(
    fc.constantFrom('rollout:10', 'latest:1', 'assignment:1', 'hop:10:2'),
    fc
      .tuple(fc.nat(3), fc.constantFrom(0, NOW.getTime() - 60_000, NOW.getTime() + 60_000))
      .map(([count, endedAtMs]) => ended(count, endedAtMs)),
  ),
  timezone: fc.constantFrom(undefined, undefined, 'Asia/Kolkata', 'nowhere'),
  quietUntilMs: fc.constantFrom(undefined, undefined, undefined, NOW.getTime(), NOW.getTime() + 1),
  changedBy: fc.option(fc.record({ rolloutId: fc.constantFrom(...ROLLOUT_IDS), fromReleaseId: releaseId }), {
    nil: undefined,
  }),
  row: fc.option(row, { nil: undefined, freq: 4 }),
  openAction: fc.option(openAction, { nil: undefined }),
  client: fc.constantFrom(...CLIENTS, 'unknown'),
  approval: fc.constantFrom('approved' as const, 'approved' as const, 'approved' as const, ...APPROVALS),
});

/** Without the force it would be offered what its mode and the rules say. */
const unforced = candidate.map((device) => ({ ...device, forced: undefined, openAction: undefined }));

const decide = (device: Candidate, planRows: PlanRows): Decision =>
  resolve(device, buildPlan(planRows), NOW).decision;

describe('for any device and any plan, resolve', () => {
  it('answers, with a decision that the last line of the trace bears out, and tells it in words', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const { decision, trace } = resolve(device, buildPlan(planRows), NOW);
        const last = trace.at(-1)!;
        if (decision.kind === 'nothing')
          expect(last).toMatchObject({ outcome: 'decided', code: decision.reason });
        if (decision.kind === 'offer') expect(last).toMatchObject({ rule: 11, outcome: 'passed' });
        for (const line of trace) {
          const sentence = describeLine(line);
          expect(sentence).not.toMatch(/[{}]|undefined|NaN| {2}/);
          expect(sentence).toMatch(/ .*\.$/);
        }
      }),
      RUNS,
    );
  });

  it('gives the same answer to the same question, and changes nothing it is given', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const plan = buildPlan(planRows);
        const before = structuredClone(device);
        expect(resolve(device, plan, NOW)).toEqual(
          resolve(structuredClone(device), buildPlan(planRows), NOW),
        );
        expect(device).toEqual(before);
      }),
      RUNS,
    );
  });

  it('tries the rules in order', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const { trace } = resolve(device, buildPlan(planRows), NOW);
        const isJudgedAgain = trace.length > 1 && trace.at(-1)?.rule === 1;
        const rules = (isJudgedAgain ? trace.slice(0, -1) : trace).map((line) => line.rule);
        expect(rules).toEqual([...new Set(rules)].sort((a, b) => a - b));
        expect(rules[0]).toBe(1);
      }),
      RUNS,
    );
  });

  it('offers nothing to a pinned device or under stop-all, and takes back or holds what was not fetched', () => {
    fc.assert(
      fc.property(candidate, rows, fc.boolean(), (device, planRows, isPin) => {
        const decision = isPin
          ? decide({ ...device, isPinned: true }, planRows)
          : decide(device, { ...planRows, isStopped: true });
        expect(decision.kind).not.toBe('offer');
        const open = device.openAction;
        if (open === undefined || open.isSuperseded || !isUnretrieved(open.state)) return;
        if (decision.kind === 'cancel') expect(decision.reason).toBe('window-over');
        if (decision.kind === 'cancel') return;
        // What an operator assigned waits; it falls only with its release, and then the device is asked.
        expect(decision.kind).toBe(open.isAssignment ? 'nothing' : 'withdraw');
      }),
      RUNS,
    );
  });

  it('offers only a release that is there and fits', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const plan = buildPlan(planRows);
        const { decision } = resolve(device, plan, NOW);
        if (decision.kind !== 'offer') return;
        const offered = plan.releases.get(decision.releaseId);
        expect(offered?.fits({ model: device.model ?? '', revision: device.revision })).toBe(true);
      }),
      RUNS,
    );
  });

  it('shows a client only what it can take, and what it cannot hold back only while its window is open', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const plan = buildPlan(planRows);
        const { decision } = resolve(device, plan, NOW);
        const { controllerId, client, openAction: open } = device;
        const offered = decision.kind === 'offer' ? plan.releases.get(decision.releaseId)! : undefined;
        if (decision.kind === 'offer')
          expect(
            faultOfLoad(client, { controllerId, ...offered!, type: decision.terms.type }),
          ).toBeUndefined();
        if (decision.kind !== 'continue' || open?.window === undefined || open.state === 'cancelling') return;
        if (!profileOf(client).holdsInstall && !open.isForced && open.isAssignment)
          expect(windowAt(open.window, NOW.getTime()).kind).toBe('open');
      }),
      RUNS,
    );
  });

  it('offers no installed version, and no lower one unless the rollout allows it', () => {
    fc.assert(
      fc.property(unforced, version, rows, (device, installedVersion, planRows) => {
        const plan = buildPlan(planRows);
        const { decision } = resolve({ ...device, installedVersion }, plan, NOW);
        if (decision.kind !== 'offer') return;
        const order = compareVersions(plan.releases.get(decision.releaseId)!.version, installedVersion);
        expect(order).not.toBe(0);
        const allows = plan.rollouts.get(decision.rolloutId ?? '')?.allowsDowngrade === true;
        if (!allows) expect(order ?? 1).toBeGreaterThan(0);
      }),
      RUNS,
    );
  });

  it('offers on account of a rollout only while it offers, and no more often than it allows', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const plan = buildPlan(planRows);
        const { decision } = resolve(device, plan, NOW);
        if (decision.kind !== 'offer' || decision.rolloutId === undefined) return;
        const account = plan.rollouts.get(decision.rolloutId)!;
        expect(['running', 'finished']).toContain(account.state);
        if (account.feedId !== undefined) expect(account.feedId).toBe(device.feedId);
        if (account.reverts !== undefined) {
          const { rolloutId, version } = account.reverts;
          expect(device.changedBy).toEqual({ rolloutId, fromReleaseId: account.release.id });
          expect(isSameVersion(device.installedVersion!, version)).toBe(true);
        }
        expect(device.attempts[decision.origin]?.count ?? 0).toBeLessThan(account.attempts);
        expect(decision.wave).toBeLessThanOrEqual(account.currentWave);
      }),
      RUNS,
    );
  });

  it('offers a step only on the way up to the release, and only while the release itself would be due', () => {
    fc.assert(
      fc.property(unforced, version, rows, (device, installedVersion, planRows) => {
        const plan = buildPlan(planRows);
        const { decision, trace } = resolve({ ...device, installedVersion }, plan, NOW);
        if (decision.kind !== 'offer') return;
        const offered = plan.releases.get(decision.releaseId)!;
        const isDowngrade = (compareVersions(offered.version, installedVersion) ?? 0) < 0;
        if (!isDowngrade) expect(offered.upgrades?.(installedVersion)).not.toBe(false);
        if (decision.hopOf === undefined) return;
        const account = plan.rollouts.get(decision.hopOf)!;
        expect(compareVersions(offered.version, account.release.version)).toBeLessThan(0);
        expect(compareVersions(offered.version, installedVersion)).toBeGreaterThan(0);
        expect(account.release.upgrades?.(installedVersion)).toBe(false);
        expect([offered.isWithdrawn, offered.isDamaged, account.state === 'paused']).toEqual([
          false,
          false,
          false,
        ]);
        expect(trace.map(({ code }) => code)).toContain('in-wave');
      }),
      RUNS,
    );
  });

  it('offers nothing by rollouts while the tenant is frozen or their windows are shut, and says when to come back', () => {
    fc.assert(
      fc.property(unforced, rows, (device, planRows) => {
        const plan = buildPlan(planRows);
        const { decision } = resolve({ ...device, mode: 'rollout' }, plan, NOW);
        if (decision.kind === 'nothing' && decision.opensAtMs !== undefined)
          expect(decision.opensAtMs).toBeGreaterThan(NOW.getTime());
        if (decision.kind !== 'offer') return;
        expect(plan.settings).not.toBe(FROZEN);
        const hours = plan.rollouts.get(decision.rolloutId ?? decision.hopOf ?? '')?.hours;
        if (hours !== undefined) expect(hours.stateAt(timezoneOf(device), NOW.getTime()).kind).toBe('open');
      }),
      RUNS,
    );
  });

  it('never ends by itself what the device fetched, except on hardware that does not fit for a release that is invalid, or to give way', () => {
    fc.assert(
      fc.property(candidate, openAction, rows, (device, open, planRows) => {
        fc.pre(!isUnretrieved(open.state));
        const decision = decide({ ...device, openAction: open }, planRows);
        if (decision.kind === 'nothing') expect(decision.reason).toBe('window-closed');
        else expect(['continue', 'cancel']).toContain(decision.kind);
        if (decision.kind !== 'cancel') return;
        expect(['wrong-hardware', 'invalid-release', 'superseded', 'window-over']).toContain(decision.reason);
        expect(open.hasRefusedCancel).toBe(false);
      }),
      RUNS,
    );
  });

  it('keeps an offer until something changes: what it offers it would continue', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const free = { ...device, openAction: undefined };
        const offer = decide(free, planRows);
        if (offer.kind !== 'offer') return;
        const { releaseId: offered, origin, isForced } = offer;
        const offerOf = { releaseId: offered, origin, isForced };
        const open: OpenAction = { ...anOpenAction(), id: '7', ...offerOf };
        const admitted = { ...free, forced: isForced ? undefined : free.forced, openAction: open };
        expect(decide(admitted, planRows)).toEqual({ kind: 'continue', actionId: '7' });
      }),
      RUNS,
    );
  });

  it('settles: after a withdrawal the free device is never told to withdraw', () => {
    fc.assert(
      fc.property(candidate, rows, (device, planRows) => {
        const decision = decide(device, planRows);
        if (decision.kind !== 'withdraw') return;
        expect(['offer', 'nothing']).toContain(decide({ ...device, openAction: undefined }, planRows).kind);
      }),
      RUNS,
    );
  });
});
