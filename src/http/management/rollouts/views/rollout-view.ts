import { ApiSchema } from '@nestjs/swagger';
import { ACTION_TYPES, type ActionType } from '../../../../modules/actions/action/action';
import type { Proposal } from '../../../../modules/rollouts/rollout/proposal';
import {
  CONFIRMATIONS,
  TRIP_ACTS,
  type Confirms,
  type TripAct,
} from '../../../../modules/rollouts/rollout/conduct';
import { ROLLOUT_STATES, type Halt, type RolloutState } from '../../../../modules/rollouts/rollout/rollout';
import type { Rollback } from '../../../../modules/rollouts/verbs/rollout-aborts.service';
import type { CountedRollout } from '../../../../modules/rollouts/rollouts.service';
import { durationText } from '../../../../platform/config/units';
import {
  ShowsCount,
  ShowsDuration,
  ShowsFlag,
  ShowsId,
  ShowsInstant,
  ShowsMap,
  ShowsPart,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../../shared/shown-field';
import { pageSchema } from '../../page-query';
import { MEANING } from '../rollout-meaning';
import { RampView, rampView, wavesView, WaveView, WindowView, windowView } from './wave-view';

/** Why a rollout stands still by itself. */
@ApiSchema({ name: 'Halt' })
export class HaltView {
  @ShowsWord(['failures', 'server'], {
    schemaName: 'HaltKind',
    description: '`server`: the fault is here, and not in the release.',
  })
  kind!: Halt['kind'];

  @ShowsCount({ optional: true, description: 'Absent: the rollout as a whole.' })
  wave?: number | undefined;

  @ShowsCount()
  failures!: number;

  @ShowsCount({ description: 'Of so many devices that had finished.' })
  finished!: number;

  @ShowsInstant()
  at!: string;
}

/** A change that waits until somebody else approves it. */
@ApiSchema({ name: 'RolloutProposal' })
export class ProposalView {
  @ShowsMap(undefined, { description: 'As it was said: the body of the `PATCH`.' })
  change!: Readonly<Record<string, unknown>>;

  @ShowsText({ example: 'user:admin' })
  by!: string;

  @ShowsInstant()
  at!: Date;
}

/** A rollout as the API shows it. */
@ApiSchema({ name: 'Rollout' })
export class RolloutView {
  @ShowsId()
  id!: string;

  @ShowsText()
  name!: string;

  @ShowsText({ optional: true, example: 'stable' })
  feed?: string | undefined;

  @ShowsText({ optional: true, description: MEANING.filter })
  filter?: string | undefined;

  @ShowsId({ optional: true, description: 'It brings back what the devices ran that this rollout updated.' })
  revertsRolloutId?: string | undefined;

  @ShowsId()
  releaseId!: string;

  @ShowsWord(ROLLOUT_STATES, { schemaName: 'RolloutState' })
  state!: RolloutState;

  @ShowsCount({ description: MEANING.priority })
  priority!: number;

  @ShowsCount({ optional: true, description: MEANING.inFlightCap })
  inFlightCap?: number | undefined;

  @ShowsCount({ optional: true, description: MEANING.offersPerMinute })
  offersPerMinute?: number | undefined;

  @ShowsPart(RampView, { optional: true, description: MEANING.ramp })
  ramp?: Shown<RampView> | undefined;

  @ShowsCount({ optional: true, description: MEANING.mostDevices })
  mostDevices?: number | undefined;

  @ShowsPart(WaveView, { isList: true })
  waves!: readonly Shown<WaveView>[];

  @ShowsCount({ description: 'The wave that has been reached, from 1.' })
  currentWave!: number;

  @ShowsCount({ description: MEANING.attempts })
  attempts!: number;

  @ShowsDuration({ description: MEANING.retryBackoff })
  retryBackoff!: string;

  @ShowsFlag()
  allowsDowngrade!: boolean;

  @ShowsWord(CONFIRMATIONS, { schemaName: 'Confirms', description: MEANING.confirms })
  confirms!: Confirms;

  @ShowsCount({ description: MEANING.silentPolls })
  silentPolls!: number;

  @ShowsWord(TRIP_ACTS, { schemaName: 'TripAct', description: MEANING.whenTripped })
  whenTripped!: TripAct;

  @ShowsInstant({ optional: true, description: MEANING.startAt })
  startAt?: Date | undefined;

  @ShowsPart(WindowView, { isList: true, description: MEANING.windows })
  windows!: readonly Shown<WindowView>[];

  @ShowsText({ description: 'What the order of its devices is drawn from: mostly its own id.' })
  salt!: string;

  @ShowsWord(ACTION_TYPES, { schemaName: 'ActionType' })
  type!: ActionType;

  @ShowsInstant({ optional: true })
  forceAt?: Date | undefined;

  @ShowsFlag({ description: 'The user of the device is asked, where the tenant asks.' })
  confirmation!: boolean;

  @ShowsPart(HaltView, { optional: true, description: 'Why it stands still by itself.' })
  halt?: HaltView | undefined;

  @ShowsPart(ProposalView, {
    optional: true,
    description: 'Goes beyond what was approved: `approve` does it, `deny` forgets it.',
  })
  proposal?: Shown<ProposalView> | undefined;

  @ShowsCount({ description: 'How many devices were admitted.' })
  admitted!: number;

  @ShowsMap('integer', {
    description: 'How many of them are in which state of an action, or `lost`. Exact.',
    example: { confirmed: 12, failed: 1 },
  })
  devices!: Readonly<Record<string, number>>;

  @ShowsCount({ description: 'What If-Match compares.' })
  revision!: number;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsText({ example: 'user:admin' })
  createdBy!: string;

  @ShowsInstant({ optional: true })
  startedAt?: Date | undefined;

  @ShowsText({ optional: true })
  startedBy?: string | undefined;

  @ShowsInstant({ optional: true })
  approvedAt?: Date | undefined;

  @ShowsText({ optional: true })
  approvedBy?: string | undefined;

  @ShowsInstant({ optional: true })
  endedAt?: Date | undefined;
}

/** The way back of an aborted rollout. */
@ApiSchema({ name: 'Rollback' })
export class RollbackView {
  @ShowsId({
    isList: true,
    description: 'The rollouts that bring it: one for each release that devices ran.',
  })
  rolloutIds!: readonly string[];

  @ShowsCount({ description: 'Devices of which nobody knows what they ran: they keep what they have.' })
  unknown!: number;

  @ShowsCount({
    description: 'Devices whose release before cannot be offered any more: they keep what they have.',
  })
  barred!: number;
}

/** A rollout that was aborted. */
@ApiSchema({ name: 'AbortedRollout' })
export class AbortedRolloutView extends RolloutView {
  @ShowsPart(RollbackView, { optional: true })
  rollback?: Rollback | undefined;
}

/** A rollout whose failed devices may try again. */
@ApiSchema({ name: 'RetriedRollout' })
export class RetriedRolloutView extends RolloutView {
  @ShowsCount({ description: 'Devices that may try again.' })
  retried!: number;
}

export const RolloutPage = pageSchema('RolloutPage', RolloutView);

export function rolloutView(rollout: CountedRollout): Shown<RolloutView> {
  const { id, name, releaseId, state, priority, currentWave, attempts, allowsDowngrade } = rollout;
  const { confirms, silentPolls, whenTripped, startAt, salt, mostDevices, halt } = rollout;
  const { feed, filter, revertsRolloutId } = rollout.population;
  const { inFlightCap, offersPerMinute, ramp } = rollout.pace;
  const { type, forceAt, needsConfirmation: confirmation } = rollout.terms;
  const { admitted, devices, revision, proposal } = rollout;
  return {
    ...{ id, name, feed, filter, revertsRolloutId, releaseId, state, priority, inFlightCap, offersPerMinute },
    ramp: ramp === undefined ? undefined : rampView(ramp),
    ...{ mostDevices, waves: wavesView(rollout), currentWave, attempts },
    retryBackoff: durationText(rollout.retryBackoffMs),
    ...{ allowsDowngrade, confirms, silentPolls, whenTripped, startAt, salt, type, forceAt, confirmation },
    windows: rollout.windows.map(windowView),
    ...{ halt, proposal: proposal === undefined ? undefined : proposalView(proposal) },
    ...{ admitted, devices, revision, ...historyView(rollout) },
  };
}

function proposalView({ said: change, by, at }: Proposal): Shown<ProposalView> {
  return { change, by, at };
}

type History =
  'createdAt' | 'createdBy' | 'startedAt' | 'startedBy' | 'approvedAt' | 'approvedBy' | 'endedAt';

function historyView(rollout: CountedRollout): Pick<Shown<RolloutView>, History> {
  const { createdAt, createdBy, startedAt, startedBy, approvedAt, approvedBy, endedAt } = rollout;
  return { createdAt, createdBy, startedAt, startedBy, approvedAt, approvedBy, endedAt };
}
