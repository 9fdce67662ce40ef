import { Injectable } from '@nestjs/common';
import { DEFAULT_TERMS, type ActionState, type ActionTerms, type ActionType } from '../actions/action';
import { Database, type Sql } from '../../platform/database/database';
import type { PageRequest } from '../../platform/database/page';
import { laneCaps, type Rollout, type RolloutState, type Wave } from './rollout';

interface RolloutRow {
  id: string;
  name: string;
  feed: string;
  release_id: string;
  state: RolloutState;
  priority: number;
  in_flight_cap: number | null;
  attempts: number;
  allows_downgrade: boolean;
  type: ActionType;
  force_at: Date | null;
  needs_confirmation: boolean;
  revision: number;
  started_at: Date | null;
  created_at: Date;
  created_by: string;
}

/** A rollout about to be stored. */
export interface NewRollout {
  readonly name: string;
  readonly feedId: string;
  readonly releaseId: string;
  readonly priority: number;
  readonly inFlightCap: number | undefined;
  readonly attempts: number;
  readonly allowsDowngrade: boolean;
  readonly terms: ActionTerms;
  readonly createdBy: string;
}

const SELECT =
  'SELECT r.*, f.name AS feed FROM rollout r JOIN feed f ON f.id = r.feed_id AND f.tenant_id = r.tenant_id';

@Injectable()
export class RolloutsRepository {
  constructor(private readonly database: Database) {}

  async find(sql: Sql, tenantId: string, id: string): Promise<Rollout | undefined> {
    const [row] = await sql.query<RolloutRow>(`${SELECT} WHERE r.tenant_id = $1 AND r.id = $2`, [
      tenantId,
      id,
    ]);
    return row === undefined ? undefined : rolloutOf(row);
  }

  /** Newest first; one more than asked for. */
  async list(tenantId: string, page: PageRequest): Promise<Rollout[]> {
    const rows = await this.database.query<RolloutRow>(
      `${SELECT} WHERE r.tenant_id = $1 AND ($2::bigint IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3`,
      [tenantId, page.after ?? null, page.limit + 1],
    );
    return rows.map(rolloutOf);
  }

  /** The salt is the rollout's own id: its buckets are its own until a predecessor's are named. */
  async insert(tx: Sql, tenantId: string, rollout: NewRollout, waves: readonly Wave[]): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO rollout (tenant_id, name, feed_id, release_id, priority, in_flight_cap, attempts, allows_downgrade,
                            created_by, salt, type, force_at, needs_confirmation)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12) RETURNING id`,
      [
        tenantId,
        rollout.name,
        rollout.feedId,
        rollout.releaseId,
        rollout.priority,
        rollout.inFlightCap ?? null,
        rollout.attempts,
        rollout.allowsDowngrade,
        rollout.createdBy,
        rollout.terms.type,
        rollout.terms.forceAt ?? null,
        rollout.terms.needsConfirmation,
      ],
    );
    if (row === undefined) throw new Error('an insert returned no row');
    await tx.query('UPDATE rollout SET salt = id::text WHERE tenant_id = $1 AND id = $2', [tenantId, row.id]);
    await tx.query(
      `INSERT INTO rollout_wave (tenant_id, rollout_id, position, buckets)
       SELECT $1, $2, w.position, w.buckets FROM unnest($3::int[], $4::int[]) AS w (position, buckets)`,
      [tenantId, row.id, waves.map((wave) => wave.position), waves.map((wave) => wave.buckets)],
    );
    return row.id;
  }

  async listUnfinishedOf(
    tx: Sql,
    tenantId: string,
    releaseId: string,
  ): Promise<{ id: string; state: RolloutState }[]> {
    return tx.query<{ id: string; state: RolloutState }>(
      `SELECT id, state FROM rollout WHERE tenant_id = $1 AND release_id = $2 AND state NOT IN ('aborted', 'closed')
        ORDER BY id`,
      [tenantId, releaseId],
    );
  }

  async setState(tx: Sql, tenantId: string, id: string, state: RolloutState): Promise<void> {
    await tx.query(
      `UPDATE rollout SET state = $3, revision = revision + 1,
              started_at = CASE WHEN $3 = 'running' THEN coalesce(started_at, now()) ELSE started_at END
        WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, state],
    );
  }

  /** Lays the lanes for the first start; later starts find them there. */
  async layLanes(tx: Sql, tenantId: string, id: string, inFlightCap: number | undefined): Promise<void> {
    const caps = laneCaps(inFlightCap);
    await tx.query(
      `INSERT INTO rollout_lane (tenant_id, rollout_id, lane, cap)
       SELECT $1, $2, l.position - 1, l.cap FROM unnest($3::int[]) WITH ORDINALITY AS l (cap, position)
       ON CONFLICT DO NOTHING`,
      [tenantId, id, caps],
    );
  }

  async countByState(
    tenantId: string,
    ids: readonly string[],
  ): Promise<Map<string, Map<ActionState, number>>> {
    const rows = await this.database.query<{ rollout_id: string; state: ActionState; devices: string }>(
      `SELECT rollout_id, state, sum(devices) AS devices FROM rollout_tally
        WHERE tenant_id = $1 AND rollout_id = ANY($2::bigint[]) GROUP BY rollout_id, state HAVING sum(devices) <> 0`,
      [tenantId, ids],
    );
    const counts = new Map<string, Map<ActionState, number>>(ids.map((id) => [id, new Map()]));
    for (const row of rows) counts.get(row.rollout_id)?.set(row.state, Number(row.devices));
    return counts;
  }

  /** True while the rollout offers under exactly this plan. Its own statement: it must see what the locks waited for. */
  async isOffering(tx: Sql, tenantId: string, id: string, planRevision: bigint): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM tenant_plan p JOIN rollout r ON r.tenant_id = p.tenant_id
        WHERE p.tenant_id = $1 AND p.revision = $2 AND r.id = $3 AND r.state IN ('running', 'finished')`,
      [tenantId, planRevision.toString(), id],
    );
    return rows.length > 0;
  }
}

function rolloutOf(row: RolloutRow): Rollout {
  return {
    id: row.id,
    name: row.name,
    feed: row.feed,
    releaseId: row.release_id,
    state: row.state,
    priority: row.priority,
    inFlightCap: row.in_flight_cap ?? undefined,
    attempts: row.attempts,
    allowsDowngrade: row.allows_downgrade,
    terms: {
      type: row.type,
      forceAt: row.force_at ?? undefined,
      weight: DEFAULT_TERMS.weight,
      window: undefined,
      needsConfirmation: row.needs_confirmation,
    },
    revision: row.revision,
    startedAt: row.started_at ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
