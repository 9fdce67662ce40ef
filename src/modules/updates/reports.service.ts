import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { ActionEvent } from '../actions/action';
import { ActionGoneError } from '../actions/actions.errors';
import { ActionsService } from '../actions/actions.service';
import { serverEntry, type NewLogEntry } from '../actions/log-entry';
import { transition } from '../actions/transition';
import type { AttributeMode } from '../devices/device';
import { DevicesService } from '../devices/devices.service';
import { ReleasesService } from '../releases/releases.service';
import { isSameVersion } from '../releases/version';
import { ActionFlowService } from './action-flow.service';
import { deviceActor, type KnownDevice } from './known-device';
import { NotCancellingError, NotForDeviceError } from './updates.errors';

/** What a device reports about an action, in our words. */
export interface Report {
  readonly event: ActionEvent;
  readonly entry: NewLogEntry;
}

/** Everything a device tells us. What these methods return from is committed. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly devices: DevicesService,
    private readonly releases: ReleasesService,
    private readonly flow: ActionFlowService,
  ) {}

  /** @throws NotForDeviceError, ActionGoneError when the device contradicts its own terminal report (R12), LogFullError */
  async onDeployment(device: KnownDevice, actionId: string, report: Report): Promise<void> {
    const action = await this.actions.find(device.tenantId, actionId);
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    const { step } = await this.flow.happen(deviceActor(device), action, report);
    if (step.kind === 'gone') throw new ActionGoneError(actionId);
    if (step.kind === 'refuse') throw new NotForDeviceError('action', actionId);
  }

  /** The device's answer to a cancel. @throws NotForDeviceError, NotCancellingError, LogFullError */
  async onCancel(device: KnownDevice, actionId: string, report: Report): Promise<void> {
    const action = await this.actions.find(device.tenantId, actionId);
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    if (action.cancelFrom === undefined) throw new NotCancellingError(actionId);
    const { step } = await this.flow.happen(deviceActor(device), action, report);
    if (step.kind === 'refuse') throw new NotCancellingError(actionId);
  }

  /** Attributes and, among them, the version: which may prove that the last update really runs. */
  async onAttributes(
    device: KnownDevice,
    report: { mode: AttributeMode; data: Readonly<Record<string, string | null>> },
  ): Promise<void> {
    const { tenantId, name } = device;
    await this.database.transaction(async (tx) => {
      const { version } = await this.devices.reportAttributes(tx, tenantId, name.controllerId, report);
      if (version !== undefined) await this.proveLatest(tx, device, version);
    });
  }

  private async proveLatest(tx: Sql, device: KnownDevice, version: string): Promise<void> {
    const action = await this.actions.findLatest(tx, device.tenantId, device.deviceId);
    // A version that the device had before the update proves nothing about the update.
    if (action === undefined || action.previousVersion === version) return;
    const step = transition(action, 'prove');
    if (step.kind === 'refuse' || (step.kind === 'stay' && action.hasProof)) return;
    const release = await this.releases.ofOpenAction(device.tenantId, action.releaseId);
    if (!isSameVersion(release.version, version)) return;
    const entry = serverEntry('proven', `The device reports version ${version}.`);
    await this.flow.happenIn(tx, deviceActor(device), action.id, { event: 'prove', entry });
  }
}
