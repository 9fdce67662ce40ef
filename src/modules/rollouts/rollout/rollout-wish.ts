import type { ActionTerms } from '../../actions/action/action';
import type { Confirms, Ramp, TripAct } from './conduct';
import type { RolloutWindow } from './rollout-window';
import type { Gate, Members } from './wave';

/** A rollout as an operator says it; what he leaves out has a default (see rollout-check). */
export interface RolloutWish {
  readonly name: string;
  readonly feed?: string | undefined;
  /** RSQL over devices. */
  readonly filter?: string | undefined;
  readonly releaseId: string;
  readonly priority?: number | undefined;
  readonly inFlightCap?: number | undefined;
  readonly offersPerMinute?: number | undefined;
  readonly ramp?: Ramp | undefined;
  readonly mostDevices?: number | undefined;
  readonly waves?: readonly WaveWish[] | undefined;
  readonly attempts?: number | undefined;
  readonly retryBackoffMs?: number | undefined;
  readonly allowsDowngrade?: boolean | undefined;
  readonly confirms?: Confirms | undefined;
  readonly silentPolls?: number | undefined;
  readonly whenTripped?: TripAct | undefined;
  readonly startAt?: Date | undefined;
  readonly windows?: readonly RolloutWindow[] | undefined;
  /** The rollout whose buckets it takes over. */
  readonly bucketsOf?: string | undefined;
  readonly terms?: ActionTerms | undefined;
}

/** A wave as an operator says it. Without a percentage it is the wave before and the devices that it names. */
export interface WaveWish {
  readonly name?: string | undefined;
  /** Hundredths of a percent. */
  readonly buckets?: number | undefined;
  readonly members?: { readonly [K in keyof Members]?: Members[K] | undefined } | undefined;
  readonly mostDevices?: number | undefined;
  readonly gate?: GateWish | undefined;
}

export type GateWish = { readonly [K in keyof Gate]?: Gate[K] | undefined };

type Clearable =
  'feed' | 'filter' | 'inFlightCap' | 'offersPerMinute' | 'ramp' | 'mostDevices' | 'startAt' | 'bucketsOf';

/** What is to be different; what is left out stays, null clears. */
export type RolloutChange = {
  readonly [K in keyof RolloutWish]?: RolloutWish[K] | (K extends Clearable ? null : never);
};
