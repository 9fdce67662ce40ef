import type { FailureKind } from '../../src/modules/actions/action/action';
import type { Step } from '../../src/modules/actions/action/transition';

/** `cancelled by server` is a move with its end, `corrected to failed` the one correction; in brackets the kind of a failure. */
export function inWords(step: Step): string {
  switch (step.kind) {
    case 'move':
      return step.endedBy === undefined ? step.to : `${step.to} by ${step.endedBy}${kindOf(step)}`;
    case 'correct':
      return `corrected to ${step.to}${kindOf(step)}`;
    default:
      return step.kind;
  }
}

function kindOf({ failureKind }: { failureKind?: FailureKind }): string {
  return failureKind === undefined ? '' : ` (${failureKind})`;
}
