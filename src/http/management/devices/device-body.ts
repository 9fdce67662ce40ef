import { ApiSchema } from '@nestjs/swagger';
import {
  DEVICE_MODES,
  faultOfControllerId,
  MAX_CONTROLLER_ID,
  VERDICTS,
  type DeviceMode,
  type Verdict,
} from '../../../modules/devices/device/device';
import { CLIENTS, type Client } from '../../../modules/devices/device/client';
import { DEVICE_FIELD_NAMES } from '../../../modules/devices/device/device-filter';
import { ChoiceField } from '../../shared/validators/choice-field';
import { Field } from '../../shared/validators/field';
import { FlagField } from '../../shared/validators/flag-field';
import { IdField } from '../../shared/validators/id-field';
import { PartField } from '../../shared/validators/part-field';
import { TextField, TextsField } from '../../shared/validators/text-field';
import { FilterField } from '../filter-field';
import { PageQuery } from '../page-query';

function ControllerIdField(): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'string' ? faultOfControllerId(value) : 'must be text';
  const description = 'How the device calls itself in its URLs.';
  return Field(
    faultOf,
    { description, example: 'sensor-7' },
    { type: String, minLength: 1, maxLength: MAX_CONTROLLER_ID },
  );
}

/** A device to be registered before it shows up. */
@ApiSchema({ name: 'NewDevice' })
export class DeviceBody {
  @ControllerIdField()
  controllerId!: string;

  @TextField({ optional: true, most: 256 })
  name?: string;
}

/** What a device is, set by an operator against what it reports. */
@ApiSchema({ name: 'DeviceHardware' })
export class HardwareBody {
  @TextField({ most: 256, example: 'board-a' })
  model!: string;

  @TextField({ optional: true, nullable: true, most: 256, example: '1.2' })
  revision?: string | null;
}

/** Who consents for the device, and why. */
@ApiSchema({ name: 'NewAutoConfirm' })
export class AutoConfirmBody {
  @TextField({ optional: true, most: 64 })
  initiator?: string;

  @TextField({ optional: true, most: 512 })
  remark?: string;
}

/** A change of a device; null clears, what is left out stays. */
@ApiSchema({ name: 'DeviceChange' })
export class DeviceChangeBody {
  @TextField({ optional: true, nullable: true, most: 256 })
  name?: string | null;

  @TextField({ optional: true, most: 100, description: 'The feed to follow; one that is not there is 422.' })
  feed?: string;

  @ChoiceField(DEVICE_MODES, { optional: true, schemaName: 'DeviceMode' })
  mode?: DeviceMode;

  @FlagField({ optional: true, description: 'A pinned device keeps what it has.' })
  pinned?: boolean;

  @FlagField({ optional: true })
  takesPrereleases?: boolean;

  @TextsField({ optional: true, mostItems: 100, most: 64 })
  tags?: string[];

  @PartField(HardwareBody, { optional: true, nullable: true, description: 'null: as the device reports it.' })
  hardware?: HardwareBody | null;

  @ChoiceField(CLIENTS, {
    optional: true,
    nullable: true,
    schemaName: 'Client',
    description:
      'What speaks DDI on the device and so what it can be offered; null: as it was recognised. `unknown` is taken at the word of the DDI.',
  })
  client?: Client | null;

  @IdField({ optional: true, nullable: true, description: 'The release for mode `assigned`.' })
  assignedReleaseId?: string | null;

  @IdField({
    optional: true,
    nullable: true,
    description: 'The release to install next, whatever is installed and however often it failed.',
  })
  force?: string | null;

  @PartField(AutoConfirmBody, {
    optional: true,
    nullable: true,
    description: 'From now on nothing waits for the consent of its user; null: he is asked again.',
  })
  autoConfirm?: AutoConfirmBody | null;

  @ChoiceField(VERDICTS, {
    optional: true,
    schemaName: 'Verdict',
    description: 'Lets a waiting device in, or any device never again; refusing ends what is open on it.',
  })
  approval?: Verdict;

  @TextField({
    ...{ optional: true, nullable: true, most: 64, example: 'Europe/Berlin' },
    description:
      'By which clock the windows of rollouts open for it: a name of the IANA database or ±hh:mm; null: UTC.',
  })
  timezone?: string | null;
}

/** Which devices to list. */
export class DevicesQuery extends PageQuery {
  @TextField({ optional: true, most: 100, description: 'Only devices that follow this feed.' })
  feed?: string;

  @FilterField(DEVICE_FIELD_NAMES, { example: 'model==board-* and lastSeenAt<2026-11-01' })
  q?: string;
}
