import { ApiSchema } from '@nestjs/swagger';
import { DEVICE_FIELD_NAMES } from '../../../modules/devices/device/device-filter';
import { FieldError } from '../../../platform/errors/domain.error';
import { ShowsText } from '../../shared/shown-field';
import { TextsField } from '../../shared/validators/text-field';
import { FilterField } from '../filter-field';

/** So many devices are let in by one call. */
export const MOST_APPROVED = 1000;

/** Which devices to let in: by their ids, or of those that wait the ones that a filter finds. */
@ApiSchema({ name: 'DevicesApproval' })
export class ApprovalBody {
  @TextsField({ optional: true, mostItems: MOST_APPROVED, most: 256, description: 'Refused ones too.' })
  controllerIds?: string[];

  @FilterField(DEVICE_FIELD_NAMES, { example: 'model==board-a' })
  q?: string;
}

/** Which devices were let in. */
@ApiSchema({ name: 'ApprovedDevices' })
export class ApprovedView {
  @ShowsText({
    isList: true,
    description:
      'Those that were not in before. Of a filter at most 1000, in order: call again until the list is empty.',
  })
  approved!: readonly string[];
}

/** @throws FieldError unless just one of the two is there: an empty body must not let everybody in. */
export function refuseVague({ controllerIds, q }: ApprovalBody): void {
  if ((controllerIds === undefined) === (q === undefined))
    throw new FieldError('controllerIds', 'or q is needed, and not both');
}
