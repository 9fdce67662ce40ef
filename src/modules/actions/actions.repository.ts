import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { PageRequest } from '../../platform/database/page';
import type { Action, ActionTerms } from './action/action';
import type { ActionChange } from './action/action-change';
import type { EndedAction, ExposedDue, NewActions } from './action/new-action';
import { ACTION_COLUMNS, actionOf, type ActionRow } from './action-row';
import type { ActionNote } from './action/action-note';
import { NOTE_ALL, noteValues, written, type Noted } from './note-statement';
import { storableMessages, type LogEntry, type NewLogEntry } from './action/log-entry';

interface LogRow {
  action_id: string;
  seq: number;
  logged_at: Date;
  source: 'device' | 'server';
  status: string;
  code: number | null;
  messages: string[];
}

/** What an action is called from outside; its tenant is never left out. */
export interface ActionName {
  readonly tenantId: string;
  readonly id: string;
}

/** Appends one log entry to the action that `touched` names, numbered by the action itself: gapless, in commit order. */
const WRITE_LOG = `
  INSERT INTO action_log (tenant_id, action_id, seq, source, status, code, messages)
  SELECT $1, id, log_count, $3, $4, $5, $6 FROM touched`;

const INSERT = `
  WITH touched AS (
    INSERT INTO action (tenant_id, device_id, controller_id, previous_version, state, is_exposed, needs_confirmation,
           release_id, origin, is_forced, assignment_id, rollout_id, wave, lane, type, force_at, weight, window_schedule,
           window_duration_ms, window_timezone, log_count, previous_release_id, awaits_version, due_at)
    SELECT $1, n.device_id, n.controller_id, n.previous_version, n.state, n.state <> 'queued', n.needs_confirmation,
           $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 1, n.previous_release_id, n.awaits_version, n.due_at
      FROM unnest($2::bigint[], $7::text[], $8::text[], $9::text[], $10::boolean[], $24::bigint[], $25::boolean[],
                  $26::timestamptz[])
           AS n (device_id, controller_id, previous_version, state, needs_confirmation, previous_release_id, awaits_version,
                 due_at)
    RETURNING id, device_id, log_count),
  logged AS (${WRITE_LOG})
  SELECT id, device_id AS "deviceId" FROM touched`;

const EXPOSE_NEXT = `
  WITH touched AS (
    UPDATE action a SET is_exposed = true, previous_version = d.installed_version, log_count = a.log_count + 1, changed_at = now(),
           previous_release_id = d.installed_release_id,
           due_at = CASE WHEN a.needs_confirmation AND NOT d.auto_confirm THEN $8::timestamptz ELSE $7::timestamptz END,
           needs_confirmation = a.needs_confirmation AND NOT d.auto_confirm,
           state = CASE WHEN a.needs_confirmation AND NOT d.auto_confirm THEN 'awaiting-confirmation' ELSE 'offered' END
      FROM device d
     WHERE d.tenant_id = $1 AND d.id = $2 AND a.tenant_id = $1 AND a.id = (
             SELECT w.id FROM action w WHERE w.tenant_id = $1 AND w.device_id = $2 AND w.ended_at IS NULL AND NOT w.is_exposed
              ORDER BY w.weight DESC, w.id LIMIT 1)
       AND a.state = 'queued'
       AND NOT EXISTS (SELECT 1 FROM action x WHERE x.tenant_id = $1 AND x.device_id = $2 AND x.is_exposed)
    RETURNING a.id, a.log_count),
  logged AS (${WRITE_LOG})
  SELECT id FROM touched`;

@Injectable()
export class ActionsRepository {
  constructor(private readonly database: Database) {}

