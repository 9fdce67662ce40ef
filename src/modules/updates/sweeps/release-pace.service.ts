import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database';
import { TenantsService } from '../../tenants/tenants.service';
import { RolloutSchedulerRepository } from './rollout-scheduler.repository';

/** Fewer say nothing: one slow device must not keep windows shut. */
const LEAST_DEVICES = 10;
/** What changes by less is not worth a new plan on every replica. */
const NEWS = 0.1;
const MEASURE_MS = 60_000;

/** How long a release usually takes on a device, so that nothing is offered shortly before a window closes. */
@Injectable()
export class ReleasePaceService {
  private readonly measuredAtMs = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly repository: RolloutSchedulerRepository,
    private readonly tenants: TenantsService,
  ) {}

  /** At most once a minute for each release; true when it takes another time than was thought. */
  async measure(
    { tenantId, releaseId }: { tenantId: string; releaseId: string },
    now: Date,
  ): Promise<boolean> {
    const last = this.measuredAtMs.get(releaseId);
    if (last !== undefined && now.getTime() - last < MEASURE_MS) return false;
    this.measuredAtMs.set(releaseId, now.getTime());
    const { p90Ms, devices } = await this.repository.measure(tenantId, releaseId);
    if (devices < LEAST_DEVICES) return false;
    const known = await this.repository.p90Of(this.database, tenantId, releaseId);
    if (known !== undefined && Math.abs(p90Ms - known) <= known * NEWS) return false;
    await this.tenants.changePlan(tenantId, (tx) => this.repository.setP90(tx, tenantId, releaseId, p90Ms));
    return true;
  }
}
