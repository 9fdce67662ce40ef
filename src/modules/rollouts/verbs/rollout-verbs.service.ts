import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import type { Sql } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import { TenantsService } from '../../tenants/tenants.service';
import { hasPassed, stateAfter, type Rollout, type RolloutState, type RolloutVerb } from '../rollout/rollout';
import { RolloutMakingService } from './rollout-making.service';
import { RolloutProgressRepository, type SpentAttempts } from '../gates/rollout-progress.repository';
import { RolloutProposalsService } from './rollout-proposals.service';
import { RolloutStartsService } from './rollout-starts.service';
import { OwnRolloutError, RolloutFieldsError, RolloutStateError } from '../rollouts.errors';
import { RolloutsRepository } from '../rollouts.repository';

/** A verb with what belongs to it. */
export interface Order {
  readonly verb: RolloutVerb;
  /** The revision that the caller read (If-Match). */
  readonly ifRevision?: number | undefined;
  /** `start`: of the preview that it rests upon. */
  readonly previewHash?: string | undefined;
  /** `advance`: the wave to be passed; the current one when left out. */
  readonly wave?: number | undefined;
}

/** What an order came to, beside the rollout's new state. */
export interface Outcome {
  /** Devices that may try again. */
  readonly retried: number;
}

interface Told {
  readonly tx: Sql;
  readonly actor: Actor;
  readonly rollout: Rollout;
  readonly order: Order;
  readonly now: Date;
}

const NOTHING: Outcome = { retried: 0 };

/**
 * What operators say to rollouts. When it resolves, the next poll on every replica obeys it: offers not fetched yet are
 * taken back, what devices fetched goes on. Saying it twice is fine.
 */
@Injectable()
export class RolloutVerbsService {
  constructor(
    private readonly tenants: TenantsService,
    private readonly rollouts: RolloutsRepository,
    private readonly progress: RolloutProgressRepository,
    private readonly making: RolloutMakingService,
    private readonly starts: RolloutStartsService,
    private readonly proposals: RolloutProposalsService,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFoundError, StaleError, RolloutStateError, and what the verb's own conditions are */
  async tell(actor: Actor, id: string, order: Order): Promise<Outcome> {
    const { tenantId } = actor;
    if (order.verb === 'start') await this.starts.refuseHopeless(actor, id);
    const failed = order.verb === 'retry-failed' ? await this.progress.listFailed(tenantId, id) : [];
    return this.tenants.changePlan(tenantId, async (tx) => {
      const rollout = await this.rollouts.getLocked(tx, tenantId, id, order.ifRevision);
      const told: Told = { tx, actor, rollout, order, now: this.clock.now() };
      if (await this.decideProposal(told)) return NOTHING;
      const state = stateAfter(rollout.state, order.verb);
      if (state === undefined) throw new RolloutStateError(id, rollout.state, order.verb);
      if (order.verb === 'advance') return this.advance(told);
      if (order.verb === 'retry-failed') return this.retry(told, failed);
      if (state === rollout.state) return NOTHING;
      await this.change(told, state);
      return NOTHING;
    });
  }

  /** True when the order was about a change that waited for its approval. */
  private async decideProposal(told: Told): Promise<boolean> {
    const { proposal } = told.rollout;
    const { verb, ifRevision } = told.order;
    if (proposal === undefined || (verb !== 'approve' && verb !== 'deny')) return false;
    await this.proposals[verb]({ ...told, isRead: ifRevision !== undefined }, proposal);
    return true;
  }

  private async change(told: Told, state: RolloutState): Promise<void> {
    switch (told.order.verb) {
      case 'start':
        return this.start(told);
      case 'approve':
        return this.approve(told);
      case 'deny':
        await this.refuseOwn(told);
        return this.setState(told, { state });
      case 'resume':
        return this.resume(told);
      default:
        return this.setState(told, { state });
    }
  }

  private async start(told: Told): Promise<void> {
    const { tx, actor, rollout, order } = told;
    await this.making.refuseBarred(tx, actor.tenantId, rollout.releaseId);
    const policy = await this.starts.policyFor(tx, actor.tenantId, rollout, order.previewHash);
    await this.progress.layLanes(tx, actor.tenantId, rollout.id, rollout.pace);
    const state = policy.requiresApproval ? 'awaiting-approval' : begun(told);
    await this.setState(told, { state, startedBy: actorLabel(actor) });
  }

  private async approve(told: Told): Promise<void> {
    const { tx, actor, rollout } = told;
    await this.refuseOwn(told);
    await this.making.refuseBarred(tx, actor.tenantId, rollout.releaseId);
    await this.setState(told, { state: begun(told), approvedBy: actorLabel(actor) });
  }

  /** What has failed so far was looked at: only what fails from now on can stop it again. */
  private async resume(told: Told): Promise<void> {
    const { tx, actor, rollout } = told;
    await this.making.refuseBarred(tx, actor.tenantId, rollout.releaseId);
    await this.progress.acknowledge(tx, actor.tenantId, rollout.id);
    const isOver = hasPassed(rollout, rollout.waves.length);
    await this.setState(told, { state: isOver ? 'finished' : 'running' });
  }

  private async advance({ tx, actor, rollout, order, now }: Told): Promise<Outcome> {
    const { currentWave, waves } = rollout;
    const position = order.wave ?? currentWave;
    if (position > waves.length)
      throw new RolloutFieldsError({ wave: `is ${position}, but the rollout has ${waves.length}` });
    if (position > currentWave)
      throw new RolloutFieldsError(
        { wave: `is ${position}, but wave ${currentWave} has not passed yet` },
        'conflict',
      );
    if (position < currentWave || hasPassed(rollout, position)) return NOTHING;
    const by = actorLabel(actor);
    await this.progress.passWave(tx, actor.tenantId, rollout.id, { position, by, now });
    const detail = { wave: position };
    await recordEvent(tx, actor, { kind: 'rollout.advance', subject: `rollout:${rollout.id}`, detail });
    return NOTHING;
  }

  private async retry({ tx, actor, rollout }: Told, failed: readonly SpentAttempts[]): Promise<Outcome> {
    const retried = await this.progress.forgive(tx, actor.tenantId, rollout.id, failed);
    if (retried === 0) return NOTHING;
    const detail = { devices: retried };
    await recordEvent(tx, actor, { kind: 'rollout.retry-failed', subject: `rollout:${rollout.id}`, detail });
    return { retried };
  }

  private async refuseOwn({ tx, actor, rollout }: Told): Promise<void> {
    const label = actorLabel(actor);
    const isOwn =
      label === rollout.createdBy || (await this.progress.isOfHand(tx, actor.tenantId, rollout.id, label));
    if (isOwn) throw new OwnRolloutError(rollout.id);
  }

  private async setState(
    { tx, actor, rollout, order, now }: Told,
    change: { readonly state: RolloutState; readonly startedBy?: string; readonly approvedBy?: string },
  ): Promise<void> {
    await this.progress.setState(tx, actor.tenantId, rollout.id, { ...change, now });
    const detail = { from: rollout.state, to: change.state };
    await recordEvent(tx, actor, { kind: `rollout.${order.verb}`, subject: `rollout:${rollout.id}`, detail });
  }
}

/** Not before its time. */
function begun({ rollout, now }: Told): RolloutState {
  return rollout.startAt !== undefined && rollout.startAt > now ? 'scheduled' : 'running';
}