  async find(sql: Sql, tenantId: string, id: string): Promise<Action | undefined> {
    const [row] = await sql.query<ActionRow>(
      `SELECT ${ACTION_COLUMNS} FROM action a WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id],
    );
    return row === undefined ? undefined : actionOf(row);
  }

  /** In the order of `names`; undefined where there is none. */
  async findAll(names: readonly ActionName[]): Promise<(Action | undefined)[]> {
    const rows = await this.database.prepared<ActionRow & { position: string }>(
      'actions',
      `SELECT k.position, ${ACTION_COLUMNS} FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS k (tenant_id, id, position)
         JOIN action a ON a.tenant_id = k.tenant_id AND a.id = k.id`,
      [names.map((name) => name.tenantId), names.map((name) => name.id)],
    );
    const found = new Array<Action | undefined>(names.length).fill(undefined);
    for (const row of rows) found[Number(row.position) - 1] = actionOf(row);
    return found;
  }

  /**
   * What a version that a device reports may prove: the action it sees, if any, and the newest that is over. Where that one was
   * credited with a success that it did not bring about, the one before may be whose it was.
   */
  async listProvable(sql: Sql, tenantId: string, deviceId: string): Promise<Action[]> {
    const rows = await sql.query<ActionRow>(
      `SELECT ${ACTION_COLUMNS} FROM action a WHERE tenant_id = $1 AND device_id = $2 AND state <> 'queued'
        ORDER BY is_exposed DESC, id DESC LIMIT 3`,
      [tenantId, deviceId],
    );
    const newest = rows.map(actionOf);
    const last = newest.findIndex((one) => !one.isExposed && !isCredited(one));
    return last < 0 ? newest : newest.slice(0, last + 1);
  }

  async listOpen(sql: Sql, tenantId: string, deviceId: string): Promise<Action[]> {
    const rows = await sql.query<ActionRow>(
      `SELECT ${ACTION_COLUMNS} FROM action a WHERE tenant_id = $1 AND device_id = $2 AND ended_at IS NULL ORDER BY id`,
      [tenantId, deviceId],
    );
    return rows.map(actionOf);
  }

  async listOpenOf(
    tenantId: string,
    releaseId: string,
    { after, limit }: { after: string; limit: number },
  ): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT id FROM action WHERE tenant_id = $1 AND release_id = $2 AND ended_at IS NULL AND id > $3
        ORDER BY id LIMIT $4`,
      [tenantId, releaseId, after, limit],
    );
    return rows.map((row) => row.id);
  }

  /** Newest first, also of a device that was deleted since; one more than asked for. */
  async list(tenantId: string, controllerId: string, page: PageRequest): Promise<Action[]> {
    const rows = await this.database.query<ActionRow>(
      `SELECT ${ACTION_COLUMNS} FROM action a JOIN device d ON d.id = a.device_id AND d.tenant_id = a.tenant_id
        WHERE d.tenant_id = $1 AND d.controller_id = $2 AND ($3::bigint IS NULL OR a.id < $3)
        ORDER BY a.id DESC LIMIT $4`,
      [tenantId, controllerId, page.after ?? null, page.limit + 1],
    );
    return rows.map(actionOf);
  }

  /** `due` device by device. All but queued ones are exposed to their devices from now on. The unique index refuses a second exposed one. */
  async insert(
    tx: Sql,
    tenantId: string,
    actions: NewActions,
    { entry, due }: { entry: NewLogEntry; due: readonly (Date | undefined)[] },
  ): Promise<{ id: string; deviceId: string }[]> {
    const { devices } = actions;
    return tx.query<{ id: string; deviceId: string }>(INSERT, [
      tenantId,
      devices.map((one) => one.deviceId),
      entry.source,
      entry.status,
      entry.code ?? null,
      storableMessages(entry.messages),
      devices.map((one) => one.controllerId),
      devices.map((one) => one.previousVersion ?? null),
      devices.map((one) => one.state),
      devices.map((one) => one.needsConfirmation),
      ...causeValues(actions),
      ...termsValues(actions.terms),
      devices.map((one) => one.previousReleaseId ?? null),
      devices.map((one) => one.awaitsVersion),
      due.map((one) => one ?? null),
    ]);
  }

  /** For the record: nobody is asked to do anything. */
  async insertEnded(tx: Sql, tenantId: string, action: EndedAction): Promise<string> {
    const { entry } = action;
    const [row] = await tx.query<{ id: string }>(
      `WITH touched AS (
         INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, assignment_id, state, is_exposed,
                has_proof, ended_by, ended_at, log_count)
         VALUES ($1, $2, $7, $8, $9, $10, 'confirmed', false, true, $11, now(), 1) RETURNING id, log_count),
       logged AS (${WRITE_LOG})
       SELECT id FROM touched`,
      [
        tenantId,
        action.deviceId,
        entry.source,
        entry.status,
        entry.code ?? null,
        storableMessages(entry.messages),
        action.controllerId,
        action.releaseId,
        action.origin,
        action.assignmentId ?? null,
        action.endedBy,
      ],
    );
    if (row === undefined) throw new Error('an insert returned no row');
    return row.id;
  }

