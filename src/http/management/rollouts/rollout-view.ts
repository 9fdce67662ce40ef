import { ApiSchema } from '@nestjs/swagger';
import { ACTION_TYPES, type ActionState, type ActionType } from '../../../modules/actions/action';
import { ROLLOUT_STATES, type RolloutState } from '../../../modules/rollouts/rollout';
import type { CountedRollout } from '../../../modules/rollouts/rollouts.service';
import {
  ShowsCount,
  ShowsFlag,
  ShowsId,
  ShowsInstant,
  ShowsMap,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../shared/shown-field';
import { pageSchema } from '../page-query';

/** A rollout as the API shows it. */
@ApiSchema({ name: 'Rollout' })
export class RolloutView {
  @ShowsId()
  id!: string;

  @ShowsText()
  name!: string;

  @ShowsText({ optional: true, example: 'stable' })
  feed?: string | undefined;

  @ShowsId()
  releaseId!: string;

  @ShowsWord(ROLLOUT_STATES, { schemaName: 'RolloutState' })
  state!: RolloutState;

  @ShowsCount()
  priority!: number;

  @ShowsCount({ optional: true })
  inFlightCap?: number | undefined;

  @ShowsCount()
  attempts!: number;

  @ShowsFlag()
  allowsDowngrade!: boolean;

  @ShowsWord(ACTION_TYPES, { schemaName: 'ActionType' })
  type!: ActionType;

  @ShowsInstant({ optional: true })
  forceAt?: Date | undefined;

  @ShowsFlag({ description: 'The user of the device is asked, where the tenant asks.' })
  confirmation!: boolean;

  @ShowsCount({ description: 'How many devices were admitted.' })
  admitted!: number;

  @ShowsMap('integer', {
    description: 'How many of them are in which state of an action. Exact.',
    example: { confirmed: 12, failed: 1 },
  })
  devices!: Readonly<Partial<Record<ActionState, number>>>;

  @ShowsCount({ description: 'What If-Match compares.' })
  revision!: number;

  @ShowsInstant({ optional: true })
  startedAt?: Date | undefined;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsText({ example: 'user:admin' })
  createdBy!: string;
}

export const RolloutPage = pageSchema('RolloutPage', RolloutView);

export function rolloutView(rollout: CountedRollout): Shown<RolloutView> {
  const { id, name, releaseId, state, priority, attempts, allowsDowngrade } = rollout;
  const { feed } = rollout.population;
  const { inFlightCap } = rollout.pace;
  const { type, forceAt, needsConfirmation: confirmation } = rollout.terms;
  const { admitted, devices, revision, startedAt, createdAt, createdBy } = rollout;
  return {
    ...{ id, name, feed, releaseId, state, priority, inFlightCap, attempts, allowsDowngrade },
    ...{ type, forceAt, confirmation },
    ...{ admitted, devices, revision, startedAt, createdAt, createdBy },
  };
}
