import { ApiSchema, PartialType } from '@nestjs/swagger';
import type { RolloutChange } from '../../../../modules/rollouts/rollout/rollout-wish';
import type { Rollout } from '../../../../modules/rollouts/rollout/rollout';
import { RSQL_LIMITS } from '../../../../platform/rsql/tree';
import { CountField } from '../../../shared/validators/count-field';
import { FieldsError } from '../../../shared/validators/fields.error';
import { InstantField } from '../../../shared/validators/instant-field';
import { PartField } from '../../../shared/validators/part-field';
import { TextField } from '../../../shared/validators/text-field';
import { termsOf } from '../../assignments/terms';
import { RampBody, RolloutBody, rolloutWish } from './rollout-body';
import { MEANING } from '../rollout-meaning';
import { MOST_DEVICES } from './wave-body';

const CLEARABLE = { optional: true, nullable: true } as const;
const CLEARED = [
  'feed',
  'filter',
  'inFlightCap',
  'offersPerMinute',
  'ramp',
  'mostDevices',
  'startAt',
] as const;

class AnyOfRollout extends PartialType(RolloutBody) {}

/** A change of a rollout; null clears, what is left out stays. */
@ApiSchema({ name: 'RolloutChange' })
export class RolloutChangeBody extends (AnyOfRollout as new () => Omit<
  AnyOfRollout,
  (typeof CLEARED)[number]
>) {
  @TextField({ ...CLEARABLE, most: 100, description: MEANING.feed, example: 'stable' })
  feed?: string | null;

  @TextField({
    ...CLEARABLE,
    ...{ most: RSQL_LIMITS.characters, isMultiline: true },
    description: MEANING.filter,
    example: 'tag==field',
  })
  filter?: string | null;

  @CountField({ ...CLEARABLE, min: 1, max: 1_000_000, description: MEANING.inFlightCap })
  inFlightCap?: number | null;

  @CountField({ ...CLEARABLE, min: 1, max: 1_000_000, description: MEANING.offersPerMinute })
  offersPerMinute?: number | null;

  @PartField(RampBody, { ...CLEARABLE, description: MEANING.ramp })
  ramp?: RampBody | null;

  @CountField({ ...CLEARABLE, ...MOST_DEVICES, description: MEANING.mostDevices })
  mostDevices?: number | null;

  @InstantField({ ...CLEARABLE, description: MEANING.startAt })
  startAt?: string | null;
}

/** @throws FieldsError for what can only be left out, and where terms contradict those that there are */
export function rolloutChange(body: RolloutChangeBody, before: Rollout): RolloutChange {
  refuseNulls(body);
  const cleared = Object.fromEntries(
    CLEARED.filter((name) => body[name] === null).map((name) => [name, null]),
  );
  const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const terms = termsChange(body, before);
  return {
    ...rolloutWish(said as unknown as RolloutBody),
    ...cleared,
    ...(terms === undefined ? {} : { terms }),
  };
}

function refuseNulls(body: RolloutChangeBody): void {
  const isClearable = (name: string): boolean => (CLEARED as readonly string[]).includes(name);
  const nulls = Object.entries(body).filter(([name, value]) => value === null && !isClearable(name));
  if (nulls.length > 0)
    throw new FieldsError(Object.fromEntries(nulls.map(([name]) => [name, 'must not be null'])));
}

/** A time-forced update keeps its time unless it gets another one. */
function termsChange(body: RolloutChangeBody, { terms }: Rollout): Rollout['terms'] | undefined {
  const { type = terms.type, confirmation = terms.needsConfirmation } = body;
  if (body.type === undefined && body.forceAt === undefined && body.confirmation === undefined)
    return undefined;
  const forceAt = body.forceAt ?? (type === terms.type ? terms.forceAt?.toISOString() : undefined);
  const { weight } = terms;
  return termsOf({ type, weight, confirmation, ...(forceAt === undefined ? {} : { forceAt }) });
}
