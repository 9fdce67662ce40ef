import type { ActionState, ActionType } from '../../actions/action/action';
import type { MaintenanceWindow } from '../../actions/action/maintenance-window';
import type { Client } from '../../devices/device/client';
import type { FilterSubject } from '../../devices/device/device-filter';
import type { Approval, DeviceMode } from '../../devices/device/device';

/** The device as deciding sees it: one row of the poll's read, nothing cached. */
export interface Candidate {
  readonly controllerId: string;
  readonly feedId: string;
  readonly mode: DeviceMode;
  readonly isPinned: boolean;
  readonly takesPrereleases: boolean;
  /** What the operator set, or else what the device reported; without a model it is unknown hardware. */
  readonly model: string | undefined;
  readonly revision: string | undefined;
  readonly installedVersion: string | undefined;
  /** False: the device finished that update but has not reported the version since. */
  readonly isVersionReported: boolean;
  readonly assigned: { readonly releaseId: string; readonly number: number } | undefined;
  readonly forced: { readonly releaseId: string; readonly number: number } | undefined;
  /** Ended attempts by origin (`rollout:12`). */
  readonly attempts: Readonly<Record<string, Attempts>>;
  readonly openAction: OpenAction | undefined;
  /** What an operator set, or else what it was recognised as. */
  readonly client: Client;
  /** Nothing is offered to a device that nobody has let in. */
  readonly approval: Approval;
  /** What an operator set: an IANA name or `±hh:mm`. */
  readonly timezone: string | undefined;
  /** Nothing is offered before: it has timed out and may still be at work. */
  readonly quietUntilMs: number | undefined;
  /** The rollout that gave it what it runs, and what it ran before that. */
  readonly changedBy: { readonly rolloutId: string; readonly fromReleaseId: string } | undefined;
  /** All of its row, read beforehand under a plan that {@link Plan.needsRow}. */
  readonly row?: FilterSubject | undefined;
}

/** What came of one origin so far. */
export interface Attempts {
  readonly count: number;
  readonly lastEndedAtMs: number;
}

/** The action the device sees now, if any. */
export interface OpenAction {
  readonly id: string;
  readonly state: ActionState;
  readonly releaseId: string;
  readonly type: ActionType;
  readonly origin: string;
  readonly rolloutId: string | undefined;
  readonly isForced: boolean;
  /** An operator assigned it to this very device: it waits rather than fall. */
  readonly isAssignment: boolean;
  /** Something was assigned to the device since: it gives way, unless it is a required step. */
  readonly isSuperseded: boolean;
  readonly window: MaintenanceWindow | undefined;
  /** The device was asked to cancel and went on: it is not asked for the same reason at every poll. */
  readonly hasRefusedCancel: boolean;
}
