import type { ActionTerms } from '../../actions/action/action';

/** One act of an operator: a release for some devices, on certain terms. Each of them got an action of its own. */
export interface Assignment {
  readonly id: string;
  readonly releaseId: string;
  readonly terms: ActionTerms;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** What an operator asks for. */
export interface AssignmentWish {
  readonly releaseId: string;
  readonly controllerIds: readonly string[];
  readonly terms: ActionTerms;
  /** The devices run it already (hawkBit's offline assignment): their actions are over at once. */
  readonly isInstalled: boolean;
}

/** What became of it. */
export interface AssignmentOutcome {
  readonly assignment: Assignment;
  readonly actions: readonly { readonly id: string; readonly controllerId: string }[];
  /** Devices whose last action is of this release and not a failure: nothing was made for them. */
  readonly alreadyAssigned: readonly string[];
}

/** hawkBit's quota of targets in one assignment. */
export const MAX_ASSIGNED_AT_ONCE = 5000;
