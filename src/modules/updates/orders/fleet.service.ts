import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { parseTimeZone, timeZoneText } from '../../../platform/calendar/time-zone';
import { Database, type Sql, type Transaction } from '../../../platform/database/database';
import { lockPlanShared } from '../../../platform/database/locks';
import { recordEvent } from '../../../platform/events/event-log';
import { isEnded, type Action } from '../../actions/action/action';
import { ActionStateError } from '../../actions/actions.errors';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import type { Client } from '../../devices/device/client';
import type { DeviceMode, Verdict } from '../../devices/device/device';
import type { DeviceView } from '../../devices/device/device-view';
import { DevicesService, type LockedDevice } from '../../devices/devices.service';
import { FeedsService } from '../../devices/feeds/feeds.service';
import { UnknownReleaseError, UnsoundReleaseError } from '../../releases/releases.errors';
import { ReleasesService } from '../../releases/releases.service';
import { ConfirmationsService } from '../reports/confirmations.service';
import { ActionFlowService } from '../outcomes/action-flow.service';

/** What an operator may change about a device; null clears. */
export interface DeviceChange {
  readonly name?: string | null | undefined;
  readonly feed?: string | undefined;
  readonly mode?: DeviceMode | undefined;
  readonly pinned?: boolean | undefined;
  readonly takesPrereleases?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly hardware?:
    { readonly model: string; readonly revision?: string | null | undefined } | null | undefined;
  readonly client?: Client | null | undefined;
  readonly assignedReleaseId?: string | null | undefined;
  /** The release to install next, whatever is installed and however often it failed; consumed when it is offered. */
  readonly force?: string | null | undefined;
  readonly autoConfirm?:
    { readonly initiator?: string | undefined; readonly remark?: string | undefined } | null | undefined;
  /** Refusing ends what is open on the device. */
  readonly approval?: Verdict | undefined;
  /** An IANA name or `±hh:mm`: by which clock it is offered something in the windows of rollouts. */
  readonly timezone?: string | null | undefined;
}

/** What operators do to devices and their actions. It stands here because it may end an action. */
@Injectable()
export class FleetService {
  constructor(
    private readonly database: Database,
    private readonly devices: DevicesService,
    private readonly feeds: FeedsService,
    private readonly releases: ReleasesService,
    private readonly actions: ActionsService,
    private readonly flow: ActionFlowService,
    private readonly confirmations: ConfirmationsService,
  ) {}

  /** From the device's next request on it is decided anew, by the changed row. */
  async change(
    actor: Actor,
    controllerId: string,
    change: DeviceChange,
    ifRevision?: string,
  ): Promise<DeviceView> {
    await this.database.transaction(async (tx) => {
      // Shared with admissions, exclusive with the deletion of a release that is assigned here.
      await lockPlanShared(tx, actor.tenantId);
      const columns = await this.columnsOf(tx, actor, change);
      const device = await this.devices.lock(tx, actor.tenantId, controllerId, ifRevision);
      await this.devices.change(tx, actor, device, columns);
      if (change.autoConfirm !== undefined)
        await this.confirmations.settle(tx, actor, device, change.autoConfirm);
      if (change.approval === 'refused') await this.endAll(tx, actor, device, 'The device was refused.');
    });
    return this.devices.get(actor, controllerId);
  }

  /** Ends what is open on the device (neutral to every gate) and removes it. */
  async remove(actor: Actor, controllerId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const device = await this.devices.lock(tx, actor.tenantId, controllerId);
      await this.endAll(tx, actor, device, 'The device was removed.');
      await this.devices.remove(tx, actor, device);
    });
  }

  /**
   * Asks the device to cancel; it keeps working until it has answered. With `isForced` the server ends the action at once
   * without asking, for devices that never answer. Saying it twice is fine. @throws ActionStateError when the action is over.
   */
  async cancel(actor: Actor, actionId: string, isForced: boolean): Promise<Action> {
    const action = await this.actions.get(actor, actionId);
    if (action.state === 'cancelled') return action;
    const { step } = await this.flow.happen(actor, action, {
      event: isForced ? 'force-cancel' : 'request-cancel',
      entry: serverEntry(
        isForced ? 'cancelled' : 'cancelling',
        `${isForced ? 'Ended' : 'Cancelled'} by ${actor.name}.`,
      ),
    });
    if (step.kind === 'refuse') throw new ActionStateError(actionId, action.state, 'cancelled');
    const after = await this.actions.get(actor, actionId);
    if (isEnded(after.state) && after.state !== 'cancelled')
      throw new ActionStateError(actionId, after.state, 'cancelled');
    return after;
  }

  /** A soft or time-forced update becomes forced. Saying it twice is fine. @throws ActionStateError when it is over */
  async makeForced(actor: Actor, actionId: string): Promise<Action> {
    const action = await this.actions.get(actor, actionId);
    if (isEnded(action.state) || action.type === 'download-only')
      throw new ActionStateError(actionId, isEnded(action.state) ? action.state : action.type, 'forced');
    await this.database.transaction(async (tx) => {
      if (!(await this.actions.force(tx, actor.tenantId, actionId))) return;
      await recordEvent(tx, actor, { kind: 'action.forced', subject: `action:${actionId}` });
    });
    return this.actions.get(actor, actionId);
  }

  private async endAll(tx: Transaction, actor: Actor, device: LockedDevice, why: string): Promise<void> {
    for (const action of await this.actions.listOpen(tx, actor.tenantId, device.id)) {
      const entry = serverEntry('cancelled', why);
      await this.flow.happenIn(tx, actor, action.id, { event: 'force-cancel', entry });
    }
  }

  private async columnsOf(
    tx: Sql,
    actor: Actor,
    change: DeviceChange,
  ): Promise<Parameters<DevicesService['change']>[3]> {
    await this.refuseUnfit(tx, actor, 'assignedReleaseId', change.assignedReleaseId);
    await this.refuseUnfit(tx, actor, 'force', change.force);
    const { hardware } = change;
    return given({
      name: change.name,
      feedId: change.feed === undefined ? undefined : await this.feeds.idOf(tx, actor, change.feed),
      mode: change.mode,
      isPinned: change.pinned,
      takesPrereleases: change.takesPrereleases,
      tags: change.tags === undefined ? undefined : [...new Set(change.tags)],
      setModel: hardware === undefined ? undefined : (hardware?.model ?? null),
      setRevision: hardware === undefined ? undefined : (hardware?.revision ?? null),
      setClient: change.client,
      assignedReleaseId: change.assignedReleaseId,
      forcedReleaseId: change.force,
      approval: change.approval,
      timezone: typeof change.timezone === 'string' ? storedZone(change.timezone) : change.timezone,
    });
  }

  /** What does not exist, and what would be offered to nobody however it is wished for. */
  private async refuseUnfit(
    tx: Sql,
    actor: Actor,
    field: string,
    id: string | null | undefined,
  ): Promise<void> {
    if (id === undefined || id === null) return;
    if (!(await this.releases.isThere(tx, actor.tenantId, id))) throw new UnknownReleaseError(field, id);
    const refusal = await this.releases.refusalToRollOut(tx, actor.tenantId, id);
    if (refusal !== undefined) throw new UnsoundReleaseError(id, refusal);
  }
}

/** @throws FieldError of `timezone` */
function storedZone(text: string): string {
  return timeZoneText(parseTimeZone(text));
}

/** Without the fields that were not given. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
