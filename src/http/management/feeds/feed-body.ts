import { ApiSchema } from '@nestjs/swagger';
import { TextField } from '../../shared/validators/text-field';

const NAME = {
  most: 100,
  example: 'stable',
  shape: {
    pattern: /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u,
    why: 'must begin with a letter or digit and hold only letters, digits, spaces, dots, dashes and underscores',
  },
};
const DESCRIPTION = { optional: true, least: 0, most: 2000, isMultiline: true };

/** A feed to be made. */
@ApiSchema({ name: 'NewFeed' })
export class FeedBody {
  @TextField(NAME)
  name!: string;

  @TextField(DESCRIPTION)
  description?: string;
}

/** A change of a feed. */
@ApiSchema({ name: 'FeedChange' })
export class FeedChangeBody {
  @TextField({ ...NAME, optional: true })
  name?: string;

  @TextField(DESCRIPTION)
  description?: string;
}
