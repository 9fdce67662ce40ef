import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../../platform/actor/actor';
import type { Sql } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import { FeedsService } from '../../devices/feeds/feeds.service';
import { UnknownReleaseError, UnsoundReleaseError } from '../../releases/releases.errors';
import { ReleasesService } from '../../releases/releases.service';
import type { RolloutDefinition } from '../rollout/rollout';
import { checkRollout } from '../checks/rollout-check';
import type { RolloutWish } from '../rollout/rollout-wish';
import { RolloutFieldsError, UnofferableReleaseError } from '../rollouts.errors';
import { RolloutsRepository } from '../rollouts.repository';

/** A definition with the row of the feed that it names. */
export interface CheckedRollout extends RolloutDefinition {
  readonly feedId: string | undefined;
}

/** What stands while nothing else is said, on a change. */
export interface CheckBasis {
  readonly salt: string | undefined;
  readonly revertsRolloutId: string | undefined;
  readonly isStarted: boolean;
  /** What its release is like now is no longer asked. */
  readonly isSettled: boolean;
}

/** Turns wishes into rollouts. Every method is part of a plan change: what a wish names stays there meanwhile. */
@Injectable()
export class RolloutMakingService {
  constructor(
    private readonly rollouts: RolloutsRepository,
    private readonly feeds: FeedsService,
    private readonly releases: ReleasesService,
  ) {}

  /** @throws RolloutFieldsError, UnknownReleaseError, UnknownFeedError, UnofferableReleaseError, UnsoundReleaseError */
  async check(tx: Sql, actor: Actor, wish: RolloutWish, basis?: CheckBasis): Promise<CheckedRollout> {
    const { tenantId } = actor;
    const release = await this.releases.findOfferable(tx, tenantId, wish.releaseId);
    if (release === undefined) throw new UnknownReleaseError('releaseId', wish.releaseId);
    const isSettled = basis?.isSettled === true;
    if (!isSettled) {
      if (release.fault !== undefined) throw new UnofferableReleaseError(wish.releaseId, release.fault);
      await this.refuseUnsound(tx, tenantId, wish.releaseId);
    }
    const definition = checkRollout(wish, {
      p90Ms: isSettled ? undefined : release.p90Ms,
      salt: await this.saltOf(tx, tenantId, wish, basis),
      revertsRolloutId: basis?.revertsRolloutId,
      isStarted: basis?.isStarted === true,
    });
    const feedId = wish.feed === undefined ? undefined : await this.feeds.idOf(tx, actor, wish.feed);
    return { ...definition, feedId };
  }

  /** The id of the new draft. */
  async store(tx: Sql, actor: Actor, rollout: CheckedRollout): Promise<string> {
    const { tenantId } = actor;
    const id = await this.rollouts.insert(tx, tenantId, { ...rollout, createdBy: actorLabel(actor) });
    const { name, releaseId, population, priority, waves } = rollout;
    const detail = {
      ...{ name, releaseId, priority },
      ...population,
      waves: waves.map(({ buckets }) => buckets),
    };
    await recordEvent(tx, actor, { kind: 'rollout.created', subject: `rollout:${id}`, detail });
    return id;
  }

  /** Before anything is offered: what would be offered to nobody shall not look as if it were rolled out. */
  async refuseBarred(tx: Sql, tenantId: string, releaseId: string): Promise<void> {
    const release = await this.releases.findOfferable(tx, tenantId, releaseId);
    const fault = release === undefined ? 'it is not there any more' : release.fault;
    if (fault !== undefined) throw new UnofferableReleaseError(releaseId, fault, 'conflict');
    await this.refuseUnsound(tx, tenantId, releaseId);
  }

  private async refuseUnsound(tx: Sql, tenantId: string, releaseId: string): Promise<void> {
    const refusal = await this.releases.refusalToRollOut(tx, tenantId, releaseId);
    if (refusal !== undefined) throw new UnsoundReleaseError(releaseId, refusal);
  }

  private async saltOf(
    tx: Sql,
    tenantId: string,
    { bucketsOf }: RolloutWish,
    basis: CheckBasis | undefined,
  ): Promise<string | undefined> {
    if (bucketsOf === undefined) return basis?.salt;
    const predecessor = await this.rollouts.find(tx, tenantId, bucketsOf);
    if (predecessor === undefined)
      throw new RolloutFieldsError({
        bucketsOf: `is ${bucketsOf}, which is no rollout. Name one, or leave it out`,
      });
    return predecessor.salt;
  }
}
