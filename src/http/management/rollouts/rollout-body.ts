import { ApiSchema } from '@nestjs/swagger';
import { ACTION_TYPES, type ActionType } from '../../../modules/actions/action';
import { ChoiceField } from '../../shared/validators/choice-field';
import { CountField } from '../../shared/validators/count-field';
import { FlagField } from '../../shared/validators/flag-field';
import { IdField } from '../../shared/validators/id-field';
import { InstantField } from '../../shared/validators/instant-field';
import { TextField } from '../../shared/validators/text-field';

/** A rollout to be made. */
@ApiSchema({ name: 'NewRollout' })
export class RolloutBody {
  @TextField({ most: 256, example: 'spring' })
  name!: string;

  @TextField({
    most: 100,
    description: 'Whose devices are meant; a feed that is not there is 422.',
    example: 'stable',
  })
  feed!: string;

  @IdField({ description: 'What they get; a release that is not there is 422.' })
  releaseId!: string;

  @CountField({
    optional: true,
    min: -1000,
    max: 1000,
    fallback: 0,
    description: 'Of the rollouts of a feed the highest counts, then the one started last.',
  })
  priority?: number;

  @CountField({
    optional: true,
    min: 1,
    max: 1_000_000,
    description: 'So many devices at once; no limit when left out.',
  })
  inFlightCap?: number;

  @CountField({
    optional: true,
    min: 1,
    max: 100,
    fallback: 1,
    description: 'How often each device may try.',
  })
  attempts?: number;

  @FlagField({ optional: true })
  allowsDowngrade?: boolean;

  @ChoiceField(ACTION_TYPES, { optional: true, schemaName: 'ActionType' })
  type?: ActionType;

  @InstantField({ optional: true, description: 'From when on a time-forced update is forced.' })
  forceAt?: string;

  @FlagField({
    optional: true,
    description: 'Whether the user of the device is asked, where the tenant asks; true when left out.',
  })
  confirmation?: boolean;
}
