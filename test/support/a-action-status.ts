import type { ActionStatus } from '../../src/modules/actions/action/action';

/** An action that was just offered: nothing reported, nothing cancelled. */
export function anActionStatus(changes: Partial<ActionStatus> = {}): ActionStatus {
  return {
    state: 'offered',
    hasProof: false,
    cancelFrom: undefined,
    endedBy: undefined,
    deviceVerdict: undefined,
    isCorrected: false,
    type: 'forced',
    needsConfirmation: false,
    awaitsVersion: false,
    ...changes,
  };
}
