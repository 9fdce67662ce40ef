import { aCandidate, anOpenAction, ended } from '../../../../test/support/a-candidate';
import { aPlan, aRelease, aRollout, aWave } from '../../../../test/support/a-plan';
import type { MaintenanceWindow } from '../../actions/action/maintenance-window';
import { DEFAULT_TENANT_SETTINGS, type TenantSettings } from '../../tenants/tenant-settings';
import type { Candidate } from '../plan/candidate';
import { subjectOf } from '../plan/pacing';
import type { PlanRows } from '../plan/plan';
import { resolve } from './resolve';
import type { RolloutWindow } from '../rollout/rollout-window';

const NOW = new Date('2026-11-21T12:00:00Z');
const NOW_MS = NOW.getTime();

interface Case {
  readonly about: string;
  readonly device?: Partial<Candidate>;
  readonly plan?: Partial<PlanRows>;
  /** The rule whose line is looked at. */
  readonly rule: number;
  readonly code: string;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

const rollout = (changes: Parameters<typeof aRollout>[0]): Partial<PlanRows> => ({
  rollouts: [aRollout(changes)],
});
const release = (changes: Parameters<typeof aRelease>[0]): Partial<PlanRows> => ({
  releases: [aRelease(changes)],
});

const TRUSTING: TenantSettings = {
  ...DEFAULT_TENANT_SETTINGS,
  signatures: { ...DEFAULT_TENANT_SETTINGS.signatures, demand: 'trusted' },
};
const FREEZE = { from: NOW, to: new Date('2026-11-22T00:00:00Z'), reason: 'holidays' };
const FROZEN: TenantSettings = {
  ...DEFAULT_TENANT_SETTINGS,
  rollouts: { ...DEFAULT_TENANT_SETTINGS.rollouts, freezes: [FREEZE] },
};
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const hours = (from: number, to: number): RolloutWindow => ({
  ...{ days: EVERY_DAY, fromMinute: from * 60, toMinute: to * 60, timezone: undefined },
});
const daily = (hour: number): MaintenanceWindow => ({
  ...{ schedule: `0 0 ${hour} * * ? *`, durationMs: 3_600_000, timezone: '+00:00' },
});
/** The whole row of a device with such attributes. */
const aRow = (attributes: Readonly<Record<string, string>>) => ({ ...subjectOf(aCandidate()), attributes });

/** What a line says besides its code: operators read it, and scripts decide by it. */
describe('the details of the trace', () => {
  const cases: readonly Case[] = [
    {
      about: 'an action under way',
      device: { openAction: anOpenAction({ state: 'downloading' }) },
      rule: 1,
      code: 'open-action-goes-on',
      detail: { action: '100', state: 'downloading' },
    },
    {
      about: 'an action on offer',
      device: { openAction: anOpenAction() },
      rule: 1,
      code: 'open-action-offered',
      detail: { action: '100', state: 'offered' },
    },
    {
      about: 'a device that is not approved',
      device: { approval: 'waiting' },
      rule: 2,
      code: 'unapproved',
      detail: { approval: 'waiting' },
    },
    {
      about: 'the rollout that counts',
      rule: 3,
      code: 'by-rollout',
      detail: { rollout: '10', name: 'spring', release: '1', version: '2.0.0' },
    },
    {
      about: 'a force',
      device: { forced: { releaseId: '1', number: 3 } },
      rule: 3,
      code: 'forced',
      detail: { release: '1' },
    },
    {
      about: 'a force whose release is gone',
      device: { forced: { releaseId: '7', number: 3 } },
      rule: 3,
      code: 'release-gone',
      detail: { release: '7' },
    },
    {
      about: 'the latest',
      device: { mode: 'latest' },
      rule: 3,
      code: 'by-latest',
      detail: { release: '1', version: '2.0.0' },
    },
    {
      about: 'an assignment',
      device: { mode: 'assigned', assigned: { releaseId: '1', number: 2 } },
      rule: 3,
      code: 'by-assignment',
      detail: { release: '1', version: '2.0.0' },
    },
    {
      about: 'an assignment whose release is gone',
      device: { mode: 'assigned', assigned: { releaseId: '9', number: 2 } },
      rule: 3,
      code: 'release-gone',
      detail: { release: '9' },
    },
    {
      about: 'hardware that fits',
      device: { client: 'rauc' },
      plan: release({
        shape: { artifacts: 1, types: ['os'], endings: ['.raucb'], largestBytes: 1000, longestName: 12 },
      }),
      rule: 4,
      code: 'fits',
      detail: { model: 'my-board', revision: 'rev4.2', client: 'rauc' },
    },
    {
      about: 'other hardware',
      device: { model: 'other' },
      rule: 4,
      code: 'wrong-hardware',
      detail: { model: 'other', revision: 'rev4.2' },
    },
    {
      about: 'another revision only',
      device: { model: undefined, revision: 'rev9' },
      rule: 4,
      code: 'wrong-hardware',
      detail: { model: '', revision: 'rev9' },
    },
    {
      about: 'hardware that nobody named',
      device: { model: undefined, revision: undefined },
      rule: 4,
      code: 'unknown-hardware',
      detail: { model: '', revision: undefined },
    },
    {
      about: 'a client that cannot take it',
      device: { client: 'rauc' },
      plan: release({
        shape: { artifacts: 2, types: ['os'], endings: ['.raucb'], largestBytes: 1000, longestName: 12 },
      }),
      rule: 4,
      code: 'unfit-client',
      detail: { client: 'rauc', fault: 'takes 1 file in a release, and this one has 2' },
    },
    {
      about: 'what is installed',
      device: { installedVersion: '2.0.0' },
      rule: 5,
      code: 'installed',
      detail: { installed: '2.0.0', believed: '' },
    },
    {
      about: 'what is believed to be installed',
      device: { installedVersion: '2.0.0', isVersionReported: false },
      rule: 5,
      code: 'installed',
      detail: { installed: '2.0.0', believed: ' (as far as its last update tells; not reported since)' },
    },
    { about: 'another version', rule: 5, code: 'not-installed', detail: { installed: '1.0.0' } },
    {
      about: 'no version',
      device: { installedVersion: undefined },
      rule: 5,
      code: 'not-installed',
      detail: { installed: 'not known' },
    },
    {
      about: 'no version for an upgrade',
      device: { installedVersion: undefined },
      rule: 6,
      code: 'not-lower',
      detail: { version: '2.0.0', installed: '?' },
    },
    {
      about: 'no version, but a range',
      device: { installedVersion: undefined },
      plan: release({ upgradeFrom: '>=1.0.0' }),
      rule: 6,
      code: 'unknown-version',
      detail: { version: '2.0.0', range: '>=1.0.0' },
    },
    { about: 'an upgrade', rule: 6, code: 'not-lower', detail: { version: '2.0.0', installed: '1.0.0' } },
    {
      about: 'a downgrade',
      device: { installedVersion: '3.0.0' },
      rule: 6,
      code: 'lower',
      detail: { version: '2.0.0', installed: '3.0.0' },
    },
    {
      about: 'a downgrade that is allowed',
      device: { installedVersion: '3.0.0' },
      plan: rollout({ allowsDowngrade: true }),
      rule: 6,
      code: 'downgrade-allowed',
      detail: { version: '2.0.0', installed: '3.0.0' },
    },
    {
      about: 'a step that is missing',
      plan: release({ upgradeFrom: '>=1.5.0' }),
      rule: 6,
      code: 'upgrade-step-missing',
      detail: { version: '2.0.0', range: '>=1.5.0', installed: '1.0.0' },
    },
    {
      about: 'attempts that are left',
      device: { attempts: { 'rollout:10': ended(1) } },
      plan: rollout({ attempts: 3 }),
      rule: 7,
      code: 'attempts-left',
      detail: { attempts: 1, allowed: 3 },
    },
    {
      about: 'attempts that are used up',
      device: { attempts: { 'rollout:10': ended(3) } },
      plan: rollout({ attempts: 3 }),
      rule: 7,
      code: 'exhausted',
      detail: { attempts: 3, allowed: 3 },
    },
    {
      about: 'the time to the next attempt',
      device: { attempts: { 'rollout:10': ended(1, NOW_MS) } },
      plan: rollout({ attempts: 3, retryBackoffMs: 60_000 }),
      rule: 7,
      code: 'waiting-to-retry',
      detail: { attempts: 1, allowed: 3, until: '2026-11-21T12:01:00.000Z' },
    },
    {
      about: 'the end of days',
      device: { attempts: { 'rollout:10': ended(1, NOW_MS) } },
      plan: rollout({ attempts: 3, retryBackoffMs: 9e15 }),
      rule: 7,
      code: 'waiting-to-retry',
      detail: { attempts: 1, allowed: 3, until: 'the end of days' },
    },
    {
      about: 'the last day of the calendar',
      device: { attempts: { 'rollout:10': ended(1, 0) } },
      plan: rollout({ attempts: 3, retryBackoffMs: 8.64e15 }),
      rule: 7,
      code: 'waiting-to-retry',
      detail: { attempts: 1, allowed: 3, until: '+275760-09-13T00:00:00.000Z' },
    },
    {
      about: 'quiet after a time-out',
      device: { quietUntilMs: NOW_MS + 1000 },
      rule: 7,
      code: 'quiet',
      detail: { until: '2026-11-21T12:00:01.000Z' },
    },
    {
      about: 'a paused rollout',
      plan: rollout({ state: 'paused' }),
      rule: 8,
      code: 'paused',
      detail: { rollout: '10' },
    },
    {
      about: 'a withdrawn release',
      plan: release({ isWithdrawn: true }),
      rule: 8,
      code: 'withdrawn-release',
      detail: { release: '1' },
    },
    {
      about: 'an invalid release',
      plan: release({ invalidation: 'breaker' as never }),
      rule: 8,
      code: 'invalid-release',
      detail: { release: '1' },
    },
    {
      about: 'a broken signature',
      plan: release({ signature: 'broken' }),
      rule: 8,
      code: 'broken-signature',
      detail: { release: '1', signature: 'broken' },
    },
    {
      about: 'a signature that nobody vouches for',
      plan: { ...release({ signature: 'untrusted' }), settings: TRUSTING },
      rule: 8,
      code: 'untrusted-release',
      detail: { release: '1', signature: 'untrusted' },
    },
    {
      about: 'a signature that somebody vouches for',
      plan: { ...release({ signature: 'signed' }), settings: TRUSTING },
      rule: 8,
      code: 'offers',
      detail: undefined,
    },
    {
      about: 'a freeze',
      plan: { settings: FROZEN },
      rule: 10,
      code: 'frozen',
      detail: { until: '2026-11-22T00:00:00.000Z', why: 'holidays' },
    },
    {
      about: 'an open window',
      plan: rollout({ windows: [hours(11, 14)] }),
      rule: 10,
      code: 'window-open',
      detail: { whose: "rollout's" },
    },
    {
      about: 'a window by the clock that the device told of',
      device: { row: aRow({ colour: 'red', TimeZone: '+05:00' }) },
      plan: rollout({ windows: [hours(17, 18)] }),
      rule: 10,
      code: 'window-open',
      detail: { whose: "rollout's" },
    },
    {
      about: 'a closed window',
      plan: rollout({ windows: [hours(13, 14)] }),
      rule: 10,
      code: 'window-closed',
      detail: { whose: "rollout's", opensAt: '2026-11-21T13:00:00.000Z' },
    },
    {
      about: 'a window that never opens',
      plan: rollout({ windows: [{ ...hours(13, 14), days: [] }] }),
      rule: 10,
      code: 'window-closed',
      detail: { whose: "rollout's", opensAt: 'the end of days' },
    },
    {
      about: 'a window that closes too early',
      plan: { ...rollout({ windows: [hours(11, 13)] }), ...release({ p90Ms: 3_600_001 }) },
      rule: 10,
      code: 'too-late-in-window',
      detail: {
        closesAt: '2026-11-21T13:00:00.000Z',
        opensAt: '2026-11-22T11:00:00.000Z',
        takes: '61 min',
      },
    },
    {
      about: 'an open maintenance window',
      device: { openAction: anOpenAction({ isAssignment: true, window: daily(12) }) },
      rule: 10,
      code: 'window-open',
      detail: { whose: 'maintenance' },
    },
    {
      about: 'a closed maintenance window, to who can wait for it',
      device: { openAction: anOpenAction({ isAssignment: true, window: daily(13) }) },
      rule: 10,
      code: 'window-held',
      detail: { opensAt: '2026-11-21T13:00:00.000Z' },
    },
    {
      about: 'a closed maintenance window, to who cannot',
      device: {
        client: 'swupdate',
        openAction: anOpenAction({ isAssignment: true, window: daily(13) }),
      },
      rule: 10,
      code: 'window-closed',
      detail: {
        whose: 'maintenance',
        opensAt: '2026-11-21T13:00:00.000Z',
        because: ', and the client (swupdate) cannot hold an update back, so it is shown none',
      },
    },
    {
      about: 'its wave',
      plan: rollout({ currentWave: 2, waves: [aWave(1, 0), aWave(2, 10_000)] }),
      rule: 9,
      code: 'in-wave',
      detail: { wave: 2 },
    },
  ];

  it.each(cases)('tell of $about', ({ device, plan, rule, code, detail }) => {
    const line = resolve(aCandidate(device), aPlan(plan), NOW).trace.find((one) => one.rule === rule);
    expect({ code: line?.code, detail: line?.detail }).toEqual({ code, detail });
  });
});
