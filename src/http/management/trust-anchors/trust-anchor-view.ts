import { ApiSchema } from '@nestjs/swagger';
import {
  ANCHOR_KINDS,
  ANCHOR_PURPOSES,
  MAX_PEM_LENGTH,
  type AnchorKind,
  type AnchorPurpose,
  type TrustAnchor,
} from '../../../modules/trust/trust-anchor';
import { ShowsId, ShowsInstant, ShowsText, ShowsWord, type Shown } from '../../shared/shown-field';
import { ChoiceField } from '../../shared/validators/choice-field';
import { TextField } from '../../shared/validators/text-field';
import { pageSchema } from '../page-query';

const PURPOSE =
  'What the extended key usage of signers under this certificate must allow: `emailProtection`, if they have one, as swupdate and rauc ask for when nothing is said; `codeSigning`, which they must have; `any`. Of a key always `any`.';

/** A certificate or public key to be trusted. */
@ApiSchema({ name: 'NewTrustAnchor' })
export class TrustAnchorBody {
  @TextField({ most: 100, description: 'What people call it; the audit shows it.', example: 'releases 2026' })
  name!: string;

  @TextField({
    most: MAX_PEM_LENGTH,
    isMultiline: true,
    description:
      'One certificate (of an authority, or of a signer) or one public key in PEM, without the private key.',
    example: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  })
  pem!: string;

  @ChoiceField(ANCHOR_PURPOSES, { optional: true, schemaName: 'AnchorPurpose', description: PURPOSE })
  purpose?: AnchorPurpose;
}

/** A certificate or public key whose signatures this tenant believes. */
@ApiSchema({ name: 'TrustAnchor' })
export class TrustAnchorView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'releases 2026' })
  name!: string;

  @ShowsWord(ANCHOR_KINDS, { schemaName: 'AnchorKind' })
  kind!: AnchorKind;

  @ShowsText({ description: 'SHA-256 over the certificate or the public key, in hex.' })
  fingerprint!: string;

  @ShowsText({ description: 'Of its key.', example: 'ec' })
  algorithm!: string;

  @ShowsWord(ANCHOR_PURPOSES, { schemaName: 'AnchorPurpose', description: PURPOSE })
  purpose!: AnchorPurpose;

  @ShowsText({ optional: true, description: 'Of a certificate.', example: 'CN=Release Root, O=Example' })
  subject?: string | undefined;

  @ShowsInstant({ optional: true, description: 'Of a certificate.' })
  notBefore?: Date | undefined;

  @ShowsInstant({ optional: true, description: 'Of a certificate.' })
  notAfter?: Date | undefined;

  @ShowsText({ description: 'The certificate or public key itself.' })
  pem!: string;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsText({ description: 'Who added it.', example: 'user:admin' })
  createdBy!: string;
}

export const TrustAnchorPage = pageSchema('TrustAnchorPage', TrustAnchorView);

export function trustAnchorView(anchor: TrustAnchor): Shown<TrustAnchorView> {
  const { id, name, kind, fingerprint, algorithm, purpose, pem, createdAt, createdBy } = anchor;
  const { subject, notBefore, notAfter } = anchor;
  return {
    ...{ id, name, kind, fingerprint, algorithm, purpose, pem, createdAt, createdBy },
    ...{ subject, notBefore, notAfter },
  };
}
