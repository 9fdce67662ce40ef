import { parseClockSpanMs } from '../../../platform/calendar/clock-span';
import { QuartzSchedule } from '../../../platform/calendar/quartz-schedule';
import { parseTimeZone } from '../../../platform/calendar/time-zone';
import { FieldError } from '../../../platform/errors/domain.error';

/** When an action's release may be installed: again and again, for a while from each start of a schedule. */
export interface MaintenanceWindow {
  /** When it opens: Quartz cron, `second minute hour day-of-month month day-of-week [year]`. */
  readonly schedule: string;
  /** How long it stays open, in time that passes, not in what a clock shows. */
  readonly durationMs: number;
  /** Whose clock the schedule means: `±hh:mm`, or an IANA name, which knows daylight saving. */
  readonly timezone: string;
}

/** A window as an operator writes it: its duration as `HH:mm:ss`. */
export interface WindowTerms {
  readonly schedule: string;
  readonly duration: string;
  readonly timezone: string;
}

/** `over`: no window is open and none will ever be; hawkBit then asks for the action's cancel at the next poll. */
export type WindowState =
  | { readonly kind: 'open'; readonly closesAtMs: number }
  | { readonly kind: 'ahead'; readonly opensAtMs: number }
  | { readonly kind: 'over' };

/** Windows that follow each other without a break are one; of an endless row so many are looked at. */
const MAX_IN_A_ROW = 50;
const MAX_REMEMBERED = 10_000;

interface Finding {
  readonly state: WindowState;
  readonly foundAtMs: number;
  /** From then on it is to be searched for again. */
  readonly untilMs: number;
}

/**
 * What was found last for each window, good until it opens or closes: the calendar is not searched at every poll of
 * every waiting device.
 */
const remembered = new Map<string, Finding>();

/**
 * Reads what an operator wrote. Throws a FieldError of `schedule`, `duration` or `timezone`; of `schedule` also when
 * no window is open at `nowMs` and none comes later.
 */
export function parseMaintenanceWindow(terms: WindowTerms, nowMs: number): MaintenanceWindow {
  const { schedule, timezone } = terms;
  const window = {
    schedule: schedule.trim(),
    durationMs: parseDurationMs(terms.duration),
    timezone: timezone.trim(),
  };
  if (search(window, nowMs).state.kind === 'over')
    throw new FieldError('schedule', 'has no window ahead: its last one is over, or its date never comes');
  return window;
}

/**
 * Whether the window is open, and until when that stays so. `closesAtMs` is the end of the last of windows that overlap
 * or touch; of a row of more than 25 it may be the end of a later one that is not the last: asked then, it is open.
 *
 * Where clocks change, a start in the skipped hour opens at the first moment after it, and one in the repeated hour
 * opens once, the first time. Only a schedule of all hours (`*`) goes by the hours as they pass. Throws a FieldError
 * when the window is none that {@link parseMaintenanceWindow} gave out.
 */
export function windowAt(window: MaintenanceWindow, nowMs: number): WindowState {
  const key = `${window.schedule}|${window.durationMs}|${window.timezone}`;
  const known = remembered.get(key);
  if (known !== undefined && nowMs >= known.foundAtMs && nowMs < known.untilMs) return known.state;
  const found = search(window, nowMs);
  remember(key, found);
  return found.state;
}

function search({ schedule, durationMs, timezone }: MaintenanceWindow, nowMs: number): Finding {
  const starts = new QuartzSchedule(schedule, parseTimeZone(timezone));
  const startMs = starts.latestStartMs(nowMs);
  if (startMs !== undefined && nowMs < startMs + durationMs)
    return { ...rowFrom(starts, startMs, durationMs), foundAtMs: nowMs };
  const opensAtMs = starts.nextStartMs(nowMs);
  if (opensAtMs === undefined) return { state: { kind: 'over' }, foundAtMs: nowMs, untilMs: Infinity };
  return { state: { kind: 'ahead', opensAtMs }, foundAtMs: nowMs, untilMs: opensAtMs };
}

/**
 * Steps from end to end rather than from start to start: of many starts within one window only the last counts. A row
 * that goes on is looked at again when half of what is known of it is over, so that much is left at any time.
 */
function rowFrom(starts: QuartzSchedule, startMs: number, durationMs: number): Omit<Finding, 'foundAtMs'> {
  let closesAtMs = startMs + durationMs;
  for (let inRow = 1; inRow < MAX_IN_A_ROW; inRow += 1) {
    const laterEndMs = (starts.latestStartMs(closesAtMs) ?? startMs) + durationMs;
    if (laterEndMs <= closesAtMs) return { state: { kind: 'open', closesAtMs }, untilMs: closesAtMs };
    closesAtMs = laterEndMs;
  }
  return { state: { kind: 'open', closesAtMs }, untilMs: (startMs + closesAtMs) / 2 };
}

/** Drops what has gone unchanged for longest when there are too many. */
function remember(key: string, finding: Finding): void {
  remembered.delete(key);
  remembered.set(key, finding);
  const [oldest] = remembered.keys();
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}

/** hawkBit takes `HH:mm` as well. */
function parseDurationMs(text: string): number {
  const written = text.trim();
  const durationMs = parseClockSpanMs(/^\d\d:\d\d$/.test(written) ? `${written}:00` : written) ?? 0;
  if (durationMs > 0) return durationMs;
  const shown = JSON.stringify(written.slice(0, 40));
  throw new FieldError('duration', `has ${shown}: allowed are 00:00:01 to 23:59:59, as HH:mm:ss`);
}