  /**
   * Asked again and again, so two indexes answer it: what waits beside what is exposed, by device. All that is under way would be read
   * if it named the tenant before it has found one.
   */
  async listLeftBehind(): Promise<{ tenantId: string; deviceId: string }[]> {
    return this.database.query<{ tenantId: string; deviceId: string }>(
      `WITH behind AS MATERIALIZED (
         SELECT DISTINCT device_id FROM action w WHERE ended_at IS NULL AND NOT is_exposed
            AND NOT EXISTS (SELECT 1 FROM action x WHERE x.device_id = w.device_id AND x.is_exposed))
       SELECT q.tenant_id AS "tenantId", q.device_id AS "deviceId" FROM behind b CROSS JOIN LATERAL (
         SELECT tenant_id, device_id FROM action
          WHERE device_id = b.device_id AND ended_at IS NULL AND NOT is_exposed AND state = 'queued' LIMIT 1) q LIMIT 100`,
    );
  }

  async force(tx: Sql, tenantId: string, id: string): Promise<boolean> {
    const changed = await tx.execute(
      `UPDATE action SET type = 'forced', force_at = NULL, changed_at = now()
        WHERE tenant_id = $1 AND id = $2 AND ended_at IS NULL AND type IN ('soft', 'time-forced')`,
      [tenantId, id],
    );
    return changed > 0;
  }

  /** Which of these came last; undefined: none did. */
  async lastStatus(
    { tenantId, id }: ActionName,
    statuses: readonly string[],
    sql: Sql = this.database,
  ): Promise<string | undefined> {
    const [entry] = await sql.query<{ status: string }>(
      `SELECT status FROM action_log WHERE tenant_id = $1 AND action_id = $2 AND status = ANY($3::text[])
        ORDER BY seq DESC LIMIT 1`,
      [tenantId, id, statuses],
    );
    return entry?.status;
  }

  async findSaid(
    tx: Sql,
    tenantId: string,
    deviceId: string,
    releaseId: string,
  ): Promise<string | undefined> {
    const [row] = await tx.query<{ id: string }>(
      `SELECT id FROM action WHERE tenant_id = $1 AND device_id = $2 AND release_id = $3 AND origin = 'device'
        ORDER BY id DESC LIMIT 1`,
      [tenantId, deviceId, releaseId],
    );
    return row?.id;
  }

  /** What the device itself said, newest first: at most `most` messages. */
  async spoken(
    tenantId: string,
    id: string,
    most: number,
  ): Promise<{ messages: string[]; code: number | null }[]> {
    return this.database.query<{ messages: string[]; code: number | null }>(
      `SELECT messages, code FROM action_log WHERE tenant_id = $1 AND action_id = $2 AND source = 'device'
        ORDER BY seq DESC LIMIT $3`,
      [tenantId, id, most],
    );
  }

  /**
   * Shows the device its next open action, when it has one and sees none: the heaviest, then the oldest. An action that needs
   * consent gets it at once from a device that confirms by itself.
   */
  async exposeNext(
    tx: Sql,
    tenantId: string,
    deviceId: string,
    { entry, due }: { entry: NewLogEntry; due: ExposedDue },
  ): Promise<void> {
    await tx.query(EXPOSE_NEXT, [
      tenantId,
      deviceId,
      entry.source,
      entry.status,
      entry.code ?? null,
      storableMessages(entry.messages),
      due.offered,
      due.asked,
    ]);
  }

