import type { Reason } from './decision';
import { pass, stop, type Question } from './question';
import type { Target } from './target';

/** Rule 7, which force passes over: how often, how soon again, and not while an update that timed out may be under way. */
export function exhausted(question: Question, target: Target): Reason | undefined {
  if (target.isForced) return undefined;
  const quiet = stillQuiet(question);
  if (quiet !== undefined) return quiet;
  const { device, nowMs } = question;
  const ended = device.attempts[target.origin];
  const attempts = ended?.count ?? 0;
  const allowed = target.rollout?.attempts ?? 1;
  if (attempts >= allowed) return stop(question, 7, 'exhausted', { attempts, allowed });
  const againAtMs = (ended?.lastEndedAtMs ?? 0) + (target.rollout?.retryBackoffMs ?? 0);
  if (attempts > 0 && nowMs < againAtMs)
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
