import type { Attempts } from '../plan/candidate';
import type { Reason } from './decision';
import { pass, stop, type Question } from './question';
import type { Target } from './target';

/** Rule 7, which force passes over: how often, how soon again, and not while an update that timed out may be under way. */
export function exhausted(question: Question, target: Target): Reason | undefined {
  if (target.isForced) return undefined;
  const quiet = stillQuiet(question);
  if (quiet !== undefined) return quiet;
  const ended = question.device.attempts[target.origin] ?? NONE;
  return usedUp(question, ended, target.rollout ?? DIRECT);
}

const NONE: Attempts = { count: 0, lastEndedAtMs: 0 };
/** Without a rollout. */
const DIRECT = { attempts: 1, retryBackoffMs: 0 };

function usedUp(
  question: Question,
  { count: attempts, lastEndedAtMs }: Attempts,
  { attempts: allowed, retryBackoffMs }: typeof DIRECT,
): Reason | undefined {
  if (attempts >= allowed) return stop(question, 7, 'exhausted', { attempts, allowed });
  const againAtMs = lastEndedAtMs + retryBackoffMs;
  if (attempts > 0 && question.nowMs < againAtMs)
    return stop(question, 7, 'waiting-to-retry', { attempts, allowed, until: instantText(againAtMs) });
  pass(question, 7, 'attempts-left', { attempts, allowed });
  return undefined;
}

/** A part of rule 7 that holds what an operator assigned as well. */
export function stillQuiet(question: Question): Reason | undefined {
  const { quietUntilMs } = question.device;
  if (quietUntilMs === undefined || question.nowMs >= quietUntilMs) return undefined;
  return stop(question, 7, 'quiet', { until: instantText(quietUntilMs) });
}

/** Years beyond the calendar's end are no reason to fail. */
function instantText(epochMs: number): string {
  return epochMs > 8.64e15 ? 'the end of days' : new Date(epochMs).toISOString();
}
