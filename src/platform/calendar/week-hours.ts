import type { TimeZone } from './time-zone';
import { nextTurnMs, zoneOffsetMs } from './zone-offset';

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;
const WEEK_MS = WEEK_MINUTES * MINUTE_MS;
/** 1 January 1970 was a Thursday. */
const FIRST_MONDAY_MS = 4 * 24 * 60 * MINUTE_MS;
/** Clocks turn a few times a year, and a week is all that is searched. */
const MOST_TURNS = 16;

/** Minutes since Monday 00:00; what passes the end of the week goes on at its beginning. */
export interface WeekSpan {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Whether the clock on the wall is within the hours, and until when that stays so (Infinity: for ever). */
export interface HoursState {
  readonly isOpen: boolean;
  readonly untilMs: number;
}

/**
 * Hours that come again each week by the clock on a wall. They are open whenever that clock shows a time within them, and at no
 * other time: what lies in an hour that is skipped does not come, and what lies in one that is repeated comes twice.
 */
export class WeekHours {
  private readonly spans: readonly WeekSpan[];

  constructor(spans: readonly WeekSpan[]) {
    this.spans = merged(spans.flatMap(withinWeek));
  }

  stateAt(zone: TimeZone, epochMs: number): HoursState {
    const isOpen = this.isOpenAt(zone, epochMs);
    let fromMs = epochMs;
    for (let turns = 0; turns < MOST_TURNS; turns += 1) {
      const offsetMs = zoneOffsetMs(zone, fromMs);
      const changeMs = this.nextChangeMs(fromMs + offsetMs, isOpen) - offsetMs;
      if (changeMs === Infinity) break;
      const turnMs = nextTurnMs(zone, fromMs, changeMs);
      if (turnMs === undefined) return { isOpen, untilMs: changeMs };
      if (this.isOpenAt(zone, turnMs) !== isOpen) return { isOpen, untilMs: turnMs };
      fromMs = turnMs;
    }
    return { isOpen, untilMs: Infinity };
  }

  private isOpenAt(zone: TimeZone, epochMs: number): boolean {
    const minute = intoWeekMs(epochMs + zoneOffsetMs(zone, epochMs)) / MINUTE_MS;
    return this.spans.some(({ fromMinute, toMinute }) => fromMinute <= minute && minute < toMinute);
  }

  /** By the clock on the wall, as if it never turned. */
  private nextChangeMs(wallMs: number, isOpen: boolean): number {
    const intoMs = intoWeekMs(wallMs);
    const weekMs = wallMs - intoMs;
    const minute = intoMs / MINUTE_MS;
    const minutes = isOpen ? this.closeAfter(minute) : this.openAfter(minute);
    return minutes === undefined ? Infinity : weekMs + minutes * MINUTE_MS;
  }

  private openAfter(minute: number): number | undefined {
    const [first] = this.spans;
    if (first === undefined) return undefined;
    const next = this.spans.find(({ fromMinute }) => fromMinute > minute);
    return next?.fromMinute ?? first.fromMinute + WEEK_MINUTES;
  }

  private closeAfter(minute: number): number | undefined {
    const current = this.spans.find((one) => one.fromMinute <= minute && minute < one.toMinute);
    const [first] = this.spans;
    if (current === undefined || first === undefined) return undefined;
    if (current.toMinute < WEEK_MINUTES || first.fromMinute > 0) return current.toMinute;
    return first.toMinute === WEEK_MINUTES ? undefined : first.toMinute + WEEK_MINUTES;
  }
}

function intoWeekMs(wallMs: number): number {
  const intoMs = (wallMs - FIRST_MONDAY_MS) % WEEK_MS;
  return intoMs < 0 ? intoMs + WEEK_MS : intoMs;
}

function withinWeek({ fromMinute, toMinute }: WeekSpan): WeekSpan[] {
  if (toMinute <= WEEK_MINUTES) return [{ fromMinute, toMinute }];
  return [
    { fromMinute, toMinute: WEEK_MINUTES },
    { fromMinute: 0, toMinute: toMinute - WEEK_MINUTES },
  ];
}

function merged(spans: readonly WeekSpan[]): WeekSpan[] {
  const row: { fromMinute: number; toMinute: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.fromMinute - b.fromMinute)) {
    const last = row.at(-1);
    if (last !== undefined && span.fromMinute <= last.toMinute)
      last.toMinute = Math.max(last.toMinute, span.toMinute);
    else if (span.toMinute > span.fromMinute) row.push({ ...span });
  }
  return row;
}
