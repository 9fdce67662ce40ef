import { ApiSchema } from '@nestjs/swagger';
import type { ModuleType } from '../../../modules/releases/release/module-type';
import { ShowsCount, ShowsInstant, ShowsText, type Shown } from '../../shared/shown-field';
import { pageSchema } from '../page-query';

/** A kind of module as the API shows it. */
@ApiSchema({ name: 'ModuleType' })
export class ModuleTypeView {
  @ShowsText({ description: 'What devices are told.', example: 'os' })
  key!: string;

  @ShowsText({ example: 'Operating system' })
  name!: string;

  @ShowsText()
  description!: string;

  @ShowsCount({
    optional: true,
    description: 'How many modules of this type one release may have. Absent: any number.',
  })
  maxPerRelease?: number | undefined;

  @ShowsInstant()
  createdAt!: Date;
}

export const ModuleTypePage = pageSchema('ModuleTypePage', ModuleTypeView);

export function moduleTypeView(type: ModuleType): Shown<ModuleTypeView> {
  const { key, name, description, maxPerRelease, createdAt } = type;
  return { key, name, description, maxPerRelease, createdAt };
}
