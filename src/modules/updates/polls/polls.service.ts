import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import { askStep } from '../../actions/action/ask';
import { isForcedNow, type ActionEvent, type ActionState } from '../../actions/action/action';
import { windowAt } from '../../actions/action/maintenance-window';
import type { Decision, Reason } from '../../rollouts/rules/decision';
import type { Plan } from '../../rollouts/plan/plan';
import { ActionFlowService } from '../outcomes/action-flow.service';
import { AdmissionService } from './admission.service';
import { DecisionsService } from '../sightings/decisions.service';
import { DeviceLedgerService } from '../outcomes/device-ledger.service';
import type { DeviceName, SightedAction, SightedDevice, Sighting } from '../sightings/sighting';
import { SightingsService } from '../sightings/sightings.service';

/** What a device is told when it asks: at most one of update, confirm and cancel. */
export interface Directive {
  readonly kind: 'idle' | 'update' | 'confirm' | 'cancel';
  readonly actionId?: string;
  /** Changes whenever the device would be told something else about the action (hawkBit's `c`). */
  readonly tag?: number;
  /** The maintenance window that the device is to be back for, if one is ahead. */
  readonly opensAtMs?: number | undefined;
  /** The device is asked for its attributes. */
  readonly wantsAttributes: boolean;
  readonly installedActionId: string | undefined;
}

/** A poll that loses this many races in a row is told nothing; the device asks again. */
const MAX_ROUNDS = 5;

/** What a poll leads to: decided on fresh rows, admitted by Postgres. */
@Injectable()
export class PollsService {
  constructor(
    private readonly sightings: SightingsService,
    private readonly decisions: DecisionsService,
    private readonly admissions: AdmissionService,
    private readonly flow: ActionFlowService,
    private readonly actions: ActionsService,
    private readonly ledger: DeviceLedgerService,
    private readonly clock: Clock,
  ) {}

  /** Decides for a device that was just read. Offers are admitted and fallen ones withdrawn before this resolves. */
  answer(name: DeviceName, sighting: Sighting, device: SightedDevice): Directive | Promise<Directive> {
    const decision = this.decisions.decideNow(sighting, device);
    if (decision?.kind === 'nothing') return idle(device, decision.opensAtMs);
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
    return idle(current.device);
  }

  /** What a poll would decide now, with what it was decided on; changes nothing. */
  async judge(sighting: Sighting, device: SightedDevice): Promise<{ plan: Plan; decision: Decision }> {
    return this.decisions.decide(sighting, device);
  }

  /** Undefined: the state of things has changed, or was changed here; read and decide once more. */
  private async carryOut(
    plan: Plan,
    device: SightedDevice,
    decision: Decision,
  ): Promise<Directive | undefined> {
    switch (decision.kind) {
      case 'nothing':
        return idle(device, decision.opensAtMs);
      case 'continue':
        return this.goOn(plan, device);
      case 'offer': {
        const admission = await this.admissions.admit(plan, device, decision);
        // What was just admitted is told as any other poll would tell it: read once more.
        return admission.kind === 'full' ? idle(device) : undefined;
      }
      case 'withdraw':
        await this.takeBack(plan, device, decision, 'withdraw');
        return undefined;
      case 'cancel':
        await this.takeBack(plan, device, decision, cancelOf(plan, decision.reason));
        return undefined;
    }
  }

  /** What a device has installed by its own word is closed on the wire; what it has still to show it is asked for. */
  private async goOn(plan: Plan, device: SightedDevice): Promise<Directive> {
    const { openAction } = device;
    if (openAction === undefined) return idle(device);
    if (openAction.state !== 'installed') return shown(device, openAction, this.clock.now());
    const isAsked = await this.ask(plan.tenantId, device);
    return isAsked ? { ...idle(device), wantsAttributes: true } : idle(device);
  }

  /** One of several racing polls shows the link. */
  private async ask(tenantId: string, device: SightedDevice): Promise<boolean> {
    const { askAtMs, asks, wantsAttributes } = device;
    const nowMs = this.clock.epochMs();
    if (wantsAttributes || askAtMs === undefined || askAtMs > nowMs) return false;
    const step = askStep(asks, askAtMs, nowMs);
    return (await this.ledger.ask(tenantId, device, step)) && step.isShown;
  }

  private async takeBack(
    plan: Plan,
    device: SightedDevice,
    decision: Extract<Decision, { reason: unknown; actionId: string }>,
    event: Extract<ActionEvent, 'withdraw' | 'request-cancel' | 'force-cancel'>,
  ): Promise<void> {
    const action = await this.actions.find(plan.tenantId, decision.actionId);
    if (action === undefined) return;
    const actor: Actor = {
      kind: 'system',
      tenantId: plan.tenantId,
      name: device.controllerId,
      role: 'viewer',
    };
    const status = STATUSES[event];
    await this.flow.happen(actor, action, {
      event,
      entry: serverEntry(status, `No longer holds: ${decision.reason}.`),
      deadlines: plan.settings.deadlines,
    });
  }
}

function idle({ wantsAttributes, installedActionId }: SightedDevice, opensAtMs?: number): Directive {
  const directive: Directive = { kind: 'idle', wantsAttributes, installedActionId };
  return opensAtMs === undefined ? directive : { ...directive, opensAtMs };
}

const KINDS: Partial<Record<ActionState, Directive['kind']>> = {
  cancelling: 'cancel',
  'awaiting-confirmation': 'confirm',
};

function shown(device: SightedDevice, action: SightedAction, now: Date): Directive {
  const window = action.window === undefined ? undefined : windowAt(action.window, now.getTime());
  return {
    ...idle(device),
    kind: KINDS[action.state] ?? 'update',
    actionId: action.id,
    tag: tagOf(action, isForcedNow(action, now), window?.kind === 'open'),
    opensAtMs: window?.kind === 'ahead' ? window.opensAtMs : undefined,
  };
}

const STATUSES = {
  withdraw: 'withdrawn',
  'request-cancel': 'cancelling',
  'force-cancel': 'cancelled',
} as const;

/** Tenants may end at once what gives way, rather than ask the device (hawkBit's autoclose). */
function cancelOf(plan: Plan, reason: Reason): 'request-cancel' | 'force-cancel' {
  return reason === 'superseded' && plan.settings.closesSuperseded ? 'force-cancel' : 'request-cancel';
}

/** Below 2^31, and another one once the update becomes urgent or its window opens or closes. */
function tagOf({ id }: SightedAction, isForced: boolean, isOpen: boolean): number {
  return ((Number(id) * 4 + (isForced ? 2 : 0) + (isOpen ? 1 : 0)) * 31) % 2 ** 31;
}
