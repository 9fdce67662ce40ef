import { ApiSchema } from '@nestjs/swagger';
import type { RolloutWindow } from '../../../../modules/rollouts/rollout/rollout-window';
import type { GateWish, WaveWish } from '../../../../modules/rollouts/rollout/rollout-wish';
import { shareOf } from '../../../../modules/rollouts/checks/percentage';
import { RSQL_LIMITS } from '../../../../platform/rsql/tree';
import { CountField } from '../../../shared/validators/count-field';
import { DurationField, durationMs } from '../../../shared/validators/duration-field';
import { FlagField } from '../../../shared/validators/flag-field';
import { PartField } from '../../../shared/validators/part-field';
import { PercentField } from '../../../shared/validators/percent-field';
import { TextField, TextsField } from '../../../shared/validators/text-field';
import { WordsField } from '../../../shared/validators/words-field';
import { MEANING, WEEKDAYS, type Weekday } from '../rollout-meaning';

const YEAR_MS = 366 * 86_400_000;
export const MOST_DEVICES = { min: 1, max: 100_000_000 };
const CLOCK = { pattern: /^([01]\d|2[0-3]):[0-5]\d$/, why: 'must be a time of day such as 22:00' };
const CLOCK_END = {
  pattern: /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
  why: 'must be a time of day such as 06:00, or 24:00',
};

/** What opens the next wave, and what stops the rollout. */
@ApiSchema({ name: 'NewGate' })
export class GateBody {
  @PercentField({ optional: true, description: `${MEANING.successShare} 90 when left out.` })
  successShare?: number;

  @PercentField({ optional: true, description: `${MEANING.failureShare} 25 when left out.` })
  failureShare?: number;

  @CountField({ optional: true, min: 1, max: 1_000_000, fallback: 20, description: MEANING.sample })
  sample?: number;

  @DurationField({ optional: true, most: YEAR_MS, description: MEANING.soak, example: '2h' })
  soak?: string;

  @FlagField({ optional: true, description: MEANING.manual })
  manual?: boolean;
}

/** Devices by name. */
@ApiSchema({ name: 'NewMembers' })
export class MembersBody {
  @TextsField({ optional: true, mostItems: 1000, most: 256 })
  controllerIds?: string[];

  @TextsField({
    optional: true,
    mostItems: 100,
    most: 64,
    description: 'Devices that have one of these tags.',
  })
  tags?: string[];

  @TextField({
    ...{ optional: true, most: RSQL_LIMITS.characters, isMultiline: true },
    description: 'RSQL over devices.',
    example: 'tag==canary',
  })
  filter?: string;
}

/** A wave to be made. */
@ApiSchema({ name: 'NewWave' })
export class WaveBody {
  @TextField({ optional: true, most: 100, example: 'canaries' })
  name?: string;

  @PercentField({
    ...{ optional: true, example: 5 },
    description: `${MEANING.percentage} As in the wave before when left out of one that names devices.`,
  })
  percentage?: number;

  @PartField(MembersBody, { optional: true, description: MEANING.members })
  members?: MembersBody;

  @CountField({ optional: true, ...MOST_DEVICES, description: MEANING.mostDevices })
  mostDevices?: number;

  @PartField(GateBody, { optional: true, description: MEANING.gate })
  gate?: GateBody;
}

/** When something may be offered. */
@ApiSchema({ name: 'NewRolloutWindow' })
export class WindowBody {
  @WordsField(WEEKDAYS, {
    ...{ optional: true, schemaName: 'Weekday' },
    description: 'The days on which it opens; all of them when left out.',
  })
  days?: Weekday[];

  @TextField({ most: 5, shape: CLOCK, example: '22:00' })
  from!: string;

  @TextField({
    ...{ most: 5, shape: CLOCK_END, example: '06:00' },
    description: 'On the next day, if it is not after `from`.',
  })
  to!: string;

  @TextField({
    ...{ optional: true, most: 64, example: 'Europe/Berlin' },
    description: `${MEANING.timezone} A name of the IANA database or ±hh:mm.`,
  })
  timezone?: string;
}

export function waveWish({ name, percentage, members, mostDevices, gate }: WaveBody): WaveWish {
  return {
    name,
    buckets: percentage === undefined ? undefined : shareOf(percentage),
    members,
    mostDevices,
    gate: gate === undefined ? undefined : gateWish(gate),
  };
}

function gateWish({ successShare, failureShare, sample, soak, manual }: GateBody): GateWish {
  return {
    successShare: successShare === undefined ? undefined : shareOf(successShare),
    failureShare: failureShare === undefined ? undefined : shareOf(failureShare),
    sample,
    soakMs: durationMs(soak),
    isManual: manual,
  };
}

export function windowOf({ days = [...WEEKDAYS], from, to, timezone }: WindowBody): RolloutWindow {
  const numbers = [...new Set(days)].map((day) => WEEKDAYS.indexOf(day) + 1);
  return { days: numbers.sort(), fromMinute: minuteOf(from), toMinute: minuteOf(to), timezone };
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}
