import type { ReleaseForm } from '../../../../modules/releases/draft/draft';
import { Field } from '../../../shared/validators/field';
import { FlagField } from '../../../shared/validators/flag-field';
import { TextField } from '../../../shared/validators/text-field';

/** What the field is about, wherever it stands. */
export const UPGRADE_FROM =
  'The versions that it upgrades from, as a range of SemVer; devices outside of it get the next release on the way first. From any version when left out.';

/** What is said of a release whose files do not come with the request. */
export class ReleaseDetailsBody {
  @TextField({ optional: true, most: 256, description: 'From the file when left out.' })
  name?: string;

  @TextField({ optional: true, most: 256, description: 'From the bundle when left out; others need it.' })
  version?: string;

  @TextField({ optional: true, least: 0, most: 20_000, isMultiline: true })
  notes?: string;

  @TextField({
    optional: true,
    most: 60_000,
    isMultiline: true,
    description: 'Hardware as model:revision, comma-separated, or * for all. From the bundle when left out.',
  })
  compatibility?: string;

  @Field(
    (value) => (Array.isArray(value) ? undefined : 'must be a list of modules'),
    { optional: true },
    {
      type: 'array',
      items: { type: 'object', additionalProperties: true },
      description: 'How the files make modules, as in the upload form, here as a list rather than as text.',
    },
  )
  modules?: unknown[];

  @FlagField({
    optional: true,
    description: 'What is assigned to a device later waits until this one is done.',
  })
  requiredStep?: boolean;

  @TextField({
    optional: true,
    most: 256,
    description: UPGRADE_FROM,
    example: '>=1.2.0 <2.0.0',
  })
  upgradeFrom?: string;
}

/** The same in the words of the upload form. */
export function formOf({ modules, requiredStep, ...body }: ReleaseDetailsBody): ReleaseForm {
  const { name, version, notes, compatibility, upgradeFrom } = body;
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(notes === undefined ? {} : { notes }),
    ...(compatibility === undefined ? {} : { compatibility }),
    ...(modules === undefined ? {} : { modules: JSON.stringify(modules) }),
    ...(upgradeFrom === undefined ? {} : { upgradeFrom }),
    ...(requiredStep === undefined ? {} : { requiredStep: String(requiredStep) }),
  };
}
