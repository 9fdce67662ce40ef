import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { Action, ActionState } from './action/action';
import { ACTION_COLUMNS, actionOf, type ActionRow } from './action-row';

/** An action that has waited too long, or may have. */
export interface DueAction {
  readonly action: Action;
  /** When its device last did something about it, if it ever did. */
  readonly heardAt: Date | undefined;
}

/** Where one is, for those who lock before they look. */
export interface DuePlace {
  readonly id: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly releaseId: string;
  readonly rolloutId: string | null;
  readonly state: ActionState;
}

/** Actions whose deadline is over. */
@Injectable()
export class DueActionsRepository {
  constructor(private readonly database: Database) {}

  /** Of all tenants, those first that have waited longest. */
  async listDue(now: Date, limit: number): Promise<DuePlace[]> {
    return this.database.query<DuePlace>(
      `SELECT id, tenant_id AS "tenantId", device_id AS "deviceId", release_id AS "releaseId",
              rollout_id AS "rolloutId", state FROM action
        WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2`,
      [now, limit],
    );
  }

  /** Those of them that are still due, locked, and that nobody else holds. */
  async lockDue(tx: Sql, tenantId: string, ids: readonly string[], now: Date): Promise<DueAction[]> {
    const rows = await tx.query<ActionRow & { heard_at: Date | null }>(
      `SELECT ${ACTION_COLUMNS},
              (SELECT l.logged_at FROM action_log l WHERE l.tenant_id = a.tenant_id AND l.action_id = a.id
                  AND (l.source = 'device' OR l.status IN ('retrieved', 'download')) ORDER BY l.seq DESC LIMIT 1) AS heard_at
         FROM action a WHERE a.tenant_id = $1 AND a.id = ANY($2::bigint[]) AND a.due_at <= $3
        ORDER BY a.id FOR UPDATE OF a SKIP LOCKED`,
      [tenantId, ids, now],
    );
    return rows.map((row) => ({ action: actionOf(row), heardAt: row.heard_at ?? undefined }));
  }

  /** Open ones that no deadline was ever given. */
  async listUndated(limit: number): Promise<Action[]> {
    const rows = await this.database.query<ActionRow>(
      `SELECT ${ACTION_COLUMNS} FROM action a WHERE due_at IS NULL AND ended_at IS NULL ORDER BY id LIMIT $1`,
      [limit],
    );
    return rows.map(actionOf);
  }

  /** Unless it has moved on. */
  async date(action: Action, { due, giveUp }: { due: Date; giveUp: Date | undefined }): Promise<void> {
    await this.database.query(
      `UPDATE action SET due_at = $4, give_up_at = $5
        WHERE tenant_id = $1 AND id = $2 AND state = $3 AND due_at IS NULL`,
      [action.tenantId, action.id, action.state, due, giveUp ?? null],
    );
  }

  async postpone(tx: Sql, tenantId: string, id: string, due: Date): Promise<void> {
    await tx.query('UPDATE action SET due_at = $3 WHERE tenant_id = $1 AND id = $2', [tenantId, id, due]);
  }
}
