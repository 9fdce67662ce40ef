import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { PageRequest } from '../../platform/database/page';
import type { Action, ActionState, EndedBy } from './action';
import type { ActionNote } from './action-note';
import { MAX_LOG_ENTRIES, storableMessages, type LogEntry, type NewLogEntry } from './log-entry';

interface ActionRow {
  id: string;
  tenant_id: string;
  device_id: string;
  controller_id: string;
  release_id: string;
  origin: string;
  is_forced: boolean;
  rollout_id: string | null;
  wave: number | null;
  lane: number | null;
  state: ActionState;
  is_exposed: boolean;
  has_proof: boolean;
  cancel_from: ActionState | null;
  ended_by: EndedBy | null;
  device_verdict: 'success' | 'failure' | null;
  is_corrected: boolean;
  previous_version: string | null;
  log_count: number;
  created_at: Date;
  changed_at: Date;
  retrieved_at: Date | null;
  ended_at: Date | null;
}

/** By name: a prepared `*` breaks for as long as the connection lives when a migration adds a column. */
const ACTION_COLUMNS = [
  'id',
  'tenant_id',
  'device_id',
  'controller_id',
  'release_id',
  'origin',
  'is_forced',
  'rollout_id',
  'wave',
  'lane',
  'state',
  'is_exposed',
  'has_proof',
  'cancel_from',
  'ended_by',
  'device_verdict',
  'is_corrected',
  'previous_version',
  'log_count',
  'created_at',
  'changed_at',
  'retrieved_at',
  'ended_at',
]
  .map((column) => `a.${column}`)
  .join(', ');

interface LogRow {
  action_id: string;
  seq: number;
  logged_at: Date;
  source: 'device' | 'server';
  status: string;
  code: number | null;
  messages: string[];
}

/** What one step writes. Only an action still in `from` is touched. */
export interface ActionChange {
  readonly from: ActionState;
  readonly to: ActionState;
  readonly hasProof: boolean;
  readonly endedBy?: EndedBy | undefined;
  readonly deviceVerdict?: 'success' | 'failure' | undefined;
  readonly isCorrection?: boolean;
  readonly entry: NewLogEntry;
}

/** What an action is called from outside; its tenant is never left out. */
export interface ActionName {
  readonly tenantId: string;
  readonly id: string;
}

export interface NewAction {
  readonly deviceId: string;
  readonly controllerId: string;
  readonly releaseId: string;
  readonly origin: string;
  readonly isForced: boolean;
  readonly rolloutId: string | undefined;
  readonly wave: number | undefined;
  readonly lane: number | undefined;
  readonly previousVersion: string | undefined;
}

/** Appends one log entry to the action that `touched` names, numbered by the action itself: gapless, in commit order. */
const WRITE_LOG = `
  INSERT INTO action_log (tenant_id, action_id, seq, source, status, code, messages)
  SELECT $1, id, log_count, $3, $4, $5, $6 FROM touched`;

/** `messages` come as text, one array literal each, since Postgres has no array of arrays of different lengths. */
const NOTE_ALL = `
  WITH note AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[],
                         $8::int[], $9::text[])
      WITH ORDINALITY AS n (tenant_id, action_id, state, has_proof, verdict, source, status, code, messages, position)),
  touched AS (
    UPDATE action a SET log_count = a.log_count + 1, has_proof = a.has_proof OR n.has_proof, changed_at = now(),
           device_verdict = coalesce(a.device_verdict, n.verdict)
      FROM note n
     WHERE a.tenant_id = n.tenant_id AND a.id = n.action_id AND a.state = n.state
       AND a.log_count < ${MAX_LOG_ENTRIES}
    RETURNING n.*, a.log_count),
  logged AS (
    INSERT INTO action_log (tenant_id, action_id, seq, source, status, code, messages)
    SELECT tenant_id, action_id, log_count, source, status, code, messages::text[] FROM touched)
  SELECT position FROM touched`;

@Injectable()
export class ActionsRepository {
  constructor(private readonly database: Database) {}

  async find(sql: Sql, tenantId: string, id: string): Promise<Action | undefined> {
    const [row] = await sql.query<ActionRow>('SELECT * FROM action WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      id,
    ]);
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

