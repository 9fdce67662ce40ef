import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import type { Sql } from '../../../platform/database/database';
import { UnreadError } from '../../../platform/errors/domain.error';
import { recordEvent } from '../../../platform/events/event-log';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';
import { widens } from '../checks/widening';
import { RolloutProgressRepository } from '../gates/rollout-progress.repository';
import type { Proposal } from '../rollout/proposal';
import type { Rollout, RolloutDefinition } from '../rollout/rollout';
import type { RolloutChange } from '../rollout/rollout-wish';
import { OwnProposalError } from '../rollouts.errors';
import { RolloutReachService } from './rollout-reach.service';

/** A change that was found sound, and how it was said. */
export interface SaidChange {
  readonly after: RolloutDefinition;
  readonly change: RolloutChange;
  readonly said: Readonly<Record<string, unknown>>;
}

/** What a decision on a proposal is part of: a plan change that holds the rollout's lock. */
interface Decision {
  readonly tx: Sql;
  readonly actor: Actor;
  readonly rollout: Rollout;
  /** Whether the decision names the revision that it rests upon (If-Match). */
  readonly isRead: boolean;
}

/**
 * Changes of started rollouts that wait for somebody else, where the tenant demands approval (ADR 21). The rollout goes on
 * meanwhile as it was approved.
 */
@Injectable()
export class RolloutProposalsService {
  constructor(
    private readonly settings: TenantSettingsService,
    private readonly progress: RolloutProgressRepository,
    private readonly reach: RolloutReachService,
    private readonly clock: Clock,
  ) {}

  /** Keeps a change that needs approval until it has it; false when it needs none. What was kept before is forgotten. */
  async holdBack(tx: Sql, actor: Actor, before: Rollout, change: SaidChange): Promise<boolean> {
    if (!widens(before, change.after)) return false;
    const { rollouts: policy } = await this.settings.read(tx, actor.tenantId);
    if (!policy.requiresApproval) return false;
    const proposal = {
      ...{ change: change.change, said: change.said },
      ...{ by: actorLabel(actor), at: this.clock.now() },
    };
    await this.progress.propose(tx, actor.tenantId, before.id, proposal);
    await this.record(tx, actor, before.id, { kind: 'rollout.proposed', proposal });
    return true;
  }

  /**
   * Does what was proposed, as far as it still can be done. Only what was read can be approved: another proposal may have taken its place.
   * @throws OwnProposalError, UnreadError, RolloutFieldsError, RolloutExistsError
   */
  async approve({ tx, actor, rollout, isRead }: Decision, proposal: Proposal): Promise<void> {
    refuseOwn(actor, rollout.id, proposal);
    if (!isRead) throw new UnreadError(`Rollout ${rollout.id} has a proposal, which may have changed.`);
    const after = await this.reach.check(tx, actor, rollout, proposal.change);
    await this.reach.write(tx, actor, rollout, after);
    const approval = { by: actorLabel(actor), now: this.clock.now() };
    await this.progress.settleProposal(tx, actor.tenantId, rollout.id, approval);
    await this.record(tx, actor, rollout.id, { kind: 'rollout.approve', proposal });
  }

  /** Forgets what was proposed. Who proposed it may think better of it. */
  async deny({ tx, actor, rollout }: Decision, proposal: Proposal): Promise<void> {
    await this.progress.settleProposal(tx, actor.tenantId, rollout.id);
    await this.record(tx, actor, rollout.id, { kind: 'rollout.deny', proposal });
  }

  private async record(
    tx: Sql,
    actor: Actor,
    id: string,
    { kind, proposal }: { readonly kind: string; readonly proposal: Proposal },
  ): Promise<void> {
    const detail = { by: proposal.by, change: proposal.said };
    await recordEvent(tx, actor, { kind, subject: `rollout:${id}`, detail });
  }
}

function refuseOwn(actor: Actor, id: string, proposal: Proposal): void {
  if (proposal.by === actorLabel(actor)) throw new OwnProposalError(id);
}
