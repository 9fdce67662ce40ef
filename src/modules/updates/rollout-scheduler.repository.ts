import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { ActionState } from '../actions/action';
import type { RolloutState } from '../rollouts/rollout';

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

/**
 * Silent: not heard of for so long, since its update at the latest, and not once after the soak that began for it with its
 * update. A device that is switched off for the night weeks later is no concern of the rollout.
 */
const IS_SILENT = `
  m.tenant_id = $1 AND m.rollout_id = $2 AND m.state = 'confirmed'
  AND (w.soak_since IS NOT NULL OR w.passed_at IS NOT NULL)
  AND greatest(p.last_seen_at, m.settled_at) < $3::timestamptz - s.span_ms * interval '1 millisecond'
  AND coalesce(p.last_seen_at, m.settled_at) < m.settled_at + greatest(w.soak_ms, s.span_ms) * interval '1 millisecond'`;

const MEMBERS = `
  rollout_device m
  JOIN rollout_wave w ON w.tenant_id = m.tenant_id AND w.rollout_id = m.rollout_id AND w.position = m.wave
  JOIN device_presence p ON p.tenant_id = m.tenant_id AND p.device_id = m.device_id
  JOIN device d ON d.tenant_id = m.tenant_id AND d.id = m.device_id`;

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

  /** Updated devices that may be lost, by id, if each is waited for no longer than `spanMs`. */
  async listSilent(
    { tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>,
    question: { readonly now: Date; readonly spanMs: number; readonly after: string; readonly limit: number },
  ): Promise<string[]> {
    const { now, spanMs, after, limit } = question;
    const rows = await this.database.query<{ deviceId: string }>(
      `SELECT m.device_id AS "deviceId" FROM ${MEMBERS} CROSS JOIN (SELECT $4::bigint AS span_ms) s
        WHERE ${IS_SILENT} AND m.device_id > $5 ORDER BY m.device_id LIMIT $6`,
      [tenantId, id, now, Math.round(spanMs), after, limit],
    );
    return rows.map((row) => row.deviceId);
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
         FROM ${MEMBERS} JOIN unnest($4::bigint[], $5::bigint[]) AS s (device_id, span_ms) ON s.device_id = m.device_id
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

  /** Actions whose devices were not asked yet to give them up. What is installed cannot be given up. */
  async listToCancel(
    { tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>,
    { after, limit }: { readonly after: string; readonly limit: number },
  ): Promise<{ id: string; state: ActionState }[]> {
    return this.database.query<{ id: string; state: ActionState }>(
      `SELECT id, state FROM action
        WHERE tenant_id = $1 AND rollout_id = $2 AND ended_at IS NULL AND cancel_from IS NULL
          AND state NOT IN ('cancelling', 'installed') AND id > $3
        ORDER BY id LIMIT $4`,
      [tenantId, id, after, limit],
    );
  }

  /** Everybody was asked. */
  async setCancelled({ tenantId, id }: Pick<DueRow, 'tenantId' | 'id'>): Promise<void> {
    await this.database.query(
      `UPDATE rollout SET cancels_running = false WHERE tenant_id = $1 AND id = $2 AND state = 'aborted'`,
      [tenantId, id],
    );
  }

  /** How long nine of ten of the last thousand took from the fetch to the end, in all rollouts of the release. */
  async measure(tenantId: string, releaseId: string): Promise<{ p90Ms: number; devices: number }> {
    const [row] = await this.database.query<{ p90: string | null; devices: string }>(
      `SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY took_ms) AS p90, count(*) AS devices FROM (
         SELECT a.took_ms FROM rollout r CROSS JOIN LATERAL (
             SELECT id, round(extract(epoch FROM coalesce(installed_at, ended_at) - retrieved_at) * 1000)::bigint AS took_ms
               FROM action WHERE tenant_id = r.tenant_id AND rollout_id = r.id AND state = 'confirmed' AND retrieved_at IS NOT NULL
              ORDER BY id DESC LIMIT 1000) a
          WHERE r.tenant_id = $1 AND r.release_id = $2 ORDER BY a.id DESC LIMIT 1000) AS newest`,
      [tenantId, releaseId],
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