  /** The device's newest action. */
  async findLatest(sql: Sql, tenantId: string, deviceId: string): Promise<Action | undefined> {
    const [row] = await sql.query<ActionRow>(
      'SELECT * FROM action WHERE tenant_id = $1 AND device_id = $2 ORDER BY id DESC LIMIT 1',
      [tenantId, deviceId],
    );
    return row === undefined ? undefined : actionOf(row);
  }

  async listOpen(sql: Sql, tenantId: string, deviceId: string): Promise<Action[]> {
    const rows = await sql.query<ActionRow>(
      'SELECT * FROM action WHERE tenant_id = $1 AND device_id = $2 AND ended_at IS NULL ORDER BY id',
      [tenantId, deviceId],
    );
    return rows.map(actionOf);
  }

  /** Newest first, also of a device that was deleted since; one more than asked for. */
  async list(tenantId: string, controllerId: string, page: PageRequest): Promise<Action[]> {
    const rows = await this.database.query<ActionRow>(
      `SELECT a.* FROM action a JOIN device d ON d.id = a.device_id AND d.tenant_id = a.tenant_id
        WHERE d.tenant_id = $1 AND d.controller_id = $2 AND ($3::bigint IS NULL OR a.id < $3)
        ORDER BY a.id DESC LIMIT $4`,
      [tenantId, controllerId, page.after ?? null, page.limit + 1],
    );
    return rows.map(actionOf);
  }

  /** Makes an action that the device sees from now on. The unique index refuses a second one. */
  async insertOffered(tx: Sql, tenantId: string, action: NewAction, entry: NewLogEntry): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      `WITH touched AS (
         INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, is_forced, rollout_id, wave, lane,
                             previous_version, state, is_exposed, log_count)
         VALUES ($1, $2, $7, $8, $9, $10, $11, $12, $13, $14, 'offered', true, 1) RETURNING id, log_count),
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
        action.isForced,
        action.rolloutId ?? null,
        action.wave ?? null,
        action.lane ?? null,
        action.previousVersion ?? null,
      ],
    );
    if (row === undefined) throw new Error('an insert returned no row');
    return row.id;
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
                is_exposed = is_exposed AND $10::text IS NULL,
                device_verdict = coalesce(device_verdict, $11), is_corrected = is_corrected OR $12
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

interface Noted {
  position: string;
}

/** In the order of {@link NOTE_ALL}. */
function noteValues(notes: readonly ActionNote[]): unknown[] {
  return [
    notes.map((note) => note.tenantId),
    notes.map((note) => note.actionId),
    notes.map((note) => note.state),
    notes.map((note) => note.hasProof),
    notes.map((note) => note.deviceVerdict ?? null),
    notes.map(({ entry }) => entry.source),
    notes.map(({ entry }) => entry.status),
    notes.map(({ entry }) => entry.code ?? null),
    notes.map(({ entry }) => arrayLiteral(storableMessages(entry.messages))),
  ];
}

function written(notes: readonly ActionNote[], rows: readonly Noted[]): boolean[] {
  const positions = new Set(rows.map((row) => Number(row.position) - 1));
  return notes.map((_note, index) => positions.has(index));
}

/** As Postgres reads an array of texts. */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

function entryOf(row: LogRow): LogEntry {
  const { seq, logged_at: at, source, status, code, messages } = row;
  return { seq, at, source, status, code: code ?? undefined, messages };
}

function actionOf(row: ActionRow): Action {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    deviceId: row.device_id,
    controllerId: row.controller_id,
    releaseId: row.release_id,
    origin: row.origin,
    isForced: row.is_forced,
    rolloutId: row.rollout_id ?? undefined,
    wave: row.wave ?? undefined,
    lane: row.lane ?? undefined,
    state: row.state,
    isExposed: row.is_exposed,
    hasProof: row.has_proof,
    cancelFrom: row.cancel_from ?? undefined,
    endedBy: row.ended_by ?? undefined,
    deviceVerdict: row.device_verdict ?? undefined,
    isCorrected: row.is_corrected,
    previousVersion: row.previous_version ?? undefined,
    logCount: row.log_count,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    retrievedAt: row.retrieved_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