  /** Whether the device's success on another action of this origin was disproved before. */
  async hasDisproved(tx: Sql, tenantId: string, action: Action): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM action a JOIN action_log l ON l.tenant_id = a.tenant_id AND l.action_id = a.id
        WHERE a.tenant_id = $1 AND a.device_id = $2 AND a.origin = $3 AND l.status = 'disproved' LIMIT 1`,
      [tenantId, action.deviceId, action.origin],
    );
    return rows.length > 0;
  }

  /** Writes a step; false when the action is not in the state it was read in, and nothing was written. */
  async advance(tx: Sql, tenantId: string, id: string, change: ActionChange): Promise<boolean> {
    const { entry } = change;
    const written = await tx.execute(
      `WITH touched AS (
         UPDATE action SET state = $8, has_proof = has_proof OR $9, log_count = log_count + 1, changed_at = now(),
                retrieved_at = CASE WHEN $8 IN ('retrieved', 'downloading', 'downloaded', 'installing', 'installed')
                                    THEN coalesce(retrieved_at, now()) ELSE retrieved_at END,
                cancel_from = CASE WHEN $8 = 'cancelling' THEN $7 ELSE cancel_from END,
                ended_by = coalesce(ended_by, $10),
                ended_at = CASE WHEN $10::text IS NULL THEN ended_at ELSE coalesce(ended_at, now()) END,
                is_exposed = is_exposed AND $10::text IS NULL AND $8 <> 'queued',
                last_code = coalesce($5::int, last_code), device_verdict = coalesce(device_verdict, $11), is_corrected = is_corrected OR $12,
                due_at = $13, give_up_at = coalesce(give_up_at, $14), failure_kind = $15,
                installed_at = CASE WHEN $8 = 'installed' OR ($8 = 'confirmed' AND type <> 'download-only')
                                    THEN coalesce(installed_at, now()) ELSE installed_at END
          WHERE tenant_id = $1 AND id = $2 AND state = $7
          RETURNING id, log_count)
       ${WRITE_LOG}`,
      [
        tenantId,
        id,
        entry.source,
        entry.status,
        entry.code ?? null,
        storableMessages(entry.messages),
        change.from,
        change.to,
        change.hasProof,
        change.endedBy ?? null,
        change.deviceVerdict ?? null,
        change.isCorrection ?? false,
        change.dueAt ?? null,
        change.giveUpAt ?? null,
        change.failureKind ?? null,
      ],
    );
    return written > 0;
  }

  /**
   * Logs reports that change no state, of as many actions as there are notes, in one statement: committed when it returns,
   * and all with one flush to disk. False for an action that is no longer in that state, or whose log is full. Of one action
   * a call may hold one note only.
   */
  async noteAll(notes: readonly ActionNote[]): Promise<boolean[]> {
    return written(notes, await this.database.prepared<Noted>('notes', NOTE_ALL, noteValues(notes)));
  }

  /** The same for one note, as part of a transaction. */
  async note(tx: Sql, note: ActionNote): Promise<boolean> {
    return written([note], await tx.query<Noted>(NOTE_ALL, noteValues([note])))[0] ?? false;
  }

  async log(tenantId: string, id: string, after: number, limit: number): Promise<LogEntry[]> {
    const rows = await this.database.query<LogRow>(
      `SELECT * FROM action_log WHERE tenant_id = $1 AND action_id = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
      [tenantId, id, after, limit],
    );
    return rows.map(entryOf);
  }

  /** New entries of several actions at once: `(id, last seq seen)` pairs. For the live streams. */
  async logTails(
    watched: readonly { tenantId: string; id: string; after: number }[],
  ): Promise<{ id: string; entry: LogEntry }[]> {
    const rows = await this.database.query<LogRow>(
      `SELECT l.* FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS w (tenant_id, action_id, after)
         JOIN action_log l ON l.tenant_id = w.tenant_id AND l.action_id = w.action_id AND l.seq > w.after
        ORDER BY l.action_id, l.seq LIMIT 5000`,
      [watched.map((one) => one.tenantId), watched.map((one) => one.id), watched.map((one) => one.after)],
    );
    return rows.map((row) => ({ id: row.action_id, entry: entryOf(row) }));
  }
}

function entryOf(row: LogRow): LogEntry {
  const { seq, logged_at: at, source, status, code, messages } = row;
  return { seq, at, source, status, code: code ?? undefined, messages };
}

/** In the order of {@link INSERT}. */
function causeValues(actions: NewActions): unknown[] {
  const { releaseId, origin, isForced, assignmentId, rolloutId, wave, lane } = actions;
  return [releaseId, origin, isForced, assignmentId ?? null, rolloutId ?? null, wave ?? null, lane ?? null];
}

function termsValues({ type, forceAt, weight, window }: ActionTerms): unknown[] {
  return [
    type,
    forceAt ?? null,
    weight,
    window?.schedule ?? null,
    window?.durationMs ?? null,
    window?.timezone ?? null,
  ];
}

/** The device called a success what it was not seen to work on. */
function isCredited({ state, deviceVerdict }: Action): boolean {
  return state === 'lapsed' && deviceVerdict === 'success';
}
