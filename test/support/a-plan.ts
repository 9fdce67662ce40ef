import { DEFAULT_TERMS } from '../../src/modules/actions/action/action';
import type { ReleaseFacts, ReleaseShape } from '../../src/modules/releases/release/release';
import { DEFAULT_TENANT_SETTINGS } from '../../src/modules/tenants/tenant-settings';
import { DEFAULT_GATE, NO_MEMBERS, type Wave } from '../../src/modules/rollouts/rollout/wave';
import { buildPlan, type Plan, type PlanRows } from '../../src/modules/rollouts/plan/plan';

export type RolloutFacts = PlanRows['rollouts'][number];

/** Release 1: firmware 2.0.0 for every my-board. */
export function aRelease(changes: Partial<ReleaseFacts> = {}): ReleaseFacts {
  return {
    id: '1',
    name: 'firmware',
    version: '2.0.0',
    hardware: [{ model: 'my-board', revision: '*' }],
    isWithdrawn: false,
    isRequiredStep: false,
    invalidation: undefined,
    upgradeFrom: undefined,
    p90Ms: undefined,
    isDamaged: false,
    signature: 'unsigned',
    shape: aShape(),
    ...changes,
  };
}

/** One module of type `os` with the file `firmware.swu`. */
export function aShape(changes: Partial<ReleaseShape> = {}): ReleaseShape {
  return { artifacts: 1, types: ['os'], endings: ['.swu'], largestBytes: 1000, longestName: 12, ...changes };
}

/** Rollout 10: release 1 for everyone on feed 1, running. */
export function aRollout(changes: Partial<RolloutFacts> = {}): RolloutFacts {
  return {
    id: '10',
    name: 'spring',
    feedId: '1',
    releaseId: '1',
    state: 'running',
    priority: 0,
    startedAtMs: 1000,
    salt: '10',
    attempts: 1,
    filter: undefined,
    reverts: undefined,
    retryBackoffMs: 0,
    confirms: 'report',
    pace: { inFlightCap: undefined, offersPerMinute: undefined, ramp: undefined },
    mostDevices: undefined,
    windows: [],
    allowsDowngrade: false,
    currentWave: 1,
    terms: DEFAULT_TERMS,
    waves: [aWave(1, 10_000)],
    ...changes,
  };
}

/** A wave of the first buckets, with the gate that holds when nothing is said. */
export function aWave(position: number, buckets: number, changes: Partial<Wave> = {}): Wave {
  return {
    ...{
      position,
      buckets,
      name: undefined,
      members: NO_MEMBERS,
      mostDevices: undefined,
      gate: DEFAULT_GATE,
    },
    ...changes,
  };
}

/** A tenant with release 1 and rollout 10 of it, unless told otherwise. */
export function aPlan(changes: Partial<PlanRows> = {}): Plan {
  return buildPlan({
    tenantId: '1',
    revision: 1n,
    isStopped: false,
    settings: DEFAULT_TENANT_SETTINGS,
    releases: [aRelease()],
    rollouts: [aRollout()],
    ...changes,
  });
}
