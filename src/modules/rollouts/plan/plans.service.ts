import { Injectable } from '@nestjs/common';
import { buildPlan, type Plan, type RolloutFacts } from './plan';
import { PlansRepository } from './plans.repository';

/**
 * Tenants' plans in memory. A caller brings the revision that it read from the database: an older plan is replaced
 * before it answers, so after a plan change's 2xx no replica decides by the plan before it.
 */
@Injectable()
export class PlansService {
  private readonly plans = new Map<string, Plan>();
  private readonly loading = new Map<string, Promise<Plan>>();

  constructor(private readonly repository: PlansRepository) {}

  /** The plan in memory, when it is no older than `revision`. */
  known(tenantId: string, revision: bigint): Plan | undefined {
    const known = this.plans.get(tenantId);
    return known !== undefined && known.revision >= revision ? known : undefined;
  }

  /** The tenant's plan at `revision` or later. */
  async at(tenantId: string, revision: bigint): Promise<Plan> {
    for (;;) {
      const known = this.plans.get(tenantId);
      if (known !== undefined && known.revision >= revision) return known;
      const loaded = await this.load(tenantId);
      if (loaded.revision >= revision) return loaded;
    }
  }

  /** A plan that nobody decides by, with the rollout as if it ran. Undefined when there is no such rollout. */
  async asIfRunning(tenantId: string, rolloutId: string, nowMs: number): Promise<Plan | undefined> {
    const rows = await this.repository.read(tenantId, rolloutId);
    const facts = rows.rollouts.find(({ id }) => id === rolloutId);
    if (facts === undefined) return undefined;
    const others = rows.rollouts.filter((one) => one !== facts);
    const startedAtMs = facts.startedAtMs === 0 ? nowMs : facts.startedAtMs;
    const running: RolloutFacts = { ...facts, state: 'running', startedAtMs };
    return buildPlan({ ...rows, rollouts: [...others, running] });
  }

  /** The tenant's plan as it is now. Whoever decides by it has no device's row that would bring the revision along. */
  async current(tenantId: string): Promise<Plan> {
    return this.at(tenantId, await this.repository.revision(tenantId));
  }

  /** Several polls that miss at once share one read; one that was under way before may be too old and is repeated. */
  private load(tenantId: string): Promise<Plan> {
    const running = this.loading.get(tenantId);
    if (running !== undefined) return running;
    const started = this.read(tenantId).finally(() => this.loading.delete(tenantId));
    this.loading.set(tenantId, started);
    return started;
  }

  private async read(tenantId: string): Promise<Plan> {
    const plan = buildPlan(await this.repository.read(tenantId));
    const known = this.plans.get(tenantId);
    if (known === undefined || known.revision < plan.revision) this.plans.set(tenantId, plan);
    return plan;
  }
}
