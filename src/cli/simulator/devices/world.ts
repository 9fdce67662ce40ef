import type { DdiClient } from '../ddi/ddi-client';
import type { FleetSettings } from '../fleet-settings';
import type { Oracle } from '../judging/oracle';
import type { TimerWheel } from '../timer-wheel';

/** What all devices of a fleet share. */
export interface World {
  readonly settings: FleetSettings;
  readonly client: DdiClient;
  readonly wheel: TimerWheel;
  readonly oracle: Oracle;
}
