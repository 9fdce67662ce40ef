import { ApiSchema } from '@nestjs/swagger';
import { CountField } from '../../shared/validators/count-field';
import { FlagField } from '../../shared/validators/flag-field';
import { IdField } from '../../shared/validators/id-field';
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
}
