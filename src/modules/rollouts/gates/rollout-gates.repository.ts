import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/database';
import { countsOf, type Acknowledged, type Counts } from './gate';
import type { TripAct } from '../rollout/conduct';
import type { Halt, RolloutState } from '../rollout/rollout';
import type { Gate } from '../rollout/wave';

/** A rollout as its gates see it: how far each wave is, and what came of its devices. */
export interface Standing {
  readonly id: string;
  readonly state: RolloutState;
  readonly releaseId: string;
  readonly whenTripped: TripAct;
  readonly haltedBy: Halt['kind'] | undefined;
  readonly currentWave: number;
  readonly startAt: Date | undefined;
  readonly acknowledged: Acknowledged;
  readonly waves: readonly StandingWave[];
}

export interface StandingWave {
  readonly position: number;
  readonly gate: Gate;
  readonly acknowledged: Acknowledged;
  readonly soakSince: Date | undefined;
  readonly counts: Counts;
}

interface RolloutRow {
  id: string;
  state: RolloutState;
  release_id: string;
  when_tripped: TripAct;
  halted_by: Halt['kind'] | null;
  current_wave: number;
  start_at: Date | null;
  acknowledged_failures: number;
  acknowledged_finished: number;
}

interface WaveRow {
  position: number;
  success_share: number;
  failure_share: number;
  sample: number;
  soak_ms: string;
  is_manual: boolean;
  soak_since: Date | null;
  acknowledged_failures: number;
  acknowledged_finished: number;
}

interface TallyRow {
  wave: number;
  state: string;
  devices: string;
}

/** What gates read and write. Whoever writes holds the rollout's lock alone, so that what was read still holds. */
@Injectable()
export class RolloutGatesRepository {
  /** Separate statements after the lock: each sees what was committed while it was waited for. */
  async find(sql: Sql, tenantId: string, id: string): Promise<Standing | undefined> {
    const [row] = await sql.query<RolloutRow>(
      `SELECT id, state, release_id, when_tripped, halt->>'kind' AS halted_by, current_wave, start_at,
              acknowledged_failures, acknowledged_finished
         FROM rollout WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id],
    );
    if (row === undefined) return undefined;
    return {
      id: row.id,
      state: row.state,
      releaseId: row.release_id,
      whenTripped: row.when_tripped,
      haltedBy: row.halted_by ?? undefined,
      currentWave: row.current_wave,
      startAt: row.start_at ?? undefined,
      acknowledged: acknowledgedOf(row),
      waves: await this.wavesOf(sql, tenantId, id),
    };
  }

  private async wavesOf(sql: Sql, tenantId: string, id: string): Promise<StandingWave[]> {
    const waves = await sql.query<WaveRow>(
      `SELECT position, success_share, failure_share, sample, soak_ms, is_manual, soak_since,
              acknowledged_failures, acknowledged_finished
         FROM rollout_wave WHERE tenant_id = $1 AND rollout_id = $2 ORDER BY position`,
      [tenantId, id],
    );
    const tally = await sql.query<TallyRow>(
      `SELECT wave, state, sum(devices) AS devices FROM rollout_tally WHERE tenant_id = $1 AND rollout_id = $2
        GROUP BY wave, state`,
      [tenantId, id],
    );
    return waves.map((row) => ({
      position: row.position,
      gate: gateOf(row),
      acknowledged: acknowledgedOf(row),
      soakSince: row.soak_since ?? undefined,
      counts: countsOf(
        tally.filter(({ wave }) => wave === row.position).map((one) => [one.state, Number(one.devices)]),
      ),
    }));
  }

  /** A server-caused failure counts for nothing from the start. */
  async forgive(tx: Sql, tenantId: string, id: string, wave: number): Promise<void> {
    const raised = `SET acknowledged_failures = acknowledged_failures + 1, acknowledged_finished = acknowledged_finished + 1`;
    await tx.query(`UPDATE rollout ${raised} WHERE tenant_id = $1 AND id = $2`, [tenantId, id]);
    await tx.query(
      `UPDATE rollout_wave ${raised} WHERE tenant_id = $1 AND rollout_id = $2 AND position = $3`,
      [tenantId, id, wave],
    );
  }

  /** The soak of what was under way begins anew with whatever comes next. */
  async halt(
    tx: Sql,
    tenantId: string,
    id: string,
    { state, halt }: { readonly state: 'paused' | 'aborted'; readonly halt: Halt },
  ): Promise<void> {
    await tx.query(
      `UPDATE rollout SET state = $3, halt = $4, revision = revision + 1,
              ended_at = CASE WHEN $3 = 'aborted' THEN $5::timestamptz ELSE ended_at END,
              proposal = CASE WHEN $3 = 'aborted' THEN NULL ELSE proposal END
        WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, state, JSON.stringify(halt), halt.at],
    );
    await tx.query(
      'UPDATE rollout_wave SET soak_since = NULL WHERE tenant_id = $1 AND rollout_id = $2 AND passed_at IS NULL',
      [tenantId, id],
    );
  }

  async soak(
    tx: Sql,
    tenantId: string,
    id: string,
    { position, since }: { readonly position: number; readonly since: Date | undefined },
  ): Promise<void> {
    await tx.query(
      'UPDATE rollout_wave SET soak_since = $4 WHERE tenant_id = $1 AND rollout_id = $2 AND position = $3',
      [tenantId, id, position, since ?? null],
    );
  }

  async raisePlan(tx: Sql, tenantId: string): Promise<void> {
    await tx.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = $1', [tenantId]);
  }
}

function acknowledgedOf(row: { acknowledged_failures: number; acknowledged_finished: number }): Acknowledged {
  return { failures: row.acknowledged_failures, finished: row.acknowledged_finished };
}

function gateOf(row: WaveRow): Gate {
  return {
    successShare: row.success_share,
    failureShare: row.failure_share,
    sample: row.sample,
    soakMs: Number(row.soak_ms),
    isManual: row.is_manual,
  };
}
