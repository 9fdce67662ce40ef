import { windowAt, type MaintenanceWindow } from '../../actions/action/maintenance-window';
import { profileOf } from '../../devices/device/client-profile';
import type { Candidate } from '../plan/candidate';
import type { Decision } from './decision';
import { nothing, pass, stop, type Question } from './question';
import type { RolloutWindows } from '../rollout/rollout-window';
import type { Target } from './target';

/** Rule 10, for what a rollout offers: neither in the tenant's freezes nor outside the rollout's windows, nor shortly before they close. */
export function beforeOpening(question: Question, { rollout, release }: Target): Decision | undefined {
  if (rollout === undefined) {
    pass(question, 10, 'no-window');
    return undefined;
  }
  const frozen = frozenNow(question);
  if (frozen !== undefined) return frozen;
  if (rollout.hours === undefined) {
    pass(question, 10, 'no-window');
    return undefined;
  }
  return outsideHours(question, rollout.hours, release.p90Ms);
}

function frozenNow(question: Question): Decision | undefined {
  const { nowMs, plan } = question;
  for (const { from, to, reason: why } of plan.settings.rollouts.freezes) {
    if (nowMs < from.getTime() || nowMs >= to.getTime()) continue;
    return nothing(stop(question, 10, 'frozen', { until: to.toISOString(), why }), to.getTime());
  }
  return undefined;
}

function outsideHours(
  question: Question,
  hours: RolloutWindows,
  takesMs: number | undefined,
): Decision | undefined {
  const timezone = timezoneOf(question.device);
  const state = hours.stateAt(timezone, question.nowMs);
  if (state.kind !== 'open') {
    const opensAtMs = state.kind === 'ahead' ? state.opensAtMs : undefined;
    const detail = { whose: "rollout's", opensAt: instantText(opensAtMs) };
    return nothing(stop(question, 10, 'window-closed', detail), opensAtMs);
  }
  const { closesAtMs } = state;
  if (takesMs === undefined || closesAtMs - question.nowMs >= takesMs) {
    pass(question, 10, 'window-open', { whose: "rollout's" });
    return undefined;
  }
  const next = hours.stateAt(timezone, closesAtMs);
  const opensAtMs = next.kind === 'ahead' ? next.opensAtMs : undefined;
  return nothing(
    stop(question, 10, 'too-late-in-window', {
      closesAt: instantText(closesAtMs),
      opensAt: instantText(opensAtMs),
      takes: `${Math.ceil(takesMs / 60_000)} min`,
    }),
    opensAtMs,
  );
}

/** What an operator set, else what the device told. */
export function timezoneOf({ timezone, row }: Candidate): string | undefined {
  if (timezone !== undefined || row === undefined) return timezone;
  for (const name of Object.keys(row.attributes))
    if (name.toLowerCase() === 'timezone') return row.attributes[name];
  return undefined;
}

/**
 * Rule 10, for an action with a maintenance window. A client that can hold an update back is shown it all the time, and told
 * not to install (hawkBit's R18); another one is shown it only while the window is open.
 */
export function outsideWindow(
  question: Question,
  window: MaintenanceWindow | undefined,
): Decision | undefined {
  if (window === undefined) return undefined;
  const state = windowAt(window, question.nowMs);
  if (state.kind === 'open') {
    pass(question, 10, 'window-open', { whose: 'maintenance' });
    return undefined;
  }
  const { client } = question.device;
  const opensAtMs = state.kind === 'ahead' ? state.opensAtMs : undefined;
  const opensAt = instantText(opensAtMs);
  if (profileOf(client).holdsInstall) {
    pass(question, 10, 'window-held', { opensAt });
    return undefined;
  }
  const because = `, and the client (${client}) cannot hold an update back, so it is shown none`;
  return nothing(stop(question, 10, 'window-closed', { whose: 'maintenance', opensAt, because }), opensAtMs);
}

function instantText(epochMs: number | undefined): string {
  return epochMs === undefined || epochMs > 8.64e15 ? 'the end of days' : new Date(epochMs).toISOString();
}
