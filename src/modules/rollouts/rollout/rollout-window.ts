import { parseTimeZone, type TimeZone } from '../../../platform/calendar/time-zone';
import { WeekHours, type WeekSpan } from '../../../platform/calendar/week-hours';
import { FieldError } from '../../../platform/errors/domain.error';
import { Remembered } from '../../../platform/memory/remembered';
import type { WindowState } from '../../actions/action/maintenance-window';

/** When devices may be offered something: from a time of day to another, on some days of the week. */
export interface RolloutWindow {
  /** 1 Monday … 7 Sunday: of the day on which it opens. */
  readonly days: readonly number[];
  /** Minutes after midnight, by the clock on the wall. */
  readonly fromMinute: number;
  /** Not above 24 × 60; not above `fromMinute`: on the next day. */
  readonly toMinute: number;
  /** Whose wall: an IANA name or `±hh:mm`; undefined: each device's own, and UTC where none is known. */
  readonly timezone: string | undefined;
}

/** A window as it comes back from JSON, which leaves out what is undefined. */
export function windowOf(stored: RolloutWindow): RolloutWindow {
  return { ...stored, timezone: stored.timezone ?? undefined };
}

const DAY_MINUTES = 24 * 60;
const UTC: TimeZone = { utcOffset: 0 };
/** Windows of several walls that follow each other without a break; of an endless row so many are looked at. */
const MOST_IN_A_ROW = 100;
const MOST_REMEMBERED = 2000;

interface Finding {
  readonly state: WindowState;
  readonly foundAtMs: number;
  /** From then on it is to be searched for again. */
  readonly untilMs: number;
}

/** The windows of one rollout, ready to be asked at every poll. */
export class RolloutWindows {
  private readonly walls: readonly { zone: TimeZone | undefined; hours: WeekHours }[];
  /** By the device's zone; good until the window opens or closes. */
  private readonly findings = new Map<string, Finding>();
  /** Some window goes by each device's own clock. */
  readonly asksForZone: boolean;

  constructor(windows: readonly RolloutWindow[]) {
    const zones = [...new Set(windows.map(({ timezone }) => timezone))];
    this.asksForZone = zones.includes(undefined);
    this.walls = zones.flatMap((name) => {
      // A zone that this version cannot read: better never than at any time.
      const zone = name === undefined ? undefined : knownZones.answerTo(name);
      if (name !== undefined && zone === undefined) return [];
      return [
        { zone, hours: new WeekHours(windows.filter((one) => one.timezone === name).flatMap(spansOf)) },
      ];
    });
  }

  /** `timezone`: the device's, as it was set or told; one that is none counts as UTC. */
  stateAt(timezone: string | undefined, nowMs: number): WindowState {
    const key = this.asksForZone ? (timezone ?? '') : '';
    const known = this.findings.get(key);
    if (known !== undefined && nowMs >= known.foundAtMs && nowMs < known.untilMs) return known.state;
    const found = this.search((key === '' ? undefined : knownZones.answerTo(key)) ?? UTC, nowMs);
    if (this.findings.size >= MOST_REMEMBERED) this.findings.clear();
    this.findings.set(key, found);
    return found.state;
  }

  private search(own: TimeZone, nowMs: number): Finding {
    const closesAtMs = this.closeAfter(own, nowMs);
    if (closesAtMs !== undefined)
      return { state: { kind: 'open', closesAtMs }, foundAtMs: nowMs, untilMs: closesAtMs };
    const opensAtMs = Math.min(
      ...this.walls.map(({ zone, hours }) => hours.stateAt(zone ?? own, nowMs).untilMs),
    );
    if (opensAtMs === Infinity) return { state: { kind: 'over' }, foundAtMs: nowMs, untilMs: Infinity };
    return { state: { kind: 'ahead', opensAtMs }, foundAtMs: nowMs, untilMs: opensAtMs };
  }

  /** Undefined when none is open. Goes from wall to wall: what one closes another may hold open. */
  private closeAfter(own: TimeZone, nowMs: number): number | undefined {
    let closesAtMs: number | undefined;
    for (let inRow = 0; inRow < MOST_IN_A_ROW; inRow += 1) {
      const atMs = closesAtMs ?? nowMs;
      const open = this.walls
        .map(({ zone, hours }) => hours.stateAt(zone ?? own, atMs))
        .filter(({ isOpen }) => isOpen);
      if (open.length === 0) return closesAtMs;
      closesAtMs = Math.max(...open.map(({ untilMs }) => untilMs));
      if (closesAtMs === Infinity) return closesAtMs;
    }
    return closesAtMs;
  }
}

function spansOf({ days, fromMinute, toMinute }: RolloutWindow): WeekSpan[] {
  const length = toMinute > fromMinute ? toMinute - fromMinute : toMinute + DAY_MINUTES - fromMinute;
  return days.map((day) => {
    const opens = (day - 1) * DAY_MINUTES + fromMinute;
    return { fromMinute: opens, toMinute: opens + length };
  });
}

/** Zones by the text that names them, which may be a device's own word. */
const knownZones = new Remembered(MOST_REMEMBERED, readZone);

function readZone(text: string): TimeZone | undefined {
  try {
    return parseTimeZone(text);
  } catch (error) {
    if (error instanceof FieldError) return undefined;
    throw error;
  }
}
