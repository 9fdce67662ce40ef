import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Database, type Sql } from '../../../platform/database/database';
import type { RolloutPolicy } from '../../tenants/tenant-settings';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';
import { ReleasesService } from '../../releases/releases.service';
import { Faults } from '../checks/faults';
import type { Rollout } from '../rollout/rollout';
import { faultOfPreviewHash, previewHash, type PreviewBasis } from '../rollout/rollout-hash';
import { PlansService } from '../plan/plans.service';
import { PopulationRepository } from '../plan/population.repository';
import { supersededBy } from '../rollout/rollout-rank';
import { checkLengths } from '../checks/window-check';
import { PreviewDemandedError, StalePreviewError } from '../rollouts.errors';
import { RolloutsRepository } from '../rollouts.repository';

/** What a start rests upon: waves that can open, and a preview that still holds. */
@Injectable()
export class RolloutStartsService {
  constructor(
    private readonly database: Database,
    private readonly settings: TenantSettingsService,
    private readonly rollouts: RolloutsRepository,
    private readonly releases: ReleasesService,
    private readonly plans: PlansService,
    private readonly population: PopulationRepository,
    private readonly clock: Clock,
  ) {}

  /** The hash of a preview that is made now, and whom the rollout would supersede. @throws NotFoundError */
  async preview(actor: Actor, id: string): Promise<{ hash: string; supersedes: readonly string[] }> {
    const rollout = await this.rollouts.get(this.database, actor.tenantId, id);
    const basis = await this.basisOf(this.database, actor.tenantId, rollout);
    return { hash: previewHash(basis), supersedes: basis.supersedes };
  }

  /** What the tenant demands of a start that rests upon the preview of this hash. @throws PreviewDemandedError, StalePreviewError */
  async policyFor(
    tx: Sql,
    tenantId: string,
    rollout: Rollout,
    hash: string | undefined,
  ): Promise<RolloutPolicy> {
    const { rollouts: policy } = await this.settings.read(tx, tenantId);
    if (hash === undefined && policy.demandsPreview) throw new PreviewDemandedError(rollout.id);
    if (hash === undefined) return policy;
    const fault = faultOfPreviewHash(hash, await this.basisOf(tx, tenantId, rollout));
    if (fault !== undefined) throw new StalePreviewError(fault);
    return policy;
  }

  /**
   * A wave of fewer devices than its sample could never open the next one (the last one opens nothing), and in a window shorter than
   * the release takes nobody would begin: how long that is may have been learnt since the draft was made. Read before the start
   * rather than in it, since it may look at many devices.
   * @throws NotFoundError, RolloutFieldsError
   */
  async refuseHopeless(actor: Actor, id: string): Promise<void> {
    const { tenantId } = actor;
    const { state } = await this.rollouts.get(this.database, tenantId, id);
    if (state !== 'draft') return;
    const supposed = await this.plans.asIfRunning(tenantId, id, this.clock.epochMs());
    const rollout = supposed?.rollouts.get(id);
    if (rollout === undefined) return;
    const faults = new Faults();
    const { p90Ms } = rollout.release;
    if (p90Ms !== undefined) checkLengths(rollout.windows, p90Ms, faults);
    for (const { position, gate } of rollout.waves.slice(0, -1)) {
      const { sample, isManual } = gate;
      if (isManual) continue;
      const devices = await this.population.countUpTo(sample, tenantId, rollout, position);
      if (devices >= sample) continue;
      faults.add(
        `waves[${position - 1}].gate.sample`,
        `is ${sample}, but only ${devices} devices belong to the wave now: lower it, widen the wave, or make its gate manual`,
      );
    }
    faults.throwAny();
  }

  private async basisOf(sql: Sql, tenantId: string, rollout: Rollout): Promise<PreviewBasis> {
    const inForce = await this.rollouts.listInForce(sql, tenantId);
    const release = await this.releases.findOfferable(sql, tenantId, rollout.releaseId);
    return {
      definition: rollout,
      digest: release?.digest ?? '',
      supersedes: supersededBy(rollout, inForce),
    };
  }
}
