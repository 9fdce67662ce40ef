import { Cron } from 'croner';
import { cronerPattern } from './quartz-expression';
import type { TimeZone } from './time-zone';

/**
 * The starts of a Quartz cron expression in a time zone, to the second.
 *
 * Where clocks change: a start in the skipped hour comes at the first moment after it, and one in the repeated hour
 * comes once, the first time. A schedule that names no hours (`*`) follows the hours as they pass instead: it has no
 * starts in an hour that does not exist, and has them twice in one that does so twice.
 */
export class QuartzSchedule {
  private readonly cron: Cron;

  /** Throws a FieldError of `schedule` that names the field of the expression. */
  constructor(expression: string, zone: TimeZone) {
    this.cron = new Cron(cronerPattern(expression), {
      mode: '7-part',
      alternativeWeekdays: true,
      fixedTimeRule: 'no-wildcard',
      ...zone,
    });
  }

  /** The first start after this instant; undefined when none is left. */
  nextStartMs(afterMs: number): number | undefined {
    return this.cron.nextRun(new Date(afterMs))?.getTime();
  }

  /** The last start at or before this instant; undefined when there was none. */
  latestStartMs(untilMs: number): number | undefined {
    const secondAfter = (Math.floor(untilMs / 1000) + 1) * 1000;
    return this.cron.previousRuns(1, new Date(secondAfter))[0]?.getTime();
  }
}
