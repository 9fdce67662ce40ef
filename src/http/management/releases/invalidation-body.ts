import { ApiSchema } from '@nestjs/swagger';
import { INVALIDATIONS, type Invalidation } from '../../../modules/releases/release/release';
import { ChoiceField } from '../../shared/validators/choice-field';

/** What becomes of the actions that are open on an invalidated release. */
@ApiSchema({ name: 'NewInvalidation' })
export class InvalidationBody {
  @ChoiceField(INVALIDATIONS, {
    schemaName: 'Invalidation',
    description:
      '`soft`: each device is asked to cancel at its next poll. `force`: ended without asking. `none`: they go on.',
  })
  cancel!: Invalidation;
}
