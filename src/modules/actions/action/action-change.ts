import type { ActionState, EndedBy, FailureKind } from './action';
import type { NewLogEntry } from './log-entry';

/** What one step writes. Only an action still in `from` is touched. */
export interface ActionChange {
  readonly from: ActionState;
  readonly to: ActionState;
  readonly hasProof: boolean;
  readonly endedBy?: EndedBy | undefined;
  readonly deviceVerdict?: 'success' | 'failure' | undefined;
  readonly isCorrection?: boolean;
  /** Absent: it has not failed (any more). */
  readonly failureKind?: FailureKind | undefined;
  /** Absent: it is over. */
  readonly dueAt?: Date | undefined;
  /** Stands once it is written. */
  readonly giveUpAt?: Date | undefined;
  readonly entry: NewLogEntry;
}
