import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { DevicesService } from '../../devices/devices.service';
import type { Decision } from '../../rollouts/rules/decision';
import type { Plan } from '../../rollouts/plan/plan';
import { PlansService } from '../../rollouts/plan/plans.service';
import { resolve, type Resolution } from '../../rollouts/resolve/resolve';
import type { SightedDevice, Sighting } from './sighting';

/** What was decided, and by which plan. */
export interface Judgement extends Resolution {
  readonly plan: Plan;
}

/** The one place where what was read of a device meets the plan: polls, fetches and explain ask here. Changes nothing. */
@Injectable()
export class DecisionsService {
  constructor(
    private readonly plans: PlansService,
    private readonly devices: DevicesService,
    private readonly clock: Clock,
  ) {}

  /** Undefined: something has to be read first. Nearly every poll ends here, without another promise. */
  decideNow(sighting: Sighting, device: SightedDevice): Decision | undefined {
    const plan = this.plans.known(sighting.tenantId, sighting.planRevision);
    if (plan === undefined || plan.needsRow) return undefined;
    return resolve(device, plan, this.clock.now()).decision;
  }

  async decide(sighting: Sighting, device: SightedDevice): Promise<Judgement> {
    const plan = await this.plans.at(sighting.tenantId, sighting.planRevision);
    const beheld = await this.beheld(plan, device);
    return { plan, ...resolve(beheld, plan, this.clock.now()) };
  }

  /**
   * The device with all of its row, where some rollout asks for that. The row is read after the device, and whatever in it decides
   * moves `decision_rev`: what changed in between is not admitted.
   */
  async beheld(plan: Plan, device: SightedDevice): Promise<SightedDevice> {
    if (!plan.needsRow) return device;
    return { ...device, row: await this.devices.filterSubject(plan.tenantId, device.id) };
  }
}
