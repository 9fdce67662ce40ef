import { ApiSchema } from '@nestjs/swagger';
import { TextsField } from '../../../shared/validators/text-field';
import { MOST_SIGNATURE_CHARS } from './signatures-beside';
import { ReleaseDetailsBody } from './release-details-body';

const UPLOAD_ID = { pattern: /^[0-9a-f]{32}$/, why: 'must be the id of an upload' };

/** A release of files that were uploaded before, in the order in which they are named. */
@ApiSchema({ name: 'NewUploadedRelease' })
export class UploadedReleaseBody extends ReleaseDetailsBody {
  @TextsField({
    ...{ least: 32, most: 32, shape: UPLOAD_ID, mostItems: 32 },
    description: 'Ids of whole uploads: the end of the Location that each began with.',
  })
  uploads!: string[];

  @TextsField({
    ...{ optional: true, least: 0, most: MOST_SIGNATURE_CHARS, mostItems: 32, isMultiline: true },
    description:
      'Signatures over the uploads that are no part of them, in base64 or PEM, in the same order; empty: none.',
  })
  signatures?: string[];
}
