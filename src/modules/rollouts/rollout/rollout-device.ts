import { ACTION_STATES, type ActionState, type FailureKind } from '../../actions/action/action';

/** How far a device is with a rollout: as its latest action there, or `lost`: updated, and not heard of since. */
export type RolloutDeviceState = ActionState | 'lost';
export const ROLLOUT_DEVICE_STATES: readonly RolloutDeviceState[] = [...ACTION_STATES, 'lost'];

/** A device that a rollout has admitted. */
export interface RolloutDevice {
  readonly controllerId: string;
  /** Fixed when it was admitted. */
  readonly wave: number;
  readonly state: RolloutDeviceState;
  readonly failureKind: FailureKind | undefined;
  /** The latest. */
  readonly actionId: string;
  /** What it ran when it was admitted. */
  readonly previousReleaseId: string | undefined;
  /** When its end was counted; undefined while it is under way. */
  readonly settledAt: Date | undefined;
}

/** Which of them; each part that is left out holds for all. */
export interface RolloutDeviceChoice {
  readonly state?: RolloutDeviceState | undefined;
  readonly wave?: number | undefined;
  /** Failures of that kind; `any`: whatever the kind. */
  readonly failure?: FailureKind | 'any' | undefined;
}
