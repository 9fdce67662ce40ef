import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import { Database, type Sql } from '../../platform/database/database';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { recordEvent } from '../../platform/events/event-log';
import { TenantsService } from '../tenants/tenants.service';
import type { Rollout, RolloutVerb } from './rollout/rollout';
import { RolloutCounts, type StateCounts } from './rollout-counts';
import { RolloutMakingService } from './verbs/rollout-making.service';
import { RolloutProgressRepository } from './gates/rollout-progress.repository';
import { RolloutVerbsService } from './verbs/rollout-verbs.service';
import type { RolloutWish } from './rollout/rollout-wish';
import { RolloutsRepository } from './rollouts.repository';

/** A rollout with how many of its devices are in which state, counted by their latest attempt. */
export interface CountedRollout extends Rollout {
  readonly devices: StateCounts;
  readonly admitted: number;
  /** The same by wave, in the order of the waves. */
  readonly devicesByWave: readonly StateCounts[];
}

@Injectable()
export class RolloutsService {
  constructor(
    private readonly database: Database,
    private readonly rollouts: RolloutsRepository,
    private readonly tenants: TenantsService,
    private readonly making: RolloutMakingService,
    private readonly verbs: RolloutVerbsService,
    private readonly progress: RolloutProgressRepository,
    private readonly clock: Clock,
  ) {}

  /** A draft: it offers nothing and shadows nothing until it is started. */
  async create(actor: Actor, wish: RolloutWish): Promise<CountedRollout> {
    const id = await this.tenants.changePlan(actor.tenantId, async (tx) =>
      this.making.store(tx, actor, await this.making.check(tx, actor, wish)),
    );
    return this.get(actor, id);
  }

  async list(actor: Actor, page: PageRequest): Promise<Page<CountedRollout>> {
    const rows = await this.rollouts.list(actor.tenantId, page);
    const counts = await this.rollouts.countByState(
      actor.tenantId,
      rows.map((row) => row.id),
    );
    return pageOf(
      rows,
      page.limit,
      (rollout) => rollout.id,
      (rollout) => counted(rollout, counts.get(rollout.id)),
    );
  }

  /** @throws NotFoundError */
  async get(actor: Actor, id: string): Promise<CountedRollout> {
    const rollout = await this.rollouts.get(this.database, actor.tenantId, id);
    const counts = await this.rollouts.countByState(actor.tenantId, [id]);
    return counted(rollout, counts.get(id));
  }

  /** A verb without anything beside it; see {@link RolloutVerbsService}. */
  async tell(actor: Actor, id: string, verb: RolloutVerb, ifRevision?: number): Promise<CountedRollout> {
    await this.verbs.tell(actor, id, { verb, ifRevision });
    return this.get(actor, id);
  }

  /** Part of a plan change: nothing offers the release any more. */
  async abortAllOf(tx: Sql, actor: Actor, releaseId: string): Promise<void> {
    const now = this.clock.now();
    for (const { id } of await this.rollouts.listUnfinishedOf(tx, actor.tenantId, releaseId)) {
      const { state } = await this.rollouts.getLocked(tx, actor.tenantId, id);
      await this.progress.setState(tx, actor.tenantId, id, { state: 'aborted', now });
      const detail = { from: state, to: 'aborted' };
      await recordEvent(tx, actor, { kind: 'rollout.abort', subject: `rollout:${id}`, detail });
    }
  }

  /** Part of an admission: whether the rollout still offers under the plan that the offer was decided by. */
  async isOffering(tx: Sql, tenantId: string, id: string, planRevision: bigint): Promise<boolean> {
    return this.rollouts.isOffering(tx, tenantId, id, planRevision);
  }
}

function counted(rollout: Rollout, counts = new RolloutCounts()): CountedRollout {
  const { devices, admitted } = counts;
  const devicesByWave = rollout.waves.map(({ position }) => counts.ofWave(position));
  return { ...rollout, devices, admitted, devicesByWave };
}
