import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import type { ActionState } from '../../actions/action/action';
import type { RolloutState } from '../../rollouts/rollout/rollout';

/** A rollout that a round of the scheduler has to look after. */
export interface DueRow {
  readonly tenantId: string;
  readonly id: string;
  readonly state: RolloutState;
  readonly releaseId: string;
  readonly silentPolls: number;
}

/** A device, and how long it may be silent. */
export interface Patience {
  readonly deviceId: string;
  readonly spanMs: number;
}

/** A device that may be silent, by what was known of it when it was looked at last. */
export interface WatchedRow {
  readonly deviceId: string;
  readonly settledAt: Date;
  readonly lastSeenAt: Date | null;
  readonly soakMs: string;
  /** It was deleted. */
  readonly isGone: boolean;
}

/** The same as {@link watchOf} has it, once more under the rollout's lock. */
const IS_SILENT = `
  m.tenant_id = $1 AND m.rollout_id = $2 AND m.state = 'confirmed'
  AND (w.soak_since IS NOT NULL OR w.passed_at IS NOT NULL)
  AND greatest(p.last_seen_at, m.settled_at) < $3::timestamptz - s.span_ms * interval '1 millisecond'
  AND coalesce(p.last_seen_at, m.settled_at) < m.settled_at + greatest(w.soak_ms, s.span_ms) * interval '1 millisecond'`;

/** Actions of a rollout, the newest first, among which those are looked for that tell how long a release takes. */
const MEASURED = 20_000;

const WAVE = `
  JOIN rollout_wave w ON w.tenant_id = m.tenant_id AND w.rollout_id = m.rollout_id AND w.position = m.wave`;

@Injectable()
export class RolloutSchedulerRepository {
  constructor(private readonly database: Database) {}

  /** Of all tenants. */
  async listDue(now: Date): Promise<DueRow[]> {
    return this.database.query<DueRow>(
      `SELECT tenant_id AS "tenantId", id, state, release_id AS "releaseId", silent_polls AS "silentPolls"
         FROM rollout
        WHERE state = 'running' OR (state = 'scheduled' AND coalesce(start_at, $1) <= $1)
           OR (state = 'finished' AND silent_polls > 0) OR (state = 'aborted' AND cancels_running)
        ORDER BY tenant_id, id`,
      [now],
    );
  }

