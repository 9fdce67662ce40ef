import { ApiSchema } from '@nestjs/swagger';
import { ACTION_TYPES, type ActionType } from '../../../modules/actions/action/action';
import type { Assignment, AssignmentOutcome } from '../../../modules/updates/orders/assignment';
import {
  ShowsCount,
  ShowsFlag,
  ShowsId,
  ShowsInstant,
  ShowsPart,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../shared/shown-field';
import { pageSchema } from '../page-query';
import { WindowView, windowView } from './window-view';

/** An assignment as the API shows it. */
@ApiSchema({ name: 'Assignment' })
export class AssignmentView {
  @ShowsId()
  id!: string;

  @ShowsId()
  release!: string;

  @ShowsWord(ACTION_TYPES, { schemaName: 'ActionType' })
  type!: ActionType;

  @ShowsInstant({ optional: true })
  forceAt?: Date | undefined;

  @ShowsCount()
  weight!: number;

  @ShowsPart(WindowView, { optional: true })
  window?: WindowView | undefined;

  @ShowsFlag({ description: 'The user of the device is asked, where the tenant asks.' })
  confirmation!: boolean;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsText({ example: 'user:admin' })
  createdBy!: string;
}

/** The action that one of the devices got. */
@ApiSchema({ name: 'AssignedAction' })
export class AssignedActionView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'sensor-7' })
  controllerId!: string;
}

/** An assignment just made. */
@ApiSchema({ name: 'MadeAssignment' })
export class MadeAssignmentView extends AssignmentView {
  @ShowsCount({ description: 'Devices that got an action.' })
  assigned!: number;

  @ShowsCount({ description: 'Devices that had this release assigned before.' })
  alreadyAssigned!: number;

  @ShowsPart(AssignedActionView, { isList: true })
  actions!: readonly AssignedActionView[];
}

export const AssignmentPage = pageSchema('AssignmentPage', AssignmentView);

export function assignmentView({
  id,
  releaseId,
  terms,
  createdAt,
  createdBy,
}: Assignment): Shown<AssignmentView> {
  const { type, forceAt, weight, needsConfirmation } = terms;
  const window = terms.window === undefined ? undefined : windowView(terms.window);
  return {
    ...{ id, release: releaseId, type, forceAt, weight, window, confirmation: needsConfirmation },
    ...{ createdAt, createdBy },
  };
}

export function madeAssignmentView(outcome: AssignmentOutcome): Shown<MadeAssignmentView> {
  return {
    ...assignmentView(outcome.assignment),
    assigned: outcome.actions.length,
    alreadyAssigned: outcome.alreadyAssigned.length,
    actions: outcome.actions.map(({ id, controllerId }) => ({ id, controllerId })),
  };
}
