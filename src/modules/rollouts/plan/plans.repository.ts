import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import type { HardwarePattern } from '../../releases/release/hardware';
import { STANDING_SIGNATURE } from '../../releases/release/standing-signature';
import type { Invalidation, ReleaseFacts, ReleaseShape } from '../../releases/release/release';
import type { Judgement } from '../../trust/judgement';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';
import type { PlanRows, Reverted, RolloutFacts } from './plan';
import { windowOf } from '../rollout/rollout-window';
import { paceOf, termsOf, waveOf, WAVES_OF, type RolloutRow } from '../rollout-row';

interface ReleaseRow {
  id: string;
  name: string;
  version: string;
  hardware: HardwarePattern[];
  is_withdrawn: boolean;
  is_required_step: boolean;
  invalidation: Invalidation | null;
  upgrade_from: string | null;
  p90_ms: string | null;
  artifacts: string;
  types: string[];
  endings: string[];
  largest_bytes: string;
  file_names: string[];
  is_damaged: boolean;
  signature: Judgement['kind'];
}

/** With the version that the rollout brought which `r` reverts. */
interface PlannedRow extends RolloutRow {
  reverted_version: string | null;
}

const REVERTED_VERSION = `
  (SELECT b.version FROM rollout o JOIN release b ON b.id = o.release_id AND b.tenant_id = o.tenant_id
    WHERE o.id = r.reverts_rollout_id AND o.tenant_id = r.tenant_id) AS reverted_version`;

/** Each release with what its shape is made of. */
const RELEASES = `
  SELECT r.id, r.name, r.version, r.hardware, r.is_withdrawn, r.is_required_step, r.invalidation, r.upgrade_from,
         r.p90_ms, s.*
    FROM release r CROSS JOIN LATERAL (
      SELECT count(a.id) AS artifacts, coalesce(max(b.size_bytes), 0) AS largest_bytes,
             coalesce(array_agg(DISTINCT m.type), '{}') AS types,
             coalesce(array_agg(DISTINCT lower(substring(a.file_name FROM '\\.[^.]*$')))
                        FILTER (WHERE a.file_name LIKE '%.%'), '{}') AS endings,
             coalesce(array_agg(DISTINCT a.file_name) FILTER (WHERE a.id IS NOT NULL), '{}') AS file_names,
             coalesce(bool_or(b.fault IS NOT NULL), false) AS is_damaged,
             CASE WHEN bool_or(w.kind = 'broken') THEN 'broken'
                  WHEN bool_or(w.kind = 'untrusted') THEN 'untrusted'
                  WHEN bool_and(w.kind = 'signed') THEN 'signed'
                  ELSE 'unsigned' END AS signature
        FROM release_module m
        LEFT JOIN artifact a ON a.module_id = m.id AND a.tenant_id = m.tenant_id
        LEFT JOIN blob b ON b.id = a.blob_id AND b.tenant_id = a.tenant_id
        LEFT JOIN LATERAL (SELECT (${STANDING_SIGNATURE})->>'kind' AS kind) w ON true
       WHERE m.release_id = r.id AND m.tenant_id = r.tenant_id) s
   WHERE r.tenant_id = $1 AND r.deleted_at IS NULL`;

@Injectable()
export class PlansRepository {
  constructor(
    private readonly database: Database,
    private readonly settings: TenantSettingsService,
  ) {}

  async revision(tenantId: string): Promise<bigint> {
    const [plan] = await this.database.query<{ revision: string }>(
      'SELECT revision FROM tenant_plan WHERE tenant_id = $1',
      [tenantId],
    );
    if (plan === undefined) throw new Error(`tenant ${tenantId} has no plan`);
    return BigInt(plan.revision);
  }

  /**
   * The rows of a tenant's plan on one snapshot, so that they fit the revision that comes with them. One rollout may be read
   * along that is not in force.
   */
  async read(tenantId: string, alsoRolloutId?: string): Promise<PlanRows> {
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
        rollouts: await readRollouts(sql, tenantId, alsoRolloutId),
      };
    });
  }
}

async function readReleases(sql: Sql, tenantId: string): Promise<ReleaseFacts[]> {
  const rows = await sql.query<ReleaseRow>(RELEASES, [tenantId]);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    version: row.version,
    hardware: row.hardware,
    isWithdrawn: row.is_withdrawn,
    isRequiredStep: row.is_required_step,
    invalidation: row.invalidation ?? undefined,
    upgradeFrom: row.upgrade_from ?? undefined,
    p90Ms: row.p90_ms === null ? undefined : Number(row.p90_ms),
    isDamaged: row.is_damaged,
    signature: row.signature,
    shape: shapeOf(row),
  }));
}

function shapeOf(row: ReleaseRow): ReleaseShape {
  return {
    artifacts: Number(row.artifacts),
    types: row.types,
    endings: row.endings,
    largestBytes: Number(row.largest_bytes),
    longestName: Math.max(0, ...row.file_names.map((name) => encodeURIComponent(name).length)),
  };
}

async function readRollouts(
  sql: Sql,
  tenantId: string,
  alsoId: string | undefined,
): Promise<PlanRows['rollouts']> {
  const rows = await sql.query<PlannedRow>(
    `SELECT r.*, ${REVERTED_VERSION}, ${WAVES_OF}
       FROM rollout r WHERE r.tenant_id = $1 AND (r.state IN ('running', 'paused', 'finished') OR r.id = $2)`,
    [tenantId, alsoId ?? null],
  );
  return rows.map(factsOf);
}

function factsOf(row: PlannedRow): RolloutFacts {
  return {
    id: row.id,
    name: row.name,
    feedId: row.feed_id ?? undefined,
    filter: row.filter ?? undefined,
    reverts: revertedBy(row),
    releaseId: row.release_id,
    state: row.state,
    priority: row.priority,
    startedAtMs: row.started_at?.getTime() ?? 0,
    salt: row.salt,
    attempts: row.attempts,
    retryBackoffMs: Number(row.retry_backoff_ms),
    allowsDowngrade: row.allows_downgrade,
    confirms: row.confirms,
    currentWave: row.current_wave,
    pace: paceOf(row),
    mostDevices: row.most_devices ?? undefined,
    windows: row.windows.map(windowOf),
    terms: termsOf(row),
    waves: row.waves.map(waveOf),
  };
}

/** Without a version nobody is meant: better than everybody. */
function revertedBy({ reverts_rollout_id: id, reverted_version: version }: PlannedRow): Reverted | undefined {
  return id === null ? undefined : { rolloutId: id, version: version ?? '' };
}
