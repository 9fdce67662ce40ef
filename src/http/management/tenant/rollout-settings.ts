import { ApiSchema } from '@nestjs/swagger';
import { percentOf, shareOf } from '../../../modules/rollouts/checks/percentage';
import { DEADLINE_BOUNDS, type Deadlines } from '../../../modules/tenants/deadlines';
import type { Freeze } from '../../../modules/tenants/freeze';
import type { Breaker, RolloutPolicy, SettingsChange } from '../../../modules/tenants/tenant-settings';
import { durationText } from '../../../platform/config/units';
import { FieldsError } from '../../shared/validators/fields.error';
import { CountField } from '../../shared/validators/count-field';
import { DurationField, durationMs } from '../../shared/validators/duration-field';
import { FlagField } from '../../shared/validators/flag-field';
import { InstantField } from '../../shared/validators/instant-field';
import { PartsField } from '../../shared/validators/part-field';
import { PercentField } from '../../shared/validators/percent-field';
import { TextField } from '../../shared/validators/text-field';
import {
  ShowsCount,
  ShowsDuration,
  ShowsFlag,
  ShowsInstant,
  ShowsPart,
  ShowsPercent,
  ShowsText,
  type Shown,
} from '../../shared/shown-field';

const MEANING = {
  requiresApproval: 'Whether somebody else than who made a rollout has to approve it before it begins.',
  demandsPreview: 'Whether a start has to carry the hash of a preview that still holds.',
  freezes: 'Times in which rollouts offer nothing: holidays, an audit.',
  offered: 'Offered by a rollout and not fetched: it lapses.',
  assigned: 'Assigned by an operator and not fetched, or waiting behind another: it lapses.',
  consent: "The device's user does not say whether he consents: it lapses.",
  silent: 'Fetched, and not a word since: timed out, a failure.',
  confirm: 'Installed by its own word, and it does not show the version: rolled back, a failure.',
  cancel: 'Asked to cancel, and no answer: cancelled by the server.',
  whole: 'From the fetch to the end, whatever is reported in between: timed out, a failure.',
  quiet: 'After a time-out nothing is offered so long, unless the device reports.',
  failureShare:
    'A release that devices get without a rollout is withdrawn by more failures than this share of what is finished; 100: never.',
  sample: 'Counts as finished while less is.',
} as const;

const DEADLINE = { optional: true, least: DEADLINE_BOUNDS.min, most: DEADLINE_BOUNDS.max } as const;

/** A time in which rollouts offer nothing. */
@ApiSchema({ name: 'NewFreeze' })
export class FreezeBody {
  @InstantField()
  from!: string;

  @InstantField({
    description: 'After `from`; from this moment on offers go on.',
    example: '2030-02-03T06:00:00Z',
  })
  to!: string;

  @TextField({ most: 256, example: 'holidays' })
  reason!: string;
}

/** New demands on rollouts; what is left out stays. */
@ApiSchema({ name: 'RolloutPolicyChange' })
export class RolloutPolicyBody {
  @FlagField({ optional: true, description: MEANING.requiresApproval })
  requiresApproval?: boolean;

  @FlagField({ optional: true, description: MEANING.demandsPreview })
  demandsPreview?: boolean;

  @PartsField(FreezeBody, {
    ...{ optional: true, leastItems: 0, mostItems: 100 },
    description: `${MEANING.freezes} In place of those that there are.`,
  })
  freezes?: FreezeBody[];
}

/** New deadlines of actions; what is left out stays. */
@ApiSchema({ name: 'DeadlinesChange' })
export class DeadlinesBody {
  @DurationField({ ...DEADLINE, description: MEANING.offered, example: '1d' })
  offered?: string;

  @DurationField({ ...DEADLINE, description: MEANING.assigned, example: '90d' })
  assigned?: string;

  @DurationField({ ...DEADLINE, description: MEANING.consent, example: '30d' })
  consent?: string;

  @DurationField({ ...DEADLINE, description: MEANING.silent, example: '1d' })
  silent?: string;

  @DurationField({ ...DEADLINE, description: MEANING.confirm, example: '6h' })
  confirm?: string;

  @DurationField({ ...DEADLINE, description: MEANING.cancel, example: '1h' })
  cancel?: string;

  @DurationField({ ...DEADLINE, description: MEANING.whole, example: '7d' })
  whole?: string;

  @DurationField({ ...DEADLINE, description: MEANING.quiet, example: '1d' })
  quiet?: string;
}

/** When a release is withdrawn by itself; what is left out stays. */
@ApiSchema({ name: 'BreakerChange' })
export class BreakerBody {
  @PercentField({ optional: true, description: MEANING.failureShare })
  failureShare?: number;

