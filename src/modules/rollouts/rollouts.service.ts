import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { violatedConstraint } from '../../platform/database/database.errors';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { NotFoundError, StaleError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { DEFAULT_TERMS, type ActionState, type ActionTerms } from '../actions/action';
import { FeedsService } from '../devices/feeds.service';
import type { Release } from '../releases/release';
import { UnknownReleaseError, UnsoundReleaseError } from '../releases/releases.errors';
import { ReleasesService } from '../releases/releases.service';
import { TenantsService } from '../tenants/tenants.service';
import { BUCKETS } from './bucket';
import { DEFAULT_GATE, NO_MEMBERS } from './wave';
import { stateAfter, type Rollout, type RolloutVerb } from './rollout';
import { RolloutExistsError, RolloutStateError, UnofferableReleaseError } from './rollouts.errors';
import { RolloutsRepository } from './rollouts.repository';

export interface RolloutWish {
  readonly name: string;
  readonly feed: string;
  readonly releaseId: string;
  readonly priority?: number | undefined;
  readonly inFlightCap?: number | undefined;
  readonly attempts?: number | undefined;
  readonly allowsDowngrade?: boolean | undefined;
  readonly terms?: ActionTerms | undefined;
}

/** A rollout with how many of its devices are in which state, counted by their latest attempt. */
export interface CountedRollout extends Rollout {
  readonly devices: Readonly<Partial<Record<ActionState, number>>>;
  readonly admitted: number;
}

@Injectable()
export class RolloutsService {
  constructor(
    private readonly database: Database,
    private readonly rollouts: RolloutsRepository,
    private readonly tenants: TenantsService,
    private readonly feeds: FeedsService,
    private readonly releases: ReleasesService,
  ) {}

  /** A draft: it offers nothing and shadows nothing until it is started. */
  async create(actor: Actor, wish: RolloutWish): Promise<CountedRollout> {
    const { tenantId } = actor;
    const release = await this.releases.find(tenantId, wish.releaseId);
    if (release === undefined) throw new UnknownReleaseError('releaseId', wish.releaseId);
    refuseUnofferable(release);
    try {
      const id = await this.tenants.changePlan(tenantId, (tx) => this.store(tx, actor, wish));
      return await this.get(actor, id);
    } catch (error) {
      if (violatedConstraint(error) === 'rollout_name_unique') throw new RolloutExistsError(wish.name);
      throw error;
    }
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
    const rollout = await this.find(this.database, actor.tenantId, id);
    const counts = await this.rollouts.countByState(actor.tenantId, [id]);
    return counted(rollout, counts.get(id));
  }

  /**
   * Start, pause, resume, abort or close. Saying a verb twice is fine. When this resolves, the next poll on every
   * replica obeys it: offers not fetched yet are taken back, what devices fetched goes on.
   */
  async tell(actor: Actor, id: string, verb: RolloutVerb, ifRevision?: number): Promise<CountedRollout> {
    const { tenantId } = actor;
    await this.tenants.changePlan(tenantId, async (tx) => {
      const rollout = await this.find(tx, tenantId, id);
      if (ifRevision !== undefined && ifRevision !== rollout.revision) throw new StaleError('rollout');
      const state = stateAfter(rollout.state, verb);
      if (state === undefined) throw new RolloutStateError(id, rollout.state, verb);
      if (state === rollout.state) return;
      if (state === 'running') await this.refuseUnsound(tx, tenantId, rollout.releaseId);
      if (verb === 'start') await this.rollouts.layLanes(tx, tenantId, id, rollout.pace);
      await this.rollouts.setState(tx, tenantId, id, state);
      const detail = { from: rollout.state, to: state };
      await recordEvent(tx, actor, { kind: `rollout.${verb}`, subject: `rollout:${id}`, detail });
    });
    return this.get(actor, id);
  }

  /** Part of a plan change: nothing offers the release any more. */
  async abortAllOf(tx: Sql, actor: Actor, releaseId: string): Promise<void> {
    for (const { id, state } of await this.rollouts.listUnfinishedOf(tx, actor.tenantId, releaseId)) {
      await this.rollouts.setState(tx, actor.tenantId, id, 'aborted');
      const detail = { from: state, to: 'aborted' };
      await recordEvent(tx, actor, { kind: 'rollout.abort', subject: `rollout:${id}`, detail });
    }
  }

  /** Part of an admission: whether the rollout still offers under the plan that the offer was decided by. */
  async isOffering(tx: Sql, tenantId: string, id: string, planRevision: bigint): Promise<boolean> {
    return this.rollouts.isOffering(tx, tenantId, id, planRevision);
  }

  private async store(tx: Sql, actor: Actor, wish: RolloutWish): Promise<string> {
    if (!(await this.releases.isThere(tx, actor.tenantId, wish.releaseId))) {
      throw new UnknownReleaseError('releaseId', wish.releaseId);
    }
    await this.refuseUnsound(tx, actor.tenantId, wish.releaseId);
    const feedId = await this.feeds.idOf(tx, actor, wish.feed);
    const everyone = {
      ...{ position: 1, name: undefined, buckets: BUCKETS, members: NO_MEMBERS, mostDevices: undefined },
      gate: DEFAULT_GATE,
    };
    const id = await this.rollouts.insert(tx, actor.tenantId, {
      name: wish.name,
      feedId,
      population: { feed: wish.feed, filter: undefined, revertsRolloutId: undefined },
      releaseId: wish.releaseId,
      priority: wish.priority ?? 0,
      pace: { inFlightCap: wish.inFlightCap, offersPerMinute: undefined, ramp: undefined },
      mostDevices: undefined,
      waves: [everyone],
      attempts: wish.attempts ?? 1,
      retryBackoffMs: 0,
      allowsDowngrade: wish.allowsDowngrade ?? false,
      confirms: 'report',
      silentPolls: 0,
      whenTripped: 'pause',
      startAt: undefined,
      windows: [],
      salt: undefined,
      terms: wish.terms ?? DEFAULT_TERMS,
      createdBy: actorLabel(actor),
    });
    await recordEvent(tx, actor, { kind: 'rollout.created', subject: `rollout:${id}`, detail: { ...wish } });
    return id;
  }

  /** What would be offered to nobody shall not look as if it were rolled out. */
  private async refuseUnsound(tx: Sql, tenantId: string, releaseId: string): Promise<void> {
    const refusal = await this.releases.refusalToRollOut(tx, tenantId, releaseId);
    if (refusal !== undefined) throw new UnsoundReleaseError(releaseId, refusal);
  }

  private async find(sql: Sql, tenantId: string, id: string): Promise<Rollout> {
    const rollout = /^\d{1,10}$/.test(id) ? await this.rollouts.find(sql, tenantId, id) : undefined;
    if (rollout === undefined) throw new NotFoundError('rollout', id);
    return rollout;
  }
}

function refuseUnofferable(release: Release): void {
  if (release.hardware.length === 0)
    throw new UnofferableReleaseError(release.id, 'it names no hardware that it fits');
  if (release.invalidation !== undefined) throw new UnofferableReleaseError(release.id, 'it was invalidated');
  if (release.isWithdrawn) throw new UnofferableReleaseError(release.id, 'it was withdrawn');
}

function counted(rollout: Rollout, counts: Map<ActionState, number> | undefined): CountedRollout {
  const devices = Object.fromEntries(counts ?? []);
  const admitted = [...(counts ?? new Map<ActionState, number>()).values()].reduce(
    (sum, count) => sum + count,
    0,
  );
  return { ...rollout, devices, admitted };
}
