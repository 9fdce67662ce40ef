import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import { ActionsService } from '../actions/actions.service';
import { serverEntry } from '../actions/log-entry';
import type { ActionEvent } from '../actions/action';
import type { Decision } from '../rollouts/decision';
import type { Plan } from '../rollouts/plan';
import { PlansService } from '../rollouts/plans.service';
import { resolve } from '../rollouts/resolve';
import { ActionFlowService } from './action-flow.service';
import { AdmissionService } from './admission.service';
import type { DeviceName, SightedDevice, Sighting } from './sighting';
import { SightingsService } from './sightings.service';

/** What a device is told when it asks: at most one of update and cancel. */
export interface Directive {
  readonly kind: 'idle' | 'update' | 'cancel';
  readonly actionId?: string;
  /** The device is asked for its attributes. */
  readonly wantsAttributes: boolean;
}

/** A poll that loses this many races in a row is told nothing; the device asks again. */
const MAX_ROUNDS = 5;

/** What a poll leads to: decided on fresh rows, admitted by Postgres. */
@Injectable()
export class PollsService {
  constructor(
    private readonly sightings: SightingsService,
    private readonly plans: PlansService,
    private readonly admissions: AdmissionService,
    private readonly flow: ActionFlowService,
    private readonly actions: ActionsService,
    private readonly clock: Clock,
  ) {}

  /** Decides for a device that was just read. Offers are admitted and fallen ones withdrawn before this resolves. */
  answer(name: DeviceName, sighting: Sighting, device: SightedDevice): Directive | Promise<Directive> {
    const plan = this.plans.known(sighting.tenantId, sighting.planRevision);
    // Nearly every poll ends here, without another promise.
    if (plan !== undefined && resolve(device, plan, this.clock.now()).decision.kind === 'nothing')
      return { kind: 'idle', wantsAttributes: device.wantsAttributes };
    return this.answerInRounds(name, sighting, device);
  }

  private async answerInRounds(
    name: DeviceName,
    sighting: Sighting,
    device: SightedDevice,
  ): Promise<Directive> {
    let current = { sighting, device };
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const { plan, decision } = await this.judge(current.sighting, current.device);
      const directive = await this.carryOut(plan, current.device, decision);
      if (directive !== undefined) return directive;
      const again = await this.sightings.find(name);
      if (again?.device === undefined) break;
      current = { sighting: again, device: again.device };
    }
    return { kind: 'idle', wantsAttributes: current.device.wantsAttributes };
  }

  /** What a poll would decide now, with what it was decided on; changes nothing. */
  async judge(sighting: Sighting, device: SightedDevice): Promise<{ plan: Plan; decision: Decision }> {
    const plan = await this.plans.at(sighting.tenantId, sighting.planRevision);
    return { plan, decision: resolve(device, plan, this.clock.now()).decision };
  }

  /** Undefined: the state of things has changed, or was changed here; read and decide once more. */
  private async carryOut(
    plan: Plan,
    device: SightedDevice,
    decision: Decision,
  ): Promise<Directive | undefined> {
    const { wantsAttributes } = device;
    switch (decision.kind) {
      case 'nothing':
        return { kind: 'idle', wantsAttributes };
      case 'continue': {
        const kind = device.openAction?.state === 'cancelling' ? 'cancel' : 'update';
        return { kind, actionId: decision.actionId, wantsAttributes };
      }
      case 'offer': {
        const admission = await this.admissions.admit(plan, device, decision);
        if (admission.kind === 'stale') return undefined;
        if (admission.kind === 'full') return { kind: 'idle', wantsAttributes };
        return { kind: 'update', actionId: admission.actionId, wantsAttributes };
      }
      case 'withdraw':
        await this.takeBack(plan, device, decision, 'withdraw');
        return undefined;
      case 'cancel':
        await this.takeBack(plan, device, decision, 'request-cancel');
        return undefined;
    }
  }

  private async takeBack(
    plan: Plan,
    device: SightedDevice,
    decision: Extract<Decision, { reason: unknown; actionId: string }>,
    event: Extract<ActionEvent, 'withdraw' | 'request-cancel'>,
  ): Promise<void> {
    const action = await this.actions.find(plan.tenantId, decision.actionId);
    if (action === undefined) return;
    const actor: Actor = {
      kind: 'system',
      tenantId: plan.tenantId,
      name: device.controllerId,
      role: 'viewer',
    };
    const status = event === 'withdraw' ? 'withdrawn' : 'cancelling';
    await this.flow.happen(actor, action, {
      event,
      entry: serverEntry(status, `No longer holds: ${decision.reason}.`),
    });
  }
}
