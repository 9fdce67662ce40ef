import { ApiSchema } from '@nestjs/swagger';
import { ACTION_TYPES, type ActionType } from '../../../../modules/actions/action/action';
import {
  CONFIRMATIONS,
  TRIP_ACTS,
  type Confirms,
  type TripAct,
} from '../../../../modules/rollouts/rollout/conduct';
import type { RolloutWish } from '../../../../modules/rollouts/rollout/rollout-wish';
import { RSQL_LIMITS } from '../../../../platform/rsql/tree';
import { ChoiceField } from '../../../shared/validators/choice-field';
import { CountField } from '../../../shared/validators/count-field';
import { DurationField, durationMs } from '../../../shared/validators/duration-field';
import { FlagField } from '../../../shared/validators/flag-field';
import { IdField } from '../../../shared/validators/id-field';
import { InstantField, instantOf } from '../../../shared/validators/instant-field';
import { PartField, PartsField } from '../../../shared/validators/part-field';
import { TextField } from '../../../shared/validators/text-field';
import { MEANING } from '../rollout-meaning';
import { MOST_DEVICES, WaveBody, waveWish, WindowBody, windowOf } from './wave-body';

const YEAR_MS = 366 * 86_400_000;
const MINUTE_MS = 60_000;

/** A pace that doubles. */
@ApiSchema({ name: 'NewRamp' })
export class RampBody {
  @CountField({ min: 1, max: 1_000_000 })
  startPerMinute!: number;

  @DurationField({
    least: MINUTE_MS,
    most: YEAR_MS,
    example: '10m',
    description: 'After so long it is twice as fast.',
  })
  doubling!: string;
}

/** A rollout to be made. */
@ApiSchema({ name: 'NewRollout' })
export class RolloutBody {
  @TextField({ most: 256, example: 'spring' })
  name!: string;

  @TextField({ optional: true, most: 100, description: MEANING.feed, example: 'stable' })
  feed?: string;

  @TextField({
    ...{ optional: true, most: RSQL_LIMITS.characters, isMultiline: true },
    description: MEANING.filter,
    example: 'model==board-a and tag==field',
  })
  filter?: string;

  @IdField({ description: 'What they get; a release that is not there is 422.' })
  releaseId!: string;

  @CountField({ optional: true, min: -1000, max: 1000, fallback: 0, description: MEANING.priority })
  priority?: number;

  @CountField({ optional: true, min: 1, max: 1_000_000, description: MEANING.inFlightCap })
  inFlightCap?: number;

  @CountField({ optional: true, min: 1, max: 1_000_000, description: MEANING.offersPerMinute })
  offersPerMinute?: number;

  @PartField(RampBody, { optional: true, description: MEANING.ramp })
  ramp?: RampBody;

  @CountField({ optional: true, ...MOST_DEVICES, description: MEANING.mostDevices })
  mostDevices?: number;

  @PartsField(WaveBody, { optional: true, leastItems: 1, mostItems: 50, description: MEANING.waves })
  waves?: WaveBody[];

  @CountField({ optional: true, min: 1, max: 100, fallback: 1, description: MEANING.attempts })
  attempts?: number;

  @DurationField({ optional: true, most: YEAR_MS, example: '1h', description: MEANING.retryBackoff })
  retryBackoff?: string;

  @FlagField({ optional: true, description: MEANING.allowsDowngrade })
  allowsDowngrade?: boolean;

  @ChoiceField(CONFIRMATIONS, {
    ...{ optional: true, schemaName: 'Confirms' },
    description: `${MEANING.confirms} \`version\` when left out.`,
  })
  confirms?: Confirms;

  @CountField({ optional: true, min: 0, max: 1000, fallback: 0, description: MEANING.silentPolls })
  silentPolls?: number;

  @ChoiceField(TRIP_ACTS, { optional: true, schemaName: 'TripAct', description: MEANING.whenTripped })
  whenTripped?: TripAct;

  @InstantField({ optional: true, description: MEANING.startAt })
  startAt?: string;

  @PartsField(WindowBody, { optional: true, leastItems: 0, mostItems: 50, description: MEANING.windows })
  windows?: WindowBody[];

  @IdField({ optional: true, description: MEANING.bucketsOf })
  bucketsOf?: string;

  @ChoiceField(ACTION_TYPES, { optional: true, schemaName: 'ActionType' })
  type?: ActionType;

  @InstantField({ optional: true, description: 'From when on a time-forced update is forced.' })
  forceAt?: string;

  @FlagField({ optional: true, description: MEANING.confirmation })
  confirmation?: boolean;
}

/** All but the terms, in the units of the domain. */
export function rolloutWish(body: RolloutBody): Omit<RolloutWish, 'terms'> {
  const { ramp, waves, retryBackoff, startAt, windows } = body;
  const { name, feed, filter, releaseId, priority, inFlightCap, offersPerMinute, mostDevices } = body;
  const { attempts, allowsDowngrade, confirms, silentPolls, whenTripped, bucketsOf } = body;
  return {
    ...{ name, feed, filter, releaseId, priority, inFlightCap, offersPerMinute, mostDevices },
    ...{ attempts, allowsDowngrade, confirms, silentPolls, whenTripped, bucketsOf },
    ramp: ramp === undefined ? undefined : rampOf(ramp),
    waves: waves?.map(waveWish),
    retryBackoffMs: durationMs(retryBackoff),
    startAt: instantOf(startAt),
    windows: windows?.map(windowOf),
  };
}

export function rampOf({ startPerMinute, doubling }: RampBody): NonNullable<RolloutWish['ramp']> {
  return { startPerMinute, doublingMs: durationMs(doubling) ?? 0 };
}
