import { ApiSchema } from '@nestjs/swagger';
import { MAX_PER_RELEASE_BOUNDS, MODULE_TYPE_KEY } from '../../../modules/releases/release/module-type';
import { CountField } from '../../shared/validators/count-field';
import { TextField } from '../../shared/validators/text-field';

const NAME = { most: 100, example: 'Bootloader' };
const DESCRIPTION = { optional: true, least: 0, most: 2000, isMultiline: true };
const MAX_PER_RELEASE = {
  ...MAX_PER_RELEASE_BOUNDS,
  optional: true,
  nullable: true,
  description: 'How many modules of this type one release may have; null: any number.',
};

/** A module type to be made. */
@ApiSchema({ name: 'NewModuleType' })
export class ModuleTypeBody {
  @TextField({
    most: 64,
    description: 'What devices are told; it stays.',
    example: 'bootloader',
    shape: {
      pattern: MODULE_TYPE_KEY,
      why: 'must hold only letters A to Z, digits, dots, dashes and underscores, and not be a dot or two',
    },
  })
  key!: string;

  @TextField(NAME)
  name!: string;

  @TextField(DESCRIPTION)
  description?: string;

  @CountField(MAX_PER_RELEASE)
  maxPerRelease?: number | null;
}

/** A change of a module type; what is left out stays. */
@ApiSchema({ name: 'ModuleTypeChange' })
export class ModuleTypeChangeBody {
  @TextField({ ...NAME, optional: true })
  name?: string;

  @TextField(DESCRIPTION)
  description?: string;

  @CountField(MAX_PER_RELEASE)
  maxPerRelease?: number | null;
}
