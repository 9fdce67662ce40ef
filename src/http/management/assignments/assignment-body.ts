import { ApiSchema } from '@nestjs/swagger';
import { ACTION_TYPES, type ActionType } from '../../../modules/actions/action/action';
import { MAX_CONTROLLER_ID } from '../../../modules/devices/device/device';
import { MAX_ASSIGNED_AT_ONCE } from '../../../modules/updates/orders/assignment';
import { ChoiceField } from '../../shared/validators/choice-field';
import { CountField } from '../../shared/validators/count-field';
import { FlagField } from '../../shared/validators/flag-field';
import { IdField } from '../../shared/validators/id-field';
import { InstantField } from '../../shared/validators/instant-field';
import { PartField } from '../../shared/validators/part-field';
import { TextField, TextsField } from '../../shared/validators/text-field';

/** When the devices may install. */
@ApiSchema({ name: 'NewMaintenanceWindow' })
export class WindowBody {
  @TextField({ most: 200, description: 'Quartz cron of 6 or 7 fields.', example: '0 0 2 ? * SUN' })
  schedule!: string;

  @TextField({ most: 8, description: 'HH:mm:ss', example: '02:00:00' })
  duration!: string;

  @TextField({ most: 64, description: 'An offset, or a zone of the IANA database.', example: '+01:00' })
  timezone!: string;
}

/** A release for some devices. */
@ApiSchema({ name: 'NewAssignment' })
export class AssignmentBody {
  @IdField({ description: 'What they get; a release that is not there is 422.' })
  release!: string;

  @TextsField({ most: MAX_CONTROLLER_ID, mostItems: MAX_ASSIGNED_AT_ONCE })
  devices!: string[];

  @ChoiceField(ACTION_TYPES, { optional: true, schemaName: 'ActionType' })
  type?: ActionType;

  @InstantField({ optional: true, description: 'From when on a time-forced update is forced.' })
  forceAt?: string;

  @CountField({ optional: true, min: 0, max: 1000, fallback: 1000, description: 'The heaviest goes first.' })
  weight?: number;

  @PartField(WindowBody, { optional: true })
  window?: WindowBody;

  @FlagField({
    optional: true,
    description: 'Whether the user of the device is asked, where the tenant asks; true when left out.',
  })
  confirmation?: boolean;

  @FlagField({ optional: true, description: 'The devices run it already: nothing is sent to them.' })
  isInstalled?: boolean;
}
