import type { INestApplication } from '@nestjs/common';
import { DEFAULT_TERMS } from '../../../src/modules/actions/action/action';
import type { SentEvent } from '../../../src/modules/audit/audit-entry';
import { EventStreamService } from '../../../src/modules/audit/event-stream.service';
import { RolloutChangesService } from '../../../src/modules/rollouts/verbs/rollout-changes.service';
import { RolloutsRepository } from '../../../src/modules/rollouts/rollouts.repository';
import { RolloutsService } from '../../../src/modules/rollouts/rollouts.service';
import { type RolloutDefinition, type RolloutVerb } from '../../../src/modules/rollouts/rollout/rollout';
import { TenantsService } from '../../../src/modules/tenants/tenants.service';
import { AssignmentsService } from '../../../src/modules/updates/orders/assignments.service';
import { ExplainService, type Explanation } from '../../../src/modules/updates/explain/explain.service';
import { FleetService, type DeviceChange } from '../../../src/modules/updates/orders/fleet.service';
import type { Actor } from '../../../src/platform/actor/actor';
import type { RolloutPatch } from './acts';
import type { CastRollout } from './cast';
import type { Stage } from './stage';

/** An instance as operators use it. */
export class Console {
  private readonly rollouts: RolloutsService;
  private readonly changes: RolloutChangesService;
  private readonly repository: RolloutsRepository;
  private readonly tenants: TenantsService;
  private readonly fleet: FleetService;
  private readonly assignments: AssignmentsService;
  private readonly explanations: ExplainService;
  private readonly streams: EventStreamService;

  constructor(app: INestApplication) {
    this.rollouts = app.get(RolloutsService);
    this.changes = app.get(RolloutChangesService);
    this.repository = app.get(RolloutsRepository);
    this.tenants = app.get(TenantsService);
    this.fleet = app.get(FleetService);
    this.assignments = app.get(AssignmentsService);
    this.explanations = app.get(ExplainService);
    this.streams = app.get(EventStreamService);
  }

  /** A draft. By the repository: small fleets cannot have the waves that a check of wishes demands. */
  async createRollout(actor: Actor, stage: Stage, part: CastRollout, name: string): Promise<string> {
    const feed = stage.feeds[part.feed]!;
    return this.tenants.changePlan(actor.tenantId, (tx) =>
      this.repository.insert(tx, actor.tenantId, {
        ...definitionOf(part, stage, name),
        feedId: feed.id,
        createdBy: 'user:maker',
      }),
    );
  }

  async eventsAfter(actor: Actor, seq: number, limit: number): Promise<SentEvent[]> {
    return this.streams.list(actor, seq, limit);
  }

  async say(actor: Actor, rolloutId: string, verb: RolloutVerb): Promise<void> {
    await this.rollouts.tell(actor, rolloutId, verb);
  }

  async changeRollout(actor: Actor, rolloutId: string, to: RolloutPatch): Promise<void> {
    if ('cap' in to) await this.changes.change(actor, rolloutId, { inFlightCap: to.cap ?? null });
    else if ('mostDevices' in to)
      await this.changes.change(actor, rolloutId, { mostDevices: to.mostDevices });
    else {
      const { waves, currentWave, state } = await this.rollouts.get(actor, rolloutId);
      const raised = waves.map((wave) => ({
        // Those of a draft are replaced.
        ...(state === 'draft' ? wave : {}),
        ...(wave.position === currentWave ? { buckets: to.buckets } : {}),
      }));
      await this.changes.change(actor, rolloutId, { waves: raised });
    }
  }

  async rollout(actor: Actor, rolloutId: string): ReturnType<RolloutsService['get']> {
    return this.rollouts.get(actor, rolloutId);
  }

  async changeDevice(actor: Actor, controllerId: string, change: DeviceChange): Promise<void> {
    await this.fleet.change(actor, controllerId, change);
  }

  async assign(actor: Actor, releaseId: string, controllerIds: readonly string[]): Promise<void> {
    await this.assignments.assign(actor, {
      ...{ releaseId, controllerIds, isInstalled: false },
      terms: DEFAULT_TERMS,
    });
  }

  async cancel(actor: Actor, actionId: string, isForced: boolean): Promise<void> {
    await this.fleet.cancel(actor, actionId, isForced);
  }

  async stop(actor: Actor, isStopped: boolean): Promise<void> {
    await this.tenants.setStopped(actor, isStopped);
  }

  async explain(actor: Actor, controllerId: string): Promise<Explanation> {
    return this.explanations.explain(actor, controllerId);
  }
}

export function definitionOf(part: CastRollout, stage: Stage, name: string): RolloutDefinition {
  return {
    name,
    releaseId: stage.releases[part.release]!.id,
    population: {
      feed: stage.feeds[part.feed]!.name,
      filter: part.tag === undefined ? undefined : `tag==${part.tag}`,
      revertsRolloutId: undefined,
    },
    priority: part.priority,
    pace: { inFlightCap: part.cap, offersPerMinute: part.offersPerMinute, ramp: undefined },
    mostDevices: part.mostDevices,
    waves: part.waves.map(({ buckets, members, mostDevices, gate }, at) => ({
      position: at + 1,
      name: undefined,
      buckets,
      members: {
        controllerIds: [...new Set(members.map((one) => stage.deviceAt(one).controllerId))],
        tags: [],
        filter: undefined,
      },
      mostDevices,
      gate,
    })),
    attempts: part.attempts,
    retryBackoffMs: 0,
    allowsDowngrade: part.allowsDowngrade,
    confirms: part.confirms,
    silentPolls: part.silentPolls,
    whenTripped: part.whenTripped,
    startAt: undefined,
    windows: part.windows,
    // Its own number within the history, so that a history has the same buckets whenever it is played.
    salt: name,
    terms: DEFAULT_TERMS,
  };
}
