import type { Candidate } from '../plan/candidate';
import type { Decision, Reason, RuleNumber, TraceLine } from './decision';
import type { Plan } from '../plan/plan';
import type { Beheld } from '../plan/population';

/** What is decided upon, and where the rules that were tried are noted. */
export interface Question {
  readonly device: Candidate;
  /** The same as filters see it. */
  readonly beheld: Beheld;
  readonly plan: Plan;
  readonly nowMs: number;
  readonly trace: TraceLine[];
}

/** The rule says nothing against it. */
export function pass(
  { trace }: Pick<Question, 'trace'>,
  rule: RuleNumber,
  code: string,
  detail?: TraceLine['detail'],
): void {
  trace.push(
    detail === undefined ? { rule, outcome: 'passed', code } : { rule, outcome: 'passed', code, detail },
  );
}

/** The rule ends it. */
export function stop(
  { trace }: Pick<Question, 'trace'>,
  rule: RuleNumber,
  reason: Reason,
  detail?: TraceLine['detail'],
): Reason {
  trace.push(
    detail === undefined
      ? { rule, outcome: 'decided', code: reason }
      : { rule, outcome: 'decided', code: reason, detail },
  );
  return reason;
}

export function nothing(reason: Reason, opensAtMs?: number): Extract<Decision, { kind: 'nothing' }> {
  return opensAtMs === undefined ? { kind: 'nothing', reason } : { kind: 'nothing', reason, opensAtMs };
}
