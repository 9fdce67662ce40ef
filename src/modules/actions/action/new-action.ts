import type { ActionTerms, EndedBy } from './action';
import type { NewLogEntry } from './log-entry';

/** Actions of one cause, one for each device. */
export interface NewActions {
  readonly releaseId: string;
  readonly origin: string;
  readonly isForced: boolean;
  readonly assignmentId?: string | undefined;
  readonly rolloutId?: string | undefined;
  readonly wave?: number | undefined;
  readonly lane?: number | undefined;
  readonly terms: ActionTerms;
  readonly devices: readonly NewActionOfDevice[];
}

export interface NewActionOfDevice {
  readonly deviceId: string;
  readonly controllerId: string;
  readonly previousVersion: string | undefined;
  /** What it runs now, as far as that is a release of ours. */
  readonly previousReleaseId: string | undefined;
  readonly state: 'offered' | 'awaiting-confirmation' | 'queued';
  readonly needsConfirmation: boolean;
  readonly awaitsVersion: boolean;
}

/** An action that is over as it is made: what the device runs already. */
export interface EndedAction {
  readonly deviceId: string;
  readonly controllerId: string;
  readonly releaseId: string;
  readonly origin: string;
  readonly assignmentId?: string | undefined;
  readonly endedBy: EndedBy;
  readonly entry: NewLogEntry;
}

/** When the deadlines of an action that is shown to its device run out, asked for consent or not. */
export interface ExposedDue {
  readonly offered: Date;
  readonly asked: Date;
}
