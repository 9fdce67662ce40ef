import { ApiSchema } from '@nestjs/swagger';
import { KEEPS, type Keep } from '../../../../modules/artifacts/remote-files.service';
import { ChoiceField } from '../../../shared/validators/choice-field';
import { PartField, PartsField } from '../../../shared/validators/part-field';
import { SecretField, TextField } from '../../../shared/validators/text-field';
import { FILE_NAME, SHA256 } from './file-fields';
import { MOST_SIGNATURE_CHARS } from './signatures-beside';
import { ReleaseDetailsBody } from './release-details-body';

/** A header holds no other letters. */
const VISIBLE_ASCII = { pattern: /^[\x21-\x7e]+$/, why: 'must hold visible ASCII characters only' };
const NO_COLON = { pattern: /^[^:]*$/, why: 'must not hold a colon' };

/** What the other server wants to see. Stored sealed, shown to nobody. */
@ApiSchema({ name: 'NewRemoteCredentials' })
export class RemoteCredentialsBody {
  @TextField({ optional: true, most: 256, shape: NO_COLON, description: 'With `password`, for Basic.' })
  username?: string;

  @SecretField({ optional: true, most: 1024 })
  password?: string;

  @TextField({ optional: true, most: 8000, shape: VISIBLE_ASCII, description: 'Instead of both, a token.' })
  bearer?: string;
}

/** A file on another server. */
@ApiSchema({ name: 'NewRemoteFile' })
export class RemoteFileBody {
  @TextField({
    most: 4096,
    description:
      'http or https, without a user in it. What stands behind a `?` counts as a credential. Redirects are followed, but neither to private addresses nor from https to http.',
    example: 'https://files.example.com/basic-1.0.swu',
  })
  url!: string;

  @TextField({ optional: true, most: 255, shape: FILE_NAME, description: 'From the address when left out.' })
  fileName?: string;

  @TextField({ optional: true, least: 64, most: 64, shape: SHA256, description: 'What the file has to be.' })
  sha256?: string;

  @TextField({
    ...{ optional: true, most: MOST_SIGNATURE_CHARS, isMultiline: true },
    description: 'A signature over the file that is no part of it, in base64 or PEM.',
  })
  signature?: string;

  @PartField(RemoteCredentialsBody, { optional: true })
  credentials?: RemoteCredentialsBody;

  @ChoiceField(KEEPS, {
    optional: true,
    schemaName: 'Keep',
    description:
      '`copy` (as when left out): stored here like an upload. `link`: read once, then fetched from there for each device; its server has to tell ETag or Last-Modified and give ranges.',
  })
  keep?: Keep;
}

/** A release of files that are on other servers; each is read once, before the answer. */
@ApiSchema({ name: 'NewRemoteRelease' })
export class RemoteReleaseBody extends ReleaseDetailsBody {
  @PartsField(RemoteFileBody, { leastItems: 1, mostItems: 32 })
  files!: RemoteFileBody[];
}
