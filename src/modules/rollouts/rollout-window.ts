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
