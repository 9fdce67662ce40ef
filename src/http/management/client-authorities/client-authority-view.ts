import { ApiSchema } from '@nestjs/swagger';
import { MAX_CERTIFICATE_LENGTH, type ClientAuthority } from '../../../modules/tenants/client-authority';
import { ShowsId, ShowsInstant, ShowsText, type Shown } from '../../shared/shown-field';
import { TextField } from '../../shared/validators/text-field';
import { pageSchema } from '../page-query';

/** A certificate authority to be added. */
@ApiSchema({ name: 'NewClientAuthority' })
export class ClientAuthorityBody {
  @TextField({ most: 100, description: 'What people call it; the audit shows it.', example: 'factory 2026' })
  name!: string;

  @TextField({
    most: MAX_CERTIFICATE_LENGTH,
    isMultiline: true,
    description: 'Its certificate in PEM: one, a root or an authority between, without the key.',
    example: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  })
  certificate!: string;
}

/** A certificate authority whose certificates let devices in. */
@ApiSchema({ name: 'ClientAuthority' })
export class ClientAuthorityView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'factory 2026' })
  name!: string;

  @ShowsText({ description: 'As it stands in the certificate.', example: 'CN=Factory Root, O=Example' })
  subject!: string;

  @ShowsText({ description: 'SHA-256 over the certificate, in hex.' })
  fingerprint!: string;

  @ShowsInstant({ description: 'From then on it lets nobody in.' })
  notAfter!: Date;

  @ShowsInstant()
  createdAt!: Date;
}

export const ClientAuthorityPage = pageSchema('ClientAuthorityPage', ClientAuthorityView);

export function clientAuthorityView(authority: ClientAuthority): Shown<ClientAuthorityView> {
  const { id, name, subject, fingerprint, notAfter, createdAt } = authority;
  return { id, name, subject, fingerprint, notAfter, createdAt };
}
