import type { Action, ActionState } from './action';
import type { NewLogEntry } from './log-entry';

/** A report that changes no state. A late verdict is kept all the same: a later proof may turn on it. */
export interface ActionNote {
  readonly tenantId: string;
  readonly actionId: string;
  /** As it was read: only an action still in it is touched. */
  readonly state: ActionState;
  readonly hasProof: boolean;
  readonly deviceVerdict: Action['deviceVerdict'];
  readonly entry: NewLogEntry;
  /** An action whose log has as many entries gets no other. */
  readonly maxLogEntries: number;
}
