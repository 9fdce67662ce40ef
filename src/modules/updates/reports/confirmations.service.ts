import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../../platform/actor/actor';
import { Database, type Sql } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import { isEnded, type Action } from '../../actions/action/action';
import { ActionGoneError, LogFullError, TooManyMessagesError } from '../../actions/actions.errors';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry, type NewLogEntry } from '../../actions/action/log-entry';
import type { AutoConfirm } from '../../devices/device/device';
import { DevicesService } from '../../devices/devices.service';
import type { Release } from '../../releases/release/release';
import { ReleasesService } from '../../releases/releases.service';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';
import { ActionFlowService } from '../outcomes/action-flow.service';
import { deviceActor, type KnownDevice } from '../sightings/known-device';
import { AutoConfirmActiveError, NotForDeviceError } from '../updates.errors';

/** Who switches a device's consent on, and what he says about it. */
export interface ConsentWish {
  readonly initiator: string | undefined;
  readonly remark: string | undefined;
}

/** The consent of a device's user: to one update, or once and for all (contract E12 to E16). */
@Injectable()
export class ConfirmationsService {
  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly devices: DevicesService,
    private readonly releases: ReleasesService,
    private readonly settings: TenantSettingsService,
    private readonly flow: ActionFlowService,
  ) {}

  /** Whether the device confirms by itself, and the action that waits for consent, if any. */
  async standing(
    device: KnownDevice,
  ): Promise<{ autoConfirm: AutoConfirm | undefined; waiting: Action | undefined }> {
    const [autoConfirm, open] = await Promise.all([
      this.devices.autoConfirmOf(device.tenantId, device.deviceId),
      this.actions.listOpen(this.database, device.tenantId, device.deviceId),
    ]);
    return {
      autoConfirm,
      waiting: open.find((one) => one.isExposed && one.state === 'awaiting-confirmation'),
    };
  }

  /** What the user is asked to consent to. @throws NotForDeviceError */
  async waiting(device: KnownDevice, actionId: string): Promise<{ action: Action; release: Release }> {
    const action = await this.ownAction(device, actionId);
    if (action.state !== 'awaiting-confirmation') throw new NotForDeviceError('confirmation', actionId);
    return { action, release: await this.releases.ofOpenAction(device.tenantId, action.releaseId) };
  }

  /**
   * The user's word. A refusal leaves the update waiting; one that was given before is taken back as long as the tenant asks
   * for consent (hawkBit since 1.1). @throws NotForDeviceError, ActionGoneError
   */
  async answer(
    device: KnownDevice,
    actionId: string,
    word: { isConfirmed: boolean; entry: NewLogEntry },
  ): Promise<void> {
    const action = await this.ownAction(device, actionId);
    if (isEnded(action.state)) throw new ActionGoneError(actionId);
    if (action.state !== 'awaiting-confirmation') {
      const { needsConfirmation } = await this.settings.read(this.database, device.tenantId);
      if (word.isConfirmed || !needsConfirmation || !action.isExposed)
        throw new NotForDeviceError('confirmation', actionId);
    }
    refuseTooLong(device, action, word.entry);
    const event = word.isConfirmed ? 'confirm' : 'deny';
    const { logEntries: maxLogEntries } = device.settings.quotas;
    const { deadlines } = device.settings;
    const happening = { event, entry: word.entry, maxLogEntries, deadlines } as const;
    const { step } = await this.flow.happen(deviceActor(device), action, happening);
    if (step.kind === 'refuse') throw new NotForDeviceError('confirmation', actionId);
  }

  /** From now on nothing waits for this device's user; what waits is confirmed. @throws AutoConfirmActiveError */
  async activate(
    actor: Actor,
    device: { deviceId: string; controllerId: string },
    wish: ConsentWish,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      const isNew = await this.devices.setAutoConfirm(tx, actor, device.deviceId, {
        ...wish,
        activatedBy: actorLabel(actor),
      });
      if (!isNew) throw new AutoConfirmActiveError(device.controllerId);
      await recordEvent(tx, actor, {
        kind: 'device.auto-confirm-on',
        subject: `device:${device.controllerId}`,
      });
      await this.confirmWaiting(tx, actor, device.deviceId);
    });
  }

  /** Saying it twice is fine. */
  async deactivate(actor: Actor, device: { deviceId: string; controllerId: string }): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (!(await this.devices.clearAutoConfirm(tx, actor, device.deviceId))) return;
      await recordEvent(tx, actor, {
        kind: 'device.auto-confirm-off',
        subject: `device:${device.controllerId}`,
      });
    });
  }

  /** An operator's word, as part of a change of the device: null switches the questions on again. */
  async settle(
    tx: Sql,
    actor: Actor,
    device: { id: string; controllerId: string },
    wish: Partial<ConsentWish> | null,
  ): Promise<void> {
    await this.devices.clearAutoConfirm(tx, actor, device.id);
    if (wish === null) return;
    const { initiator, remark } = wish;
    await this.devices.setAutoConfirm(tx, actor, device.id, {
      initiator,
      remark,
      activatedBy: actorLabel(actor),
    });
    await this.confirmWaiting(tx, actor, device.id);
  }

  private async confirmWaiting(tx: Sql, actor: Actor, deviceId: string): Promise<void> {
    const open = await this.actions.listOpen(tx, actor.tenantId, deviceId);
    for (const action of open.filter((one) => one.state === 'awaiting-confirmation')) {
      const entry = serverEntry('confirmed-by-user', 'The device confirms all updates from now on.');
      await this.flow.happenIn(tx, actor, action.id, { event: 'confirm', entry });
    }
  }

  private async ownAction(device: KnownDevice, actionId: string): Promise<Action> {
    const action = await this.actions.find(device.tenantId, actionId);
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    return action;
  }
}

/**
 * A user may change his mind, a device may not fill the disk with it: past the quota only consent to what waits is taken.
 * @throws TooManyMessagesError, LogFullError
 */
function refuseTooLong({ settings }: KnownDevice, action: Action, entry: NewLogEntry): void {
  const { messages, logEntries } = settings.quotas;
  if (entry.messages.length > messages) throw new TooManyMessagesError(action.id, messages);
  const isFull =
    action.logCount >= logEntries &&
    (action.state !== 'awaiting-confirmation' || entry.status !== 'confirmed');
  if (isFull) throw new LogFullError(action.id, logEntries);
}
