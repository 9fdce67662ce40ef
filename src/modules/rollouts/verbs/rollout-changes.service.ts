import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import type { Sql } from '../../../platform/database/database';
import { violatedConstraint } from '../../../platform/database/database.errors';
import { recordEvent } from '../../../platform/events/event-log';
import { TenantsService } from '../../tenants/tenants.service';
import { Faults } from '../checks/faults';
import { percentOf } from '../checks/percentage';
import { changeableIn, type Rollout } from '../rollout/rollout';
import { changedWish, faultsOfStretch } from '../checks/rollout-change';
import { RolloutMakingService, type CheckedRollout } from './rollout-making.service';
import { RolloutProgressRepository } from '../gates/rollout-progress.repository';
import type { RolloutChange } from '../rollout/rollout-wish';
import { RolloutExistsError, RolloutStateError } from '../rollouts.errors';
import { RolloutsRepository } from '../rollouts.repository';

/** Changes of rollouts: of drafts everything, later on how far and how fast they go. */
@Injectable()
export class RolloutChangesService {
  constructor(
    private readonly tenants: TenantsService,
    private readonly rollouts: RolloutsRepository,
    private readonly progress: RolloutProgressRepository,
    private readonly making: RolloutMakingService,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFoundError, StaleError, RolloutStateError, RolloutFieldsError, RolloutExistsError */
  async change(actor: Actor, id: string, change: RolloutChange, ifRevision?: number): Promise<void> {
    const { tenantId } = actor;
    try {
      await this.tenants.changePlan(tenantId, async (tx) => {
        const before = await this.rollouts.getLocked(tx, tenantId, id, ifRevision);
        const scope = changeableIn(before.state);
        if (scope === 'nothing') throw new RolloutStateError(id, before.state, 'change');
        const after = await this.making.check(tx, actor, changedWish(before, change), {
          salt: before.salt,
          revertsRolloutId: before.population.revertsRolloutId,
          isStarted: scope === 'reach',
          // What was found good at the start does not stand in the way of going slower.
          isSettled: scope === 'reach' && change.windows === undefined,
        });
        if (scope === 'all') await this.rollouts.redefine(tx, tenantId, id, after);
        else await this.stretch(tx, actor, before, after);
        const waves = after.waves.map(({ buckets }) => percentOf(buckets));
        const detail = { ...change, ...(change.waves === undefined ? {} : { waves }) };
        await recordEvent(tx, actor, { kind: 'rollout.changed', subject: `rollout:${id}`, detail });
      });
    } catch (error) {
      if (violatedConstraint(error) === 'rollout_name_unique')
        throw new RolloutExistsError(change.name ?? '');
      throw error;
    }
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

  private async stretch(tx: Sql, actor: Actor, before: Rollout, said: CheckedRollout): Promise<void> {
    const { tenantId } = actor;
    const { id } = before;
    const after = { ...said, startAt: this.startOf(before, said) };
    const faults = new Faults();
    faultsOfStretch(before, after, faults);
    faults.throwAny();
    await this.progress.countForMaxima(tx, tenantId, id);
    const { all, byWave } = await this.progress.countedDevices(tx, tenantId, id);
    faults.add('mostDevices', faultOfMaximum(after.mostDevices, all));
    for (const [index, wave] of after.waves.entries())
      faults.add(`waves[${index}].mostDevices`, faultOfMaximum(wave.mostDevices, byWave[index] ?? 0));
    faults.throwAny();
    await this.rollouts.stretch(tx, tenantId, id, after);
    await this.progress.layLanes(tx, tenantId, id, after.pace);
  }

  /** Who takes a scheduled rollout's time away wants it to begin now. */
  private startOf({ state, startAt }: Rollout, said: CheckedRollout): Date | undefined {
    const isCleared = startAt !== undefined && said.startAt === undefined;
    return state === 'scheduled' && isCleared ? this.clock.now() : said.startAt;
  }
}

function faultOfMaximum(most: number | undefined, devices: number): string | undefined {
  return most === undefined || most >= devices
    ? undefined
    : `is ${most}, but ${devices} devices are in it already`;
}
