import { ApiSchema } from '@nestjs/swagger';
import { ChoiceField } from '../../shared/validators/choice-field';
import { FlagField } from '../../shared/validators/flag-field';

/** How to cancel. */
@ApiSchema({ name: 'Cancellation' })
export class CancelBody {
  @FlagField({
    optional: true,
    description: 'End it at once without asking the device, which may never answer.',
  })
  force?: boolean;
}

/** A change of an open action. */
@ApiSchema({ name: 'ActionChange' })
export class ActionChangeBody {
  @ChoiceField(['forced'], {
    description: 'A soft or time-forced update becomes forced; never the other way.',
  })
  type!: 'forced';
}
