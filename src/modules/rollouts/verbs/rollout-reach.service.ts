import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import type { Sql } from '../../../platform/database/database';
import { Faults } from '../checks/faults';
import { changedWish, faultsOfStretch } from '../checks/rollout-change';
import { minuteOf } from '../gates/offer-pace';
import { RolloutProgressRepository } from '../gates/rollout-progress.repository';
import type { Ramp } from '../rollout/conduct';
import type { Rollout } from '../rollout/rollout';
import type { RolloutChange } from '../rollout/rollout-wish';
import { RolloutsRepository } from '../rollouts.repository';
import { RolloutMakingService, type CheckedRollout } from './rollout-making.service';

/** How far and how fast a rollout goes that was started. Every method is part of a plan change that holds the rollout's lock. */
@Injectable()
export class RolloutReachService {
  constructor(
    private readonly rollouts: RolloutsRepository,
    private readonly progress: RolloutProgressRepository,
    private readonly making: RolloutMakingService,
    private readonly clock: Clock,
  ) {}

  /** The rollout as the change would have it. @throws RolloutFieldsError */
  async check(tx: Sql, actor: Actor, before: Rollout, change: RolloutChange): Promise<CheckedRollout> {
    const said = await this.making.check(tx, actor, changedWish(before, change), {
      salt: before.salt,
      revertsRolloutId: before.population.revertsRolloutId,
      isStarted: true,
      // What was found good at the start does not stand in the way of going slower.
      isSettled: change.windows === undefined,
    });
    const after = { ...said, startAt: this.startOf(before, said) };
    const faults = new Faults();
    faultsOfStretch(before, after, faults);
    faults.throwAny();
    await this.refuseOverfull(tx, actor.tenantId, before.id, after);
    return after;
  }

  /** @throws RolloutExistsError */
  async write(tx: Sql, actor: Actor, before: Rollout, after: CheckedRollout): Promise<void> {
    const { tenantId } = actor;
    const { id, pace } = before;
    await this.rollouts.stretch(tx, tenantId, id, after);
    await this.progress.layLanes(tx, tenantId, id, after.pace);
    if (after.pace.ramp !== undefined && !isSameRamp(pace.ramp, after.pace.ramp))
      await this.progress.beginRamp(tx, tenantId, id, minuteOf(this.clock.epochMs()));
  }

  private async refuseOverfull(tx: Sql, tenantId: string, id: string, after: CheckedRollout): Promise<void> {
    const faults = new Faults();
    await this.progress.countForMaxima(tx, tenantId, id);
    const { all, byWave } = await this.progress.countedDevices(tx, tenantId, id);
    faults.add('mostDevices', faultOfMaximum(after.mostDevices, all));
    for (const [index, wave] of after.waves.entries())
      faults.add(`waves[${index}].mostDevices`, faultOfMaximum(wave.mostDevices, byWave[index] ?? 0));
    faults.throwAny();
  }

  /** Who takes a scheduled rollout's time away wants it to begin now. */
  private startOf({ state, startAt }: Rollout, said: CheckedRollout): Date | undefined {
    const isCleared = startAt !== undefined && said.startAt === undefined;
    return state === 'scheduled' && isCleared ? this.clock.now() : said.startAt;
  }
}

function isSameRamp(a: Ramp | undefined, b: Ramp): boolean {
  return a?.startPerMinute === b.startPerMinute && a.doublingMs === b.doublingMs;
}

function faultOfMaximum(most: number | undefined, devices: number): string | undefined {
  return most === undefined || most >= devices
    ? undefined
    : `is ${most}, but ${devices} devices are in it already`;
}
