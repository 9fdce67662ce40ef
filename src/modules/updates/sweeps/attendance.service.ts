import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { Database, type Sql } from '../../../platform/database/database';

/** Rounds that are further apart than that: nobody was there, or Postgres was not. */
const ABSENCE = `interval '30 seconds'`;
/** Who stayed away longer waits no longer for devices to come back: those that live have long tried again. */
const MOST_PATIENCE = `interval '6 hours'`;
/** So often is enough to be seen. */
const NOTE_EVERY_MS = 5000;

const NOTE = `
  INSERT INTO attendance AS a (place, seen_at, since, patient_until) VALUES ('server', $1, $1, $1)
  ON CONFLICT ON CONSTRAINT attendance_pk DO UPDATE
     SET seen_at = excluded.seen_at,
         since = CASE WHEN excluded.seen_at - a.seen_at > ${ABSENCE} THEN excluded.seen_at ELSE a.since END,
         patient_until = CASE WHEN excluded.seen_at - a.seen_at > ${ABSENCE}
           THEN excluded.seen_at + least(${MOST_PATIENCE},
                  excluded.seen_at - a.seen_at + greatest(a.patient_until - a.seen_at, interval '0'))
           ELSE a.patient_until END`;

/**
 * Whether somebody was there to hear devices. Failures that only time tells (silence, deadlines) would otherwise be counted by the
 * hundred after an outage of our own, and stop good rollouts: after one, devices get as long as it lasted to be heard again.
 */
@Injectable()
export class AttendanceService {
  private notedAtMs: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Before each timed round, by every replica: one that is there is enough. */
  async note(): Promise<void> {
    const now = this.clock.now();
    const sinceMs = this.notedAtMs === undefined ? Infinity : Math.abs(now.getTime() - this.notedAtMs);
    if (sinceMs < NOTE_EVERY_MS) return;
    await this.database.query(NOTE, [now]);
    this.notedAtMs = now.getTime();
  }

  /** Until when time alone makes no failure; undefined: it does. `mostMs`: of waiting, for what needs no more. */
  async patientUntil(sql: Sql, now: Date, mostMs = Infinity): Promise<Date | undefined> {
    const [row] = await sql.query<{ since: Date; patient_until: Date }>(
      `SELECT since, patient_until FROM attendance WHERE place = 'server' AND patient_until > $1`,
      [now],
    );
    if (row === undefined) return undefined;
    const untilMs = Math.min(row.patient_until.getTime(), row.since.getTime() + mostMs);
    return untilMs > now.getTime() ? new Date(untilMs) : undefined;
  }
}
