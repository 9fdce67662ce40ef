import { ApiSchema } from '@nestjs/swagger';
import type { AbortOptions } from '../../../../modules/rollouts/verbs/rollout-aborts.service';
import { ChoiceField } from '../../../shared/validators/choice-field';
import { CountField } from '../../../shared/validators/count-field';
import { FlagField } from '../../../shared/validators/flag-field';
import { TextField } from '../../../shared/validators/text-field';

/** How to start. */
@ApiSchema({ name: 'RolloutStart' })
export class StartBody {
  @TextField({
    ...{ optional: true, most: 128 },
    description:
      'Of the preview that you looked at; 409 when something has changed since that it rested upon.',
  })
  previewHash?: string;
}

/** How to advance. */
@ApiSchema({ name: 'RolloutAdvance' })
export class AdvanceBody {
  @CountField({
    ...{ optional: true, min: 1, max: 50 },
    description:
      'The wave to pass, from 1; the current one when left out. One that has passed already is fine.',
  })
  wave?: number;
}

const RUNNING = ['keep', 'cancel'] as const satisfies readonly AbortOptions['running'][];

/** How to abort. */
@ApiSchema({ name: 'RolloutAbort' })
export class AbortBody {
  @ChoiceField(RUNNING, {
    ...{ optional: true, schemaName: 'RunningOfAborted' },
    description:
      'Devices that have fetched it: `keep`, as when left out, lets them go on; `cancel` asks them to give it up.',
  })
  running?: AbortOptions['running'];

  @FlagField({ optional: true, description: 'The release is offered to nobody any more but by force.' })
  withdraw?: boolean;

  @FlagField({
    optional: true,
    description:
      'The devices that it updated get back what they ran before: one rollout for each release, begun at once.',
  })
  rollback?: boolean;
}
