import { ApiSchema } from '@nestjs/swagger';
import { CLIENTS, type Client } from '../../../modules/devices/device/client';
import {
  APPROVALS,
  DEVICE_MODES,
  type Approval,
  type DeviceMode,
} from '../../../modules/devices/device/device';
import {
  UPDATE_STATUSES,
  type DeviceView as Device,
  type UpdateStatus,
} from '../../../modules/devices/device/device-view';
import {
  ShowsFlag,
  ShowsId,
  ShowsInstant,
  ShowsMap,
  ShowsPart,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../shared/shown-field';
import { pageSchema } from '../page-query';

/** What a device is. */
@ApiSchema({ name: 'KnownHardware' })
export class HardwareView {
  @ShowsText({ optional: true })
  model?: string | undefined;

  @ShowsText({ optional: true })
  revision?: string | undefined;

  @ShowsFlag({ description: 'An operator set it, against what the device reports.' })
  isSet!: boolean;
}

/** What speaks DDI on the device. */
@ApiSchema({ name: 'KnownClient' })
export class ClientView {
  @ShowsWord(CLIENTS, { schemaName: 'Client' })
  kind!: Client;

  @ShowsFlag({ description: 'An operator set it, against what it was recognised as.' })
  isSet!: boolean;
}

/** The consent of a device's user to all updates. */
@ApiSchema({ name: 'AutoConfirm' })
export class AutoConfirmView {
  @ShowsText({ optional: true })
  initiator?: string | undefined;

  @ShowsText({ optional: true })
  remark?: string | undefined;

  @ShowsText({ example: 'device:sensor-7' })
  activatedBy!: string;

  @ShowsInstant()
  activatedAt!: Date;
}

/** A device as the API shows it. */
@ApiSchema({ name: 'Device' })
export class DeviceView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'sensor-7' })
  controllerId!: string;

  @ShowsText({ optional: true })
  name?: string | undefined;

  @ShowsText({ example: 'stable' })
  feed!: string;

  @ShowsWord(DEVICE_MODES, { schemaName: 'DeviceMode' })
  mode!: DeviceMode;

  @ShowsFlag()
  pinned!: boolean;

  @ShowsFlag()
  takesPrereleases!: boolean;

  @ShowsId({ optional: true })
  assignedReleaseId?: string | undefined;

  @ShowsId({ optional: true, description: 'The release that is forced next; gone once it was offered.' })
  force?: string | undefined;

  @ShowsText({ isList: true })
  tags!: readonly string[];

  @ShowsMap('string', { description: 'What the device says about itself.' })
  attributes!: Readonly<Record<string, string>>;

  @ShowsInstant({ optional: true })
  attributesAt?: Date | undefined;

  @ShowsPart(HardwareView)
  hardware!: HardwareView;

  @ShowsPart(ClientView, { description: 'Decides what it can be offered.' })
  client!: ClientView;

  @ShowsText({ optional: true })
  installedVersion?: string | undefined;

  @ShowsFlag({ description: "False: believed from the last update's success, not reported since." })
  isVersionReported!: boolean;

  @ShowsInstant({ optional: true })
  installedAt?: Date | undefined;

  @ShowsId({ optional: true })
  installedReleaseId?: string | undefined;

  @ShowsId({ optional: true, description: 'The action that installed it.' })
  installedActionId?: string | undefined;

  @ShowsWord(UPDATE_STATUSES, { schemaName: 'UpdateStatus' })
  updateStatus!: UpdateStatus;

  @ShowsFlag({ description: 'It is asked for its attributes at its next poll.' })
  wantsAttributes!: boolean;

  @ShowsPart(AutoConfirmView, { optional: true, description: 'It consents to all updates.' })
  autoConfirm?: AutoConfirmView | undefined;

  @ShowsInstant({ optional: true })
  lastSeenAt?: Date | undefined;

  @ShowsText({
    optional: true,
    description: 'Where its last request came from; absent for a tenant that keeps no addresses.',
    example: 'http://192.0.2.7',
  })
  address?: string | undefined;

  @ShowsText({ description: 'What If-Match compares.', example: '7' })
  revision!: string;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsText({ example: 'plug-and-play' })
  createdBy!: string;

  @ShowsWord(APPROVALS, {
    schemaName: 'Approval',
    description: 'waiting: it is offered nothing until an operator approves it; refused: it is answered 403.',
  })
  approval!: Approval;

  @ShowsText({
    optional: true,
    description: 'By which clock the windows of rollouts open for it; absent: UTC.',
    example: 'Europe/Berlin',
  })
  timezone?: string | undefined;

  @ShowsFlag({ description: 'It holds a token of its own.' })
  hasTargetToken!: boolean;

  @ShowsInstant({ optional: true, description: 'When its token ends; absent: not by itself.' })
  targetTokenExpiresAt?: Date | undefined;

  @ShowsInstant({
    optional: true,
    description: 'Until when the token before is good as well; absent: there is none.',
  })
  previousTokenExpiresAt?: Date | undefined;
}

/** A device just registered, with its own token. */
@ApiSchema({ name: 'RegisteredDevice' })
export class RegisteredDeviceView extends DeviceView {
  @ShowsText({ description: 'What the device authenticates with. Shown this once.', example: 'rkt_…' })
  targetToken!: string;
}

export const DevicePage = pageSchema('DevicePage', DeviceView);

export function deviceView(device: Device): Shown<DeviceView> {
  const { id, controllerId, name, feed, mode, pinned, takesPrereleases, assignedReleaseId, force } = device;
  const { tags, attributes, attributesAt, hardware, client, installedVersion, isVersionReported } = device;
  const { installedReleaseId, installedActionId, updateStatus, wantsAttributes, autoConfirm } = device;
  const { installedAt, lastSeenAt, address, revision, createdAt, createdBy } = device;
  const { approval, timezone, hasTargetToken, targetTokenExpiresAt, previousTokenExpiresAt } = device;
  return {
    ...{ id, controllerId, name, feed, mode, pinned, takesPrereleases, assignedReleaseId, force },
    ...{ tags, attributes, attributesAt, hardware, client, installedVersion, isVersionReported },
    ...{ installedReleaseId, installedActionId, updateStatus, wantsAttributes, autoConfirm },
    ...{ installedAt, lastSeenAt, address, revision, createdAt, createdBy },
    ...{ approval, timezone, hasTargetToken, targetTokenExpiresAt, previousTokenExpiresAt },
  };
}
