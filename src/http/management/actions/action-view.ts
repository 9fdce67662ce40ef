import { ApiSchema } from '@nestjs/swagger';
import {
  ACTION_STATES,
  ACTION_TYPES,
  FAILURE_KINDS,
  type Action,
  type ActionState,
  type ActionType,
  type EndedBy,
  type FailureKind,
} from '../../../modules/actions/action/action';
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
import { WindowView, windowView } from '../assignments/window-view';
import { pageSchema } from '../page-query';

const ENDERS = ['device', 'server', 'cancel'] as const satisfies EndedBy[];
const VERDICTS = ['success', 'failure'] as const;

/** An action as the API shows it. */
@ApiSchema({ name: 'Action' })
export class ActionView {
  @ShowsId({ description: 'Also the id in the URLs of the device.' })
  id!: string;

  @ShowsText({ example: 'sensor-7' })
  controllerId!: string;

  @ShowsId()
  releaseId!: string;

  @ShowsText({ description: 'What the attempt counts against.', example: 'rollout:12' })
  origin!: string;

  @ShowsFlag()
  isForced!: boolean;

  @ShowsId({ optional: true })
  rolloutId?: string | undefined;

  @ShowsCount({ optional: true })
  wave?: number | undefined;

  @ShowsId({ optional: true })
  assignmentId?: string | undefined;

  @ShowsWord(ACTION_TYPES, { schemaName: 'ActionType' })
  type!: ActionType;

  @ShowsInstant({ optional: true, description: 'From when on a time-forced update is forced.' })
  forceAt?: Date | undefined;

  @ShowsCount({ description: 'Of several open actions of a device the heaviest comes first.' })
  weight!: number;

  @ShowsPart(WindowView, { optional: true })
  window?: WindowView | undefined;

  @ShowsCount({ optional: true, description: 'The status code that the device reported last.' })
  lastCode?: number | undefined;

  @ShowsWord(ACTION_STATES, { schemaName: 'ActionState' })
  state!: ActionState;

  @ShowsFlag({ description: 'The device was seen to work on it.' })
  hasProof!: boolean;

  @ShowsWord(ENDERS, { optional: true, schemaName: 'EndedBy' })
  endedBy?: EndedBy | undefined;

  @ShowsWord(VERDICTS, { optional: true, description: "The device's own last word." })
  deviceVerdict?: (typeof VERDICTS)[number] | undefined;

  @ShowsWord(FAILURE_KINDS, {
    optional: true,
    schemaName: 'FailureKind',
    description: 'What kind of failure it was, if it was one.',
  })
  failureKind?: FailureKind | undefined;

  @ShowsFlag({ description: 'It counts once the device reports the version, and not before.' })
  awaitsVersion!: boolean;

  @ShowsFlag({ description: 'A late report corrected the end.' })
  isCorrected!: boolean;

  @ShowsText({ optional: true })
  previousVersion?: string | undefined;

  @ShowsCount()
  logCount!: number;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsInstant()
  changedAt!: Date;

  @ShowsInstant({ optional: true, description: 'When the device fetched it first.' })
  retrievedAt?: Date | undefined;

  @ShowsInstant({ optional: true, description: 'When the device said that it has installed it.' })
  installedAt?: Date | undefined;

  @ShowsInstant({
    optional: true,
    description: 'When it is given up unless it moves on; absent once it is over.',
  })
  dueAt?: Date | undefined;

  @ShowsInstant({ optional: true })
  endedAt?: Date | undefined;
}

export const ActionPage = pageSchema('ActionPage', ActionView);

export function actionView(action: Action): Shown<ActionView> {
  const { id, controllerId, releaseId, origin, isForced, rolloutId, wave, state, hasProof } = action;
  const { assignmentId, type, forceAt, weight, lastCode } = action;
  const window = action.window === undefined ? undefined : windowView(action.window);
  const { endedBy, deviceVerdict, isCorrected, previousVersion, logCount } = action;
  const { failureKind, awaitsVersion } = action;
  const { createdAt, changedAt, retrievedAt, installedAt, dueAt, endedAt } = action;
  return {
    ...{ id, controllerId, releaseId, origin, isForced, rolloutId, wave, state, hasProof },
    ...{ assignmentId, type, forceAt, weight, window, lastCode },
    ...{ endedBy, deviceVerdict, isCorrected, previousVersion, logCount },
    ...{ failureKind, awaitsVersion },
    ...{ createdAt, changedAt, retrievedAt, installedAt, dueAt, endedAt },
  };
}
