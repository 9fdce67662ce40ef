import { DEFAULT_TENANT_KEY } from '../../../modules/tenants/tenant';
import { SecretField, TextField } from '../../shared/validators/text-field';

/** Name and password of a person. */
export class SessionBody {
  @TextField({ most: 256, example: 'admin' })
  name!: string;

  @SecretField({ most: 1024 })
  password!: string;

  @TextField({
    optional: true,
    most: 64,
    description: `${DEFAULT_TENANT_KEY} when left out`,
    example: DEFAULT_TENANT_KEY,
  })
  tenant?: string;
}
