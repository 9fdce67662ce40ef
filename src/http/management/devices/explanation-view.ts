import { ApiSchema } from '@nestjs/swagger';
import type { Explanation } from '../../../modules/updates/explain/explain.service';
import type { Decision } from '../../../modules/rollouts/rules/decision';
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

const DECISIONS = [
  'nothing',
  'offer',
  'continue',
  'withdraw',
  'cancel',
] as const satisfies Decision['kind'][];
const OUTCOMES = ['passed', 'decided', 'skipped'] as const;

/** What the device's next poll would lead to. */
@ApiSchema({ name: 'Decision' })
export class DecisionView {
  @ShowsWord(DECISIONS)
  kind!: Decision['kind'];

  @ShowsText({ optional: true, description: 'Why nothing, or why it is taken back.', example: 'no-rollout' })
  reason?: string;

  @ShowsId({ optional: true })
  releaseId?: string;

  @ShowsText({ optional: true, description: 'What the attempt counts against.', example: 'rollout:12' })
  origin?: string;

  @ShowsFlag({ optional: true })
  isForced?: boolean;

  @ShowsId({ optional: true })
  rolloutId?: string | undefined;

  @ShowsCount({ optional: true })
  wave?: number | undefined;

  @ShowsId({ optional: true })
  actionId?: string;
}

/** One rule that was tried. */
@ApiSchema({ name: 'ExplainedRule' })
export class RuleView {
  @ShowsCount()
  rule!: number;

  @ShowsText({ example: 'hardware' })
  name!: string;

  @ShowsWord(OUTCOMES)
  outcome!: (typeof OUTCOMES)[number];

  @ShowsText({ example: 'wrong-hardware' })
  code!: string;

  @ShowsText({ description: 'A sentence for the person who asks.' })
  text!: string;
}

/** Why the last offer that was decided was not admitted. */
@ApiSchema({ name: 'LastAdmission' })
export class LastAdmissionView {
  @ShowsText()
  code!: string;

  @ShowsText()
  planRevision!: string;

  @ShowsInstant()
  at!: Date;
}

/** Why a device gets what it gets. */
@ApiSchema({ name: 'Explanation' })
export class ExplanationView {
  @ShowsPart(DecisionView)
  decision!: DecisionView;

  @ShowsPart(RuleView, { isList: true, description: 'Every rule, in the order in which they were tried.' })
  trace!: readonly RuleView[];

  @ShowsPart(LastAdmissionView, { optional: true })
  lastAdmission?: LastAdmissionView | undefined;

  @ShowsText()
  planRevision!: string;
}

export function explanationView(explanation: Explanation): Shown<ExplanationView> {
  const { decision, trace, lastAdmission, planRevision } = explanation;
  return { decision: { ...decision }, trace, lastAdmission, planRevision };
}