  /** Updated devices that are due to be looked at, of waves that soak or have passed. Found by index, however many others there are. */
  async listWatched(
    { tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>,
    now: Date,
    limit: number,
  ): Promise<WatchedRow[]> {
    return this.database.query<WatchedRow>(
      `SELECT m.device_id AS "deviceId", m.settled_at AS "settledAt", p.last_seen_at AS "lastSeenAt", w.soak_ms AS "soakMs",
              p.device_id IS NULL AS "isGone"
         FROM rollout_wave w CROSS JOIN LATERAL (
           SELECT device_id, settled_at FROM rollout_device
            WHERE tenant_id = w.tenant_id AND rollout_id = w.rollout_id AND wave = w.position AND watch_at <= $3 LIMIT $4) m
         LEFT JOIN device_presence p ON p.tenant_id = w.tenant_id AND p.device_id = m.device_id
        WHERE w.tenant_id = $1 AND w.rollout_id = $2 AND (w.soak_since IS NOT NULL OR w.passed_at IS NOT NULL) LIMIT $4`,
      [tenantId, id, now, limit],
    );
  }

  /** When each is to be looked at again; null: no more. What somebody else has just moved is left alone. Tells how many were put off. */
  async watchAgain(
    { tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>,
    now: Date,
    looks: readonly { readonly deviceId: string; readonly nextAt: Date | null }[],
  ): Promise<number> {
    return this.database.execute(
      `WITH due AS (
         SELECT m.device_id, s.next_at FROM unnest($3::bigint[], $4::timestamptz[]) AS s (device_id, next_at)
           JOIN rollout_device m ON m.tenant_id = $1 AND m.rollout_id = $2 AND m.device_id = s.device_id
          WHERE m.watch_at <= $5 FOR UPDATE OF m SKIP LOCKED)
       UPDATE rollout_device m SET watch_at = due.next_at FROM due
        WHERE m.tenant_id = $1 AND m.rollout_id = $2 AND m.device_id = due.device_id`,
      [tenantId, id, looks.map(({ deviceId }) => deviceId), looks.map(({ nextAt }) => nextAt), now],
    );
  }

  /** Of the devices named those that are silent for longer than each is waited for. */
  async stillSilent(
    tx: Sql,
    { tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>,
    now: Date,
    patience: readonly Patience[],
  ): Promise<{ deviceId: string; controllerId: string }[]> {
    return tx.query<{ deviceId: string; controllerId: string }>(
      `SELECT m.device_id AS "deviceId", d.controller_id AS "controllerId"
         FROM unnest($4::bigint[], $5::bigint[]) AS s (device_id, span_ms)
         JOIN rollout_device m ON m.device_id = s.device_id ${WAVE}
         JOIN device_presence p ON p.tenant_id = m.tenant_id AND p.device_id = m.device_id
         JOIN device d ON d.tenant_id = m.tenant_id AND d.id = m.device_id
        WHERE ${IS_SILENT} ORDER BY m.device_id`,
      [
        ...[tenantId, id, now],
        patience.map((one) => one.deviceId),
        patience.map((one) => Math.round(one.spanMs)),
      ],
    );
  }

  async stateOf(
    tx: Sql,
    { tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>,
  ): Promise<RolloutState | undefined> {
    const [row] = await tx.query<{ state: RolloutState }>(
      'SELECT state FROM rollout WHERE tenant_id = $1 AND id = $2',
      [tenantId, id],
    );
    return row?.state;
  }

  /**
   * Actions whose devices were not asked yet to give them up. What is installed cannot be given up. By the release, since its open
   * actions have an index, and those that a long rollout has ended by then are many.
   */
  async listToCancel(
    { tenantId, id, releaseId }: Pick<DueRow, 'tenantId' | 'id' | 'releaseId'>,
    { after, limit }: { readonly after: string; readonly limit: number },
  ): Promise<{ id: string; state: ActionState }[]> {
    return this.database.query<{ id: string; state: ActionState }>(
      `SELECT id, state FROM action
        WHERE tenant_id = $1 AND rollout_id = $2 AND release_id = $3 AND ended_at IS NULL AND cancel_from IS NULL
          AND state NOT IN ('cancelling', 'installed') AND id > $4
        ORDER BY id LIMIT $5`,
      [tenantId, id, releaseId, after, limit],
    );
  }

  /** Everybody was asked. */
  async setCancelled({ tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>): Promise<void> {
    await this.database.query(
      `UPDATE rollout SET cancels_running = false WHERE tenant_id = $1 AND id = $2 AND state = 'aborted'`,
      [tenantId, id],
    );
  }

  /**
   * How long nine of ten of the last thousand took from the fetch to the end, in all rollouts of the release. Looked for among the
   * newest actions of each, so that one with many that never end is not read from end to end every minute; and by a range of one id,
   * or the planner would go through the newest actions of everyone to find those of a rollout.
   */
  async measure(tenantId: string, releaseId: string): Promise<{ p90Ms: number; devices: number }> {
    const [row] = await this.database.query<{ p90: string | null; devices: string }>(
      `SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY took_ms) AS p90, count(*) AS devices FROM (
         SELECT a.took_ms FROM rollout r CROSS JOIN LATERAL (
             SELECT n.id, round(extract(epoch FROM coalesce(n.installed_at, n.ended_at) - n.retrieved_at) * 1000)::bigint AS took_ms
               FROM (SELECT id, state, retrieved_at, installed_at, ended_at FROM action
                      WHERE tenant_id = r.tenant_id AND rollout_id BETWEEN r.id AND r.id
                      ORDER BY rollout_id DESC, id DESC LIMIT $3) n
              WHERE n.state = 'confirmed' AND n.retrieved_at IS NOT NULL ORDER BY n.id DESC LIMIT 1000) a
          WHERE r.tenant_id = $1 AND r.release_id = $2 ORDER BY a.id DESC LIMIT 1000) AS newest`,
      [tenantId, releaseId, MEASURED],
    );
    return { p90Ms: Number(row?.p90 ?? 0), devices: Number(row?.devices ?? 0) };
  }

  async p90Of(sql: Sql, tenantId: string, releaseId: string): Promise<number | undefined> {
    const [row] = await sql.query<{ p90: string | null }>(
      'SELECT p90_ms AS p90 FROM release WHERE tenant_id = $1 AND id = $2',
      [tenantId, releaseId],
    );
    return row?.p90 === undefined || row.p90 === null ? undefined : Number(row.p90);
  }

  async setP90(tx: Sql, tenantId: string, releaseId: string, p90Ms: number): Promise<void> {
    await tx.query('UPDATE release SET p90_ms = $3 WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      releaseId,
      p90Ms,
    ]);
  }
}
