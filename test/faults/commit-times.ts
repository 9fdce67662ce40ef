import { ask } from './connection';

/** When Postgres committed what a rollout did, as milliseconds since 1970, in order. */
export interface CommitTimes {
  readonly admissions: readonly number[];
  readonly confirmations: readonly number[];
}

/** How a rollout went on after a moment. */
export interface GoingOn {
  /** From the moment to the first admission after it. Infinite: there was none. */
  readonly admittedAfterMs: number;
  readonly confirmedAfterMs: number;
  /** In the time looked at, between one and the next. */
  readonly longestAdmissionGapMs: number;
  readonly longestConfirmationGapMs: number;
  /** In the time looked at, and in as long a time before. */
  readonly admissions: { readonly before: number; readonly after: number };
  readonly confirmations: { readonly before: number; readonly after: number };
}

/** Log lines and events are written once and never changed: their `xmin` is the transaction that wrote them. */
const COMMITTED = 'extract(epoch FROM pg_xact_commit_timestamp(x.xmin))::float8 * 1000 AS ms';
const ADMISSIONS = `SELECT ${COMMITTED} FROM action_log x JOIN action
    ON action.tenant_id = x.tenant_id AND action.id = x.action_id
  WHERE action.rollout_id = $1 AND x.seq = 1 ORDER BY ms`;
const CONFIRMATIONS = `SELECT ${COMMITTED} FROM event x
  WHERE x.kind = 'action.ended' AND x.detail->>'rolloutId' = $1 AND x.detail->>'to' = 'confirmed' ORDER BY ms`;

/** Needs a Postgres with `track_commit_timestamp`. */
export async function commitTimes(databaseUrl: string, rolloutId: string): Promise<CommitTimes> {
  const timesOf = async (sql: string): Promise<number[]> =>
    (await ask<{ ms: number }>(databaseUrl, sql, [rolloutId])).map(({ ms }) => ms);
  return { admissions: await timesOf(ADMISSIONS), confirmations: await timesOf(CONFIRMATIONS) };
}

export function goingOnAfter(times: CommitTimes, momentMs: number, spanMs: number): GoingOn {
  const { admissions, confirmations } = times;
  return {
    admittedAfterMs: firstAfter(admissions, momentMs),
    confirmedAfterMs: firstAfter(confirmations, momentMs),
    longestAdmissionGapMs: longestGap(admissions, momentMs, spanMs),
    longestConfirmationGapMs: longestGap(confirmations, momentMs, spanMs),
    admissions: around(admissions, momentMs, spanMs),
    confirmations: around(confirmations, momentMs, spanMs),
  };
}

function firstAfter(times: readonly number[], momentMs: number): number {
  return Math.round((times.find((ms) => ms >= momentMs) ?? Number.POSITIVE_INFINITY) - momentMs);
}

/** The time looked at has an end: what comes after it comes too late to shorten the gap. */
function longestGap(times: readonly number[], momentMs: number, spanMs: number): number {
  const end = momentMs + spanMs;
  const marks = [momentMs, ...times.filter((ms) => ms > momentMs && ms < end), end];
  return Math.round(Math.max(...marks.slice(1).map((ms, index) => ms - (marks[index] ?? ms))));
}

function around(
  times: readonly number[],
  momentMs: number,
  spanMs: number,
): { readonly before: number; readonly after: number } {
  const between = (from: number, to: number): number => times.filter((ms) => ms >= from && ms < to).length;
  return { before: between(momentMs - spanMs, momentMs), after: between(momentMs, momentMs + spanMs) };
}
