import { ROLES, type Role } from '../../../platform/actor/actor';
import { ChoiceField } from '../../shared/validators/choice-field';
import { TextField } from '../../shared/validators/text-field';

/** A token to be made. */
export class TokenBody {
  @TextField({ most: 100, description: 'Where it is used; the audit shows it.', example: 'ci' })
  name!: string;

  @ChoiceField(ROLES, { schemaName: 'Role' })
  role!: Role;
}
