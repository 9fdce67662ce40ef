import { Injectable } from '@nestjs/common';
import { systemActor } from '../../../platform/actor/actor';
import type { Sql } from '../../../platform/database/database';
import { ReleasesService } from '../../releases/releases.service';
import { NOTHING_ACKNOWLEDGED, tripOf } from '../../rollouts/gates/gate';
import { RolloutGatesService } from '../../rollouts/gates/rollout-gates.service';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';

/** What is judged: the newest so many ends. */
const JUDGED = 1000;

/**
 * The newest ends of a release outside of rollouts. Not what a device only said to run, nor what failed by our fault, nor what
 * ended before somebody reinstated the release.
 */
const ENDS = `
  SELECT count(*) FILTER (WHERE state IN ('failed', 'timed-out')) AS failures,
         count(*) FILTER (WHERE state IN ('confirmed', 'failed', 'timed-out')) AS finished
    FROM (SELECT state, failure_kind, retrieved_at, ended_at FROM action
           WHERE tenant_id = $1 AND release_id = $2 AND rollout_id IS NULL AND ended_at IS NOT NULL
           ORDER BY id DESC LIMIT $3) AS newest
   WHERE failure_kind IS DISTINCT FROM 'server' AND NOT (state = 'confirmed' AND retrieved_at IS NULL)
     AND ended_at > coalesce((SELECT max(occurred_at) FROM event WHERE tenant_id = $1
                                 AND subject = 'release:' || $2::bigint AND kind = 'release.reinstated'), '-infinity')`;

/**
 * The gate of what devices get without a rollout: mode `latest`, what is assigned to them, and by force. A release with too
 * many failures there is withdrawn by itself.
 */
@Injectable()
export class ReleaseBreakerService {
  constructor(
    private readonly gates: RolloutGatesService,
    private readonly releases: ReleasesService,
    private readonly settings: TenantSettingsService,
  ) {}

  /**
   * Judges a failure that this transaction has just written. The caller holds the release's lock alone, so that no offer of it
   * is admitted between the count and the commit. True when that withdrew it.
   */
  async judge(tx: Sql, tenantId: string, releaseId: string): Promise<boolean> {
    const { breaker } = await this.settings.read(tx, tenantId);
    const [row] = await tx.query<{ failures: string; finished: string }>(ENDS, [tenantId, releaseId, JUDGED]);
    const counts = { failures: Number(row?.failures ?? 0), finished: Number(row?.finished ?? 0) };
    const gate = { failureShare: breaker.share, sample: breaker.sample };
    if (tripOf(gate, counts, NOTHING_ACKNOWLEDGED) === undefined) return false;
    if (!(await this.releases.withdrawIn(tx, systemActor(tenantId), releaseId, 'breaker'))) return false;
    await this.gates.raisePlan(tx, tenantId);
    return true;
  }
}
