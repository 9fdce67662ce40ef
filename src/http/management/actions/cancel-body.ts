import { ApiSchema } from '@nestjs/swagger';
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
