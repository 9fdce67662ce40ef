import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import { DEFAULT_TERMS, type ActionType } from '../actions/action';
import type { HardwarePattern } from '../releases/hardware';
import type { Invalidation, ReleaseFacts } from '../releases/release';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
import type { PlanRows } from './plan';
import type { RolloutState, Wave } from './rollout';

interface ReleaseRow {
  id: string;
  name: string;
  version: string;
  hardware: HardwarePattern[];
  is_withdrawn: boolean;
  is_required_step: boolean;
  invalidation: Invalidation | null;
}

interface RolloutRow {
  id: string;
  name: string;
  feed_id: string;
  release_id: string;
  state: RolloutState;
  priority: number;
  started_at: Date | null;
  salt: string;
  attempts: number;
  allows_downgrade: boolean;
  current_wave: number;
  type: ActionType;
  force_at: Date | null;
  needs_confirmation: boolean;
  waves: Wave[];
}

@Injectable()
export class PlansRepository {
  constructor(
    private readonly database: Database,
    private readonly settings: TenantSettingsService,
  ) {}

  /** The rows of a tenant's plan on one snapshot, so that they fit the revision that comes with them. */
  async read(tenantId: string): Promise<PlanRows> {
    return this.database.snapshot(async (sql) => {
      const [plan] = await sql.query<{ revision: string; is_stopped: boolean }>(
        'SELECT revision, is_stopped FROM tenant_plan WHERE tenant_id = $1',
        [tenantId],
      );
      if (plan === undefined) throw new Error(`tenant ${tenantId} has no plan`);
      return {
        tenantId,
        revision: BigInt(plan.revision),
        isStopped: plan.is_stopped,
        settings: await this.settings.read(sql, tenantId),
        releases: await readReleases(sql, tenantId),
        rollouts: await readRollouts(sql, tenantId),
      };
    });
  }
}

async function readReleases(sql: Sql, tenantId: string): Promise<ReleaseFacts[]> {
  const rows = await sql.query<ReleaseRow>(
    'SELECT id, name, version, hardware, is_withdrawn, is_required_step, invalidation FROM release WHERE tenant_id = $1 AND deleted_at IS NULL',
    [tenantId],
  );
  return rows.map(({ id, name, version, hardware, ...row }) => ({
    ...{ id, name, version, hardware },
    isWithdrawn: row.is_withdrawn,
    isRequiredStep: row.is_required_step,
    invalidation: row.invalidation ?? undefined,
  }));
}

async function readRollouts(sql: Sql, tenantId: string): Promise<PlanRows['rollouts']> {
  const rows = await sql.query<RolloutRow>(
    `SELECT r.*, (SELECT json_agg(json_build_object('position', w.position, 'buckets', w.buckets) ORDER BY w.position)
                    FROM rollout_wave w WHERE w.rollout_id = r.id AND w.tenant_id = r.tenant_id) AS waves
       FROM rollout r WHERE r.tenant_id = $1 AND r.state IN ('running', 'paused', 'finished')`,
    [tenantId],
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    feedId: row.feed_id,
    releaseId: row.release_id,
    state: row.state,
    priority: row.priority,
    startedAtMs: row.started_at?.getTime() ?? 0,
    salt: row.salt,
    attempts: row.attempts,
    allowsDowngrade: row.allows_downgrade,
    currentWave: row.current_wave,
    terms: {
      type: row.type,
      forceAt: row.force_at ?? undefined,
      weight: DEFAULT_TERMS.weight,
      window: undefined,
      needsConfirmation: row.needs_confirmation,
    },
    waves: row.waves,
  }));
}
