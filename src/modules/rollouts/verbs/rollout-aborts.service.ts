import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Database, type Sql } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import { ReleasesService } from '../../releases/releases.service';
import { TenantsService } from '../../tenants/tenants.service';
import { stateAfter, type Rollout } from '../rollout/rollout';
import { RolloutMakingService } from './rollout-making.service';
import { RolloutProgressRepository, type PreviousRelease } from '../gates/rollout-progress.repository';
import type { RolloutWish } from '../rollout/rollout-wish';
import { RolloutStateError } from '../rollouts.errors';
import { RolloutsRepository } from '../rollouts.repository';

/** What becomes of those it has reached. */
export interface AbortOptions {
  /** Of the devices that fetched it: they go on, or are asked to give it up, in batches. */
  readonly running: 'keep' | 'cancel';
  /** The release is offered only by force from now on. */
  readonly withdraw: boolean;
  /** The devices that it updated get back what they ran before. */
  readonly rollback: boolean;
  readonly ifRevision?: number | undefined;
}

/** The way back of an aborted rollout. */
export interface Rollback {
  /** One for each release that devices ran before. */
  readonly rolloutIds: readonly string[];
  /** Devices of which nobody knows what they ran before. */
  readonly unknown: number;
  /** Devices whose release before cannot be offered any more. */
  readonly barred: number;
}

/** The longest name that a rollout may have. */
const LONGEST_NAME = 256;

@Injectable()
export class RolloutAbortsService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutsRepository,
    private readonly progress: RolloutProgressRepository,
    private readonly making: RolloutMakingService,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends a rollout because something is wrong. Said again with other options it does what was not done yet. What its devices ran before
   * is read beforehand: they may be many, and nobody would be admitted anywhere meanwhile.
   * @throws NotFoundError, StaleError, RolloutStateError
   */
  async abort(actor: Actor, id: string, options: AbortOptions): Promise<Rollback | undefined> {
    const { tenantId } = actor;
    const previous = options.rollback ? await this.progress.listPrevious(this.database, tenantId, id) : [];
    return this.tenants.changePlan(tenantId, async (tx) => {
      const rollout = await this.rollouts.getLocked(tx, tenantId, id, options.ifRevision);
      if (stateAfter(rollout.state, 'abort') === undefined)
        throw new RolloutStateError(id, rollout.state, 'abort');
      if (rollout.state !== 'aborted') await this.end(tx, actor, rollout);
      if (options.running === 'cancel') await this.progress.cancelRunning(tx, tenantId, id);
      if (options.withdraw) await this.releases.withdrawIn(tx, actor, rollout.releaseId, `rollout:${id}`);
      return options.rollback ? this.rollBack(tx, actor, rollout, previous) : undefined;
    });
  }

  private async end(tx: Sql, actor: Actor, { id, state }: Rollout): Promise<void> {
    await this.progress.setState(tx, actor.tenantId, id, { state: 'aborted', now: this.clock.now() });
    const detail = { from: state, to: 'aborted' };
    await recordEvent(tx, actor, { kind: 'rollout.abort', subject: `rollout:${id}`, detail });
  }

  private async rollBack(
    tx: Sql,
    actor: Actor,
    rollout: Rollout,
    previous: readonly PreviousRelease[],
  ): Promise<Rollback> {
    const { tenantId } = actor;
    const before = await this.progress.listReverting(tx, tenantId, rollout.id);
    const ids = new Map(before.map(({ id, releaseId }) => [releaseId, id]));
    let [unknown, barred] = [0, 0];
    for (const { releaseId, version, devices } of previous) {
      if (releaseId === null || version === null) unknown += devices;
      else if (ids.has(releaseId)) continue;
      else if (await this.isBarred(tx, tenantId, releaseId)) barred += devices;
      else ids.set(releaseId, await this.bringBack(tx, actor, rollout, { releaseId, version }));
    }
    return { rolloutIds: [...ids.values()], unknown, barred };
  }

  private async isBarred(tx: Sql, tenantId: string, releaseId: string): Promise<boolean> {
    const release = await this.releases.findOfferable(tx, tenantId, releaseId);
    if (release === undefined || release.fault !== undefined) return true;
    return (await this.releases.refusalToRollOut(tx, tenantId, releaseId)) !== undefined;
  }

  /** It runs at once: whoever rolls back is in a hurry. It keeps to the same windows and to the same number at once. */
  private async bringBack(
    tx: Sql,
    actor: Actor,
    aborted: Rollout,
    { releaseId, version }: { readonly releaseId: string; readonly version: string },
  ): Promise<string> {
    const { tenantId } = actor;
    const { priority, pace, windows, confirms, terms, id: revertsRolloutId } = aborted;
    const wish: RolloutWish = {
      name: await this.freeName(tx, tenantId, aborted.name, version),
      ...{ releaseId, priority, windows: [], confirms, terms },
      inFlightCap: pace.inFlightCap,
      allowsDowngrade: true,
    };
    const basis = { salt: undefined, revertsRolloutId, isStarted: false, isSettled: false };
    const checked = { ...(await this.making.check(tx, actor, wish, basis)), windows };
    const id = await this.making.store(tx, actor, checked);
    await this.progress.layLanes(tx, tenantId, id, checked.pace);
    const startedBy = actorLabel(actor);
    await this.progress.setState(tx, tenantId, id, { state: 'running', now: this.clock.now(), startedBy });
    const detail = { from: 'draft', to: 'running', reverts: revertsRolloutId };
    await recordEvent(tx, actor, { kind: 'rollout.start', subject: `rollout:${id}`, detail });
    return id;
  }

  private async freeName(tx: Sql, tenantId: string, name: string, version: string): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const end = ` back to ${version}${attempt === 1 ? '' : ` (${attempt})`}`;
      const free = `${name.slice(0, Math.max(1, LONGEST_NAME - end.length))}${end}`;
      if (!(await this.rollouts.isNameTaken(tx, tenantId, free))) return free;
    }
  }
}
