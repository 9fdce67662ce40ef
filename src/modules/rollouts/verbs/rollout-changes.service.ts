import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import type { Sql } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import { TenantsService } from '../../tenants/tenants.service';
import { percentOf } from '../checks/percentage';
import { changedWish } from '../checks/rollout-change';
import { changeableIn, type Rollout, type RolloutDefinition } from '../rollout/rollout';
import type { RolloutChange } from '../rollout/rollout-wish';
import { RolloutStateError } from '../rollouts.errors';
import { RolloutsRepository } from '../rollouts.repository';
import { RolloutMakingService } from './rollout-making.service';
import { RolloutProposalsService } from './rollout-proposals.service';
import { RolloutReachService } from './rollout-reach.service';

/** What belongs to a change. */
export interface ChangeRequest {
  /** The revision that the caller read (If-Match). */
  readonly ifRevision?: number | undefined;
  /** The change as it was said, for whoever has to approve it. */
  readonly said?: Readonly<Record<string, unknown>>;
}

/** What became of a change: it holds, or it waits until somebody else approves it. */
export type ChangeOutcome = 'changed' | 'proposed';

/** Changes of rollouts: of drafts everything, later on how far and how fast they go. */
@Injectable()
export class RolloutChangesService {
  constructor(
    private readonly tenants: TenantsService,
    private readonly rollouts: RolloutsRepository,
    private readonly making: RolloutMakingService,
    private readonly reach: RolloutReachService,
    private readonly proposals: RolloutProposalsService,
  ) {}

  /** @throws NotFoundError, StaleError, RolloutStateError, RolloutFieldsError, RolloutExistsError */
  async change(
    actor: Actor,
    id: string,
    change: RolloutChange,
    { ifRevision, said = change }: ChangeRequest = {},
  ): Promise<ChangeOutcome> {
    const { tenantId } = actor;
    return this.tenants.changePlan(tenantId, async (tx) => {
      const before = await this.rollouts.getLocked(tx, tenantId, id, ifRevision);
      const scope = changeableIn(before.state);
      if (scope === 'nothing') throw new RolloutStateError(id, before.state, 'change');
      if (scope === 'all') {
        await this.recordChanged(tx, actor, await this.redefine(tx, actor, before, change), { id, change });
        return 'changed';
      }
      const after = await this.reach.check(tx, actor, before, change);
      if (await this.proposals.holdBack(tx, actor, before, { after, change, said })) return 'proposed';
      await this.reach.write(tx, actor, before, after);
      await this.recordChanged(tx, actor, after, { id, change });
      return 'changed';
    });
  }

  /** Only what never ran: the others are history, and what they did refers to them. @throws NotFoundError, RolloutStateError */
  async remove(actor: Actor, id: string, ifRevision?: number): Promise<void> {
    const { tenantId } = actor;
    await this.tenants.changePlan(tenantId, async (tx) => {
      const { name, state, startedAt } = await this.rollouts.getLocked(tx, tenantId, id, ifRevision);
      if (startedAt !== undefined) throw new RolloutStateError(id, state, 'be deleted, since it has run');
      await this.rollouts.remove(tx, tenantId, id);
      await recordEvent(tx, actor, { kind: 'rollout.removed', subject: `rollout:${id}`, detail: { name } });
    });
  }

  private async redefine(
    tx: Sql,
    actor: Actor,
    before: Rollout,
    change: RolloutChange,
  ): Promise<RolloutDefinition> {
    const { salt, population } = before;
    const { revertsRolloutId } = population;
    const basis = { salt, revertsRolloutId, isStarted: false, isSettled: false };
    const after = await this.making.check(tx, actor, changedWish(before, change), basis);
    await this.rollouts.redefine(tx, actor.tenantId, before.id, after);
    return after;
  }

  private async recordChanged(
    tx: Sql,
    actor: Actor,
    after: RolloutDefinition,
    { id, change }: { readonly id: string; readonly change: RolloutChange },
  ): Promise<void> {
    const waves = after.waves.map(({ buckets }) => percentOf(buckets));
    const detail = { ...change, ...(change.waves === undefined ? {} : { waves }) };
    await recordEvent(tx, actor, { kind: 'rollout.changed', subject: `rollout:${id}`, detail });
  }
}
