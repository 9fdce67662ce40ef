import { ApiSchema } from '@nestjs/swagger';
import { FAILURE_KINDS, type FailureKind } from '../../../../modules/actions/action/action';
import {
  ROLLOUT_DEVICE_STATES,
  type RolloutDevice,
  type RolloutDeviceChoice,
  type RolloutDeviceState,
} from '../../../../modules/rollouts/rollout/rollout-device';
import {
  ShowsCount,
  ShowsId,
  ShowsInstant,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../../shared/shown-field';
import { ChoiceField } from '../../../shared/validators/choice-field';
import { QueryCountField } from '../../../shared/validators/count-field';
import { PageQuery, pageSchema } from '../../page-query';

/** Which devices of a rollout to list. */
export class RolloutDevicesQuery extends PageQuery {
  @ChoiceField(ROLLOUT_DEVICE_STATES, { optional: true, schemaName: 'RolloutDeviceState' })
  state?: RolloutDeviceState;

  @QueryCountField({ optional: true, min: 1, max: 1000, description: 'Only devices of this wave.' })
  wave?: number;

  @ChoiceField(['any', ...FAILURE_KINDS], {
    optional: true,
    description: 'Only failures: of this kind, or `any`.',
  })
  failure?: FailureKind | 'any';
}

export function deviceChoice({ state, wave, failure }: RolloutDevicesQuery): RolloutDeviceChoice {
  return { state, wave, failure };
}

/** A device that a rollout has admitted. */
@ApiSchema({ name: 'RolloutDevice' })
export class RolloutDeviceView {
  @ShowsText({ example: 'sensor-7' })
  controllerId!: string;

  @ShowsCount({ description: 'Fixed when it was admitted.' })
  wave!: number;

  @ShowsWord(ROLLOUT_DEVICE_STATES, { schemaName: 'RolloutDeviceState' })
  state!: RolloutDeviceState;

  @ShowsWord(FAILURE_KINDS, { optional: true, schemaName: 'FailureKind' })
  failureKind?: FailureKind | undefined;

  @ShowsId({ description: 'Its latest action; the log of that tells what the device said.' })
  actionId!: string;

  @ShowsId({ optional: true, description: 'What it ran when it was admitted.' })
  previousReleaseId?: string | undefined;

  @ShowsInstant({ optional: true, description: 'When its end was counted; absent while it is under way.' })
  settledAt?: Date | undefined;
}

export const RolloutDevicePage = pageSchema('RolloutDevicePage', RolloutDeviceView);

export function rolloutDeviceView(device: RolloutDevice): Shown<RolloutDeviceView> {
  const { controllerId, wave, state, failureKind, actionId, previousReleaseId, settledAt } = device;
  return { controllerId, wave, state, failureKind, actionId, previousReleaseId, settledAt };
}