  @CountField({ optional: true, min: 1, max: 1_000_000, description: MEANING.sample })
  sample?: number;
}

/** A time in which rollouts offer nothing. */
@ApiSchema({ name: 'Freeze' })
export class FreezeView {
  @ShowsInstant()
  from!: Date;

  @ShowsInstant()
  to!: Date;

  @ShowsText()
  reason!: string;
}

/** What is demanded of those who start rollouts. */
@ApiSchema({ name: 'RolloutPolicy' })
export class RolloutPolicyView {
  @ShowsFlag({ description: MEANING.requiresApproval })
  requiresApproval!: boolean;

  @ShowsFlag({ description: MEANING.demandsPreview })
  demandsPreview!: boolean;

  @ShowsPart(FreezeView, { isList: true, description: MEANING.freezes })
  freezes!: readonly FreezeView[];
}

/** How long an action may stay as it is before it is given up. */
@ApiSchema({ name: 'Deadlines' })
export class DeadlinesView {
  @ShowsDuration({ description: MEANING.offered })
  offered!: string;

  @ShowsDuration({ description: MEANING.assigned })
  assigned!: string;

  @ShowsDuration({ description: MEANING.consent })
  consent!: string;

  @ShowsDuration({ description: MEANING.silent })
  silent!: string;

  @ShowsDuration({ description: MEANING.confirm })
  confirm!: string;

  @ShowsDuration({ description: MEANING.cancel })
  cancel!: string;

  @ShowsDuration({ description: MEANING.whole })
  whole!: string;

  @ShowsDuration({ description: MEANING.quiet })
  quiet!: string;
}

/** When a release is withdrawn by itself that devices get without a rollout. */
@ApiSchema({ name: 'Breaker' })
export class BreakerView {
  @ShowsPercent({ description: MEANING.failureShare })
  failureShare!: number;

  @ShowsCount({ description: MEANING.sample })
  sample!: number;
}

/** @throws FieldsError for a freeze that ends before it begins */
export function policyChange(body: RolloutPolicyBody | undefined): SettingsChange['rollouts'] {
  if (body === undefined) return undefined;
  const { requiresApproval, demandsPreview, freezes } = body;
  return {
    requiresApproval,
    demandsPreview,
    freezes: freezes === undefined ? undefined : freezesOf(freezes),
  };
}

function freezesOf(bodies: readonly FreezeBody[]): Freeze[] {
  const freezes = bodies.map(({ from, to, reason }) => ({ from: new Date(from), to: new Date(to), reason }));
  const wrong = freezes.flatMap(({ from, to }, index) =>
    to > from ? [] : [[`rollouts.freezes[${index}].to`, 'must be after from']],
  );
  if (wrong.length > 0) throw new FieldsError(Object.fromEntries(wrong) as Record<string, string>);
  return freezes.sort((a, b) => a.from.getTime() - b.from.getTime());
}

export function deadlinesChange(body: DeadlinesBody | undefined): SettingsChange['deadlines'] {
  if (body === undefined) return undefined;
  const { offered, assigned, consent, silent, confirm, cancel, whole, quiet } = body;
  return {
    offeredMs: durationMs(offered),
    assignedMs: durationMs(assigned),
    consentMs: durationMs(consent),
    silentMs: durationMs(silent),
    confirmMs: durationMs(confirm),
    cancelMs: durationMs(cancel),
    wholeMs: durationMs(whole),
    quietMs: durationMs(quiet),
  };
}

export function breakerChange(body: BreakerBody | undefined): SettingsChange['breaker'] {
  if (body === undefined) return undefined;
  const { failureShare, sample } = body;
  return { share: failureShare === undefined ? undefined : shareOf(failureShare), sample };
}

export function policyView({
  requiresApproval,
  demandsPreview,
  freezes,
}: RolloutPolicy): Shown<RolloutPolicyView> {
  return { requiresApproval, demandsPreview, freezes };
}

export function deadlinesView(deadlines: Deadlines): Shown<DeadlinesView> {
  return {
    offered: durationText(deadlines.offeredMs),
    assigned: durationText(deadlines.assignedMs),
    consent: durationText(deadlines.consentMs),
    silent: durationText(deadlines.silentMs),
    confirm: durationText(deadlines.confirmMs),
    cancel: durationText(deadlines.cancelMs),
    whole: durationText(deadlines.wholeMs),
    quiet: durationText(deadlines.quietMs),
  };
}

export function breakerView({ share, sample }: Breaker): Shown<BreakerView> {
  return { failureShare: percentOf(share), sample };
}
