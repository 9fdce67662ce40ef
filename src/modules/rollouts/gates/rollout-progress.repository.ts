import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import { FAILURE_STATES, FINISHED_STATES } from './gate';
import type { Proposal } from '../rollout/proposal';
import type { Pace } from '../rollout/conduct';
import { laneCaps, type RolloutState } from '../rollout/rollout';

/** A new state and who brought it about. */
export interface StateChange {
  readonly state: RolloutState;
  readonly now: Date;
  readonly startedBy?: string;
  readonly approvedBy?: string;
}

/** What devices ran before, and how many of them; null where nobody knows. */
export interface PreviousRelease {
  readonly releaseId: string | null;
  readonly version: string | null;
  readonly devices: number;
}

/** Attempts that a device has used up: at a rollout, or at a step on the way. */
export interface SpentAttempts {
  readonly deviceId: string;
  readonly origin: string;
}

/**
 * How far a rollout is, by operators or by itself. Every method that takes a transaction is part of a plan change that holds the
 * rollout's lock.
 */
@Injectable()
export class RolloutProgressRepository {
  constructor(private readonly database: Database) {}

  /** The first start counts, whatever comes between. */
  async setState(tx: Sql, tenantId: string, id: string, change: StateChange): Promise<void> {
    const { state, now, startedBy, approvedBy } = change;
    await tx.query(
      `UPDATE rollout SET state = $3, revision = revision + 1,
              started_at = CASE WHEN $3 = 'running' THEN coalesce(started_at, $4) ELSE started_at END,
              ended_at = CASE WHEN $3 IN ('aborted', 'closed') THEN $4 ELSE ended_at END,
              proposal = CASE WHEN $3 IN ('aborted', 'closed') THEN NULL ELSE proposal END,
              started_by = CASE WHEN $3 = 'draft' THEN NULL ELSE coalesce($5, started_by) END,
              approved_by = coalesce($6, approved_by), approved_at = CASE WHEN $6 IS NULL THEN approved_at ELSE $4 END
        WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, state, now, startedBy ?? null, approvedBy ?? null],
    );
  }

  /**
   * Lays the lanes, or lays them anew for another pace: those that are no longer needed, and those above their new cap, take
   * nobody until what they hold has ended; the others as long as there is room in all.
   */
  async layLanes(tx: Sql, tenantId: string, id: string, pace: Pace): Promise<void> {
    const caps = laneCaps(pace.inFlightCap, pace.ramp?.startPerMinute ?? pace.offersPerMinute);
    await tx.query(
      `UPDATE rollout_lane SET cap = 0 WHERE tenant_id = $1 AND rollout_id = $2 AND lane >= $3`,
      [tenantId, id, caps.length],
    );
    await tx.query(
      `INSERT INTO rollout_lane (tenant_id, rollout_id, lane, cap)
       SELECT $1, $2, l.position - 1, l.cap FROM unnest($3::int[]) WITH ORDINALITY AS l (cap, position)
       ON CONFLICT ON CONSTRAINT rollout_lane_pk DO UPDATE SET cap = excluded.cap`,
      [tenantId, id, caps],
    );
  }

  /** A change that waits for its approval; the one that waited before is forgotten. */
  async propose(tx: Sql, tenantId: string, id: string, proposal: Proposal): Promise<void> {
    await tx.query(
      'UPDATE rollout SET proposal = $3, revision = revision + 1 WHERE tenant_id = $1 AND id = $2',
      [tenantId, id, JSON.stringify(proposal)],
    );
  }

  /** Nothing waits any more: it was approved, or `approval` is undefined and it was not. */
  async settleProposal(
    tx: Sql,
    tenantId: string,
    id: string,
    approval?: { readonly by: string; readonly now: Date },
  ): Promise<void> {
    await tx.query(
      `UPDATE rollout SET proposal = NULL, revision = revision + 1, approved_by = coalesce($3, approved_by),
              approved_at = CASE WHEN $3 IS NULL THEN approved_at ELSE $4::timestamptz END
        WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, approval?.by ?? null, approval?.now ?? null],
    );
  }

  /** Another ramp begins with its own beginning. `minute`: since 1970. */
  async beginRamp(tx: Sql, tenantId: string, id: string, minute: number): Promise<void> {
    await tx.query('UPDATE rollout_lane SET ramp_since = $3 WHERE tenant_id = $1 AND rollout_id = $2', [
      tenantId,
      id,
      minute,
    ]);
  }

  /** What has failed so far is known and accepted: gates count from here on. */
  async acknowledge(tx: Sql, tenantId: string, id: string): Promise<void> {
    await tx.query(
      `WITH counted AS (
         SELECT w.position, coalesce(sum(t.devices) FILTER (WHERE t.state = ANY($3::text[])), 0) AS failures,
                coalesce(sum(t.devices) FILTER (WHERE t.state = ANY($4::text[])), 0) AS finished
           FROM rollout_wave w
           LEFT JOIN rollout_tally t ON t.tenant_id = w.tenant_id AND t.rollout_id = w.rollout_id AND t.wave = w.position
          WHERE w.tenant_id = $1 AND w.rollout_id = $2 GROUP BY w.position),
       waves AS (
         UPDATE rollout_wave w SET acknowledged_failures = c.failures, acknowledged_finished = c.finished
           FROM counted c WHERE w.tenant_id = $1 AND w.rollout_id = $2 AND w.position = c.position)
       UPDATE rollout SET halt = NULL, resumes = resumes + 1,
              acknowledged_failures = (SELECT sum(failures) FROM counted),
              acknowledged_finished = (SELECT sum(finished) FROM counted)
        WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, FAILURE_STATES, FINISHED_STATES],
    );
  }

  /** The wave has passed, and the next one begins, if there is one. */
  async passWave(
    tx: Sql,
    tenantId: string,
    id: string,
    { position, by, now }: { readonly position: number; readonly by: string; readonly now: Date },
  ): Promise<void> {
    await tx.query(
      `UPDATE rollout_wave SET passed_at = $4, passed_by = $5, soak_since = coalesce(soak_since, $4)
        WHERE tenant_id = $1 AND rollout_id = $2 AND position = $3 AND passed_at IS NULL`,
      [tenantId, id, position, now, by],
    );
    await tx.query(
      `UPDATE rollout r SET revision = revision + 1,
              current_wave = least($3 + 1, (SELECT max(position) FROM rollout_wave w
                                             WHERE w.tenant_id = r.tenant_id AND w.rollout_id = r.id)),
              state = CASE WHEN EXISTS (SELECT 1 FROM rollout_wave w WHERE w.tenant_id = r.tenant_id
                                           AND w.rollout_id = r.id AND w.position > $3) THEN r.state ELSE 'finished' END
        WHERE r.tenant_id = $1 AND r.id = $2`,
      [tenantId, id, position],
    );
  }

  /**
   * A hard maximum counts exactly from the moment on that it is there. The tallies know how many devices are in it: to count those
   * themselves would keep admissions waiting for as long as that takes.
   */
  async countForMaxima(tx: Sql, tenantId: string, id: string): Promise<void> {
    await tx.query(
      `UPDATE rollout_wave w SET devices = (
         SELECT coalesce(sum(t.devices), 0) FROM rollout_tally t
          WHERE t.tenant_id = w.tenant_id AND t.rollout_id = w.rollout_id AND t.wave = w.position)
        WHERE w.tenant_id = $1 AND w.rollout_id = $2 AND w.most_devices IS NULL`,
      [tenantId, id],
    );
    await tx.query(
      `UPDATE rollout r SET devices = (
         SELECT coalesce(sum(t.devices), 0) FROM rollout_tally t WHERE t.tenant_id = r.tenant_id AND t.rollout_id = r.id)
        WHERE r.tenant_id = $1 AND r.id = $2 AND r.most_devices IS NULL`,
      [tenantId, id],
    );
  }

  /** How many devices are in it, in all and by wave, where that is counted. */
  async countedDevices(
    tx: Sql,
    tenantId: string,
    id: string,
  ): Promise<{ readonly all: number; readonly byWave: readonly number[] }> {
    const [row] = await tx.query<{ all: number; byWave: number[] | null }>(
      `SELECT devices AS all, (SELECT array_agg(w.devices ORDER BY w.position) FROM rollout_wave w
                                WHERE w.tenant_id = r.tenant_id AND w.rollout_id = r.id) AS "byWave"
         FROM rollout r WHERE r.tenant_id = $1 AND r.id = $2`,
      [tenantId, id],
    );
    return { all: row?.all ?? 0, byWave: row?.byWave ?? [] };
  }

  /**
   * What devices whose latest attempt failed have used up, at the release itself and at the steps on the way. One that never came further
   * than a step has no place in the rollout: only its actions tell. No part of the plan change: it looks at all devices of the
   * rollout, and nobody would be admitted anywhere meanwhile.
   */
  async listFailed(tenantId: string, id: string): Promise<SpentAttempts[]> {
    return this.database.query<SpentAttempts>(
      `SELECT a.device_id AS "deviceId", a.origin FROM rollout_device d
         JOIN device_attempt a ON a.device_id = d.device_id AND a.tenant_id = d.tenant_id
        WHERE d.tenant_id = $1 AND d.rollout_id = $2 AND d.state = ANY($3::text[])
          AND (a.origin = $4 OR a.origin LIKE $5)
       UNION
       SELECT h.device_id, h.origin FROM rollout r
         JOIN release wanted ON wanted.id = r.release_id AND wanted.tenant_id = r.tenant_id
         JOIN release step ON step.tenant_id = r.tenant_id AND step.name = wanted.name
         JOIN action h ON h.release_id = step.id AND h.tenant_id = r.tenant_id AND h.rollout_id IS NULL AND h.ended_at IS NOT NULL
        WHERE r.tenant_id = $1 AND r.id = $2 AND h.origin LIKE $5 AND h.state = ANY($3::text[])
          AND NOT EXISTS (SELECT 1 FROM action n WHERE n.tenant_id = $1 AND n.device_id = h.device_id
                             AND n.origin = h.origin AND n.id > h.id)`,
      [tenantId, id, FAILURE_STATES, `rollout:${id}`, `hop:${id}:%`],
    );
  }

  /** These devices have all of their attempts again, but for those that have come to another end since; how many they are. */
  async forgive(tx: Sql, tenantId: string, id: string, spent: readonly SpentAttempts[]): Promise<number> {
    const rows = await tx.query<{ device_id: string }>(
      `WITH spent AS (
         SELECT a.device_id, a.origin FROM unnest($2::bigint[], $3::text[]) AS s (device_id, origin)
           JOIN device_attempt a ON a.device_id = s.device_id AND a.origin = s.origin
          WHERE a.tenant_id = $1
            AND NOT EXISTS (SELECT 1 FROM rollout_device d WHERE d.tenant_id = $1 AND d.rollout_id = $4
                               AND d.device_id = a.device_id AND d.state <> ALL($5::text[]))
          ORDER BY a.device_id, a.origin FOR UPDATE OF a)
       DELETE FROM device_attempt a USING spent s
        WHERE a.tenant_id = $1 AND a.device_id = s.device_id AND a.origin = s.origin RETURNING a.device_id`,
      [
        ...[tenantId, spent.map(({ deviceId }) => deviceId), spent.map(({ origin }) => origin)],
        ...[id, FAILURE_STATES],
      ],
    );
    return new Set(rows.map((row) => row.device_id)).size;
  }

  /** The running ones are to be cancelled; the scheduler does so, a hundred at a time. */
  async cancelRunning(tx: Sql, tenantId: string, id: string): Promise<void> {
    await tx.query(
      `UPDATE rollout SET cancels_running = true, revision = revision + 1
        WHERE tenant_id = $1 AND id = $2 AND NOT cancels_running`,
      [tenantId, id],
    );
  }

  /** What the devices ran that it updated. */
  async listPrevious(sql: Sql, tenantId: string, id: string): Promise<PreviousRelease[]> {
    return sql.query(
      `SELECT d.previous_release_id AS "releaseId", r.version, count(*)::int AS devices
         FROM rollout_device d LEFT JOIN release r ON r.tenant_id = d.tenant_id AND r.id = d.previous_release_id
        WHERE d.tenant_id = $1 AND d.rollout_id = $2 AND d.state IN ('confirmed', 'lost')
        GROUP BY d.previous_release_id, r.version ORDER BY d.previous_release_id NULLS LAST`,
      [tenantId, id],
    );
  }

  /** The rollouts that bring back what the devices ran before this one. */
  async listReverting(tx: Sql, tenantId: string, id: string): Promise<{ id: string; releaseId: string }[]> {
    return tx.query(
      `SELECT id, release_id AS "releaseId" FROM rollout
        WHERE tenant_id = $1 AND reverts_rollout_id = $2 ORDER BY id`,
      [tenantId, id],
    );
  }

  /** Whether `label` made or changed it. */
  async isOfHand(tx: Sql, tenantId: string, id: string, label: string): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM event WHERE tenant_id = $1 AND subject = $2 AND actor = $3
          AND kind IN ('rollout.created', 'rollout.changed') LIMIT 1`,
      [tenantId, `rollout:${id}`, label],
    );
    return rows.length > 0;
  }
}
