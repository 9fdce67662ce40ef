import { DEFAULT_TERMS, type Action } from '../../src/modules/actions/action/action';
import { anActionStatus } from './a-action-status';

/** Action 1 of device 1: release 1 on account of rollout 10, just offered. */
export function anAction(changes: Partial<Action> = {}): Action {
  return {
    ...DEFAULT_TERMS,
    ...anActionStatus(),
    id: '1',
    tenantId: '1',
    deviceId: '1',
    controllerId: 'device-1',
    releaseId: '1',
    origin: 'rollout:10',
    isForced: false,
    assignmentId: undefined,
    rolloutId: '10',
    wave: 1,
    lane: 0,
    isExposed: true,
    previousVersion: undefined,
    previousReleaseId: undefined,
    failureKind: undefined,
    dueAt: undefined,
    giveUpAt: undefined,
    installedAt: undefined,
    logCount: 1,
    lastCode: undefined,
    createdAt: new Date(0),
    changedAt: new Date(0),
    retrievedAt: undefined,
    endedAt: undefined,
    ...changes,
  };
}
