import type { Attempts, Candidate, OpenAction } from '../../src/modules/rollouts/plan/candidate';

/** A device on feed 1 that runs 1.0.0 on my-board rev4.2, idle, follows its feed and was never updated. */
export function aCandidate(changes: Partial<Candidate> = {}): Candidate {
  return {
    controllerId: 'device-1',
    feedId: '1',
    mode: 'rollout',
    isPinned: false,
    takesPrereleases: false,
    model: 'my-board',
    revision: 'rev4.2',
    installedVersion: '1.0.0',
    isVersionReported: true,
    assigned: undefined,
    forced: undefined,
    attempts: {},
    openAction: undefined,
    client: 'unknown',
    approval: 'approved',
    timezone: undefined,
    quietUntilMs: undefined,
    changedBy: undefined,
    ...changes,
  };
}

/** So many attempts, the last of them long ago. */
export function ended(count: number, lastEndedAtMs = 0): Attempts {
  return { count, lastEndedAtMs };
}

/** Action 100: release 1 on account of rollout 10, offered and not fetched yet. */
export function anOpenAction(changes: Partial<OpenAction> = {}): OpenAction {
  return {
    id: '100',
    state: 'offered',
    releaseId: '1',
    type: 'forced',
    origin: 'rollout:10',
    rolloutId: '10',
    isForced: false,
    isAssignment: false,
    isSuperseded: false,
    window: undefined,
    hasRefusedCancel: false,
    ...changes,
  };
}
