import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import { isEnded, type Action, type ActionEvent } from '../actions/action';
import { ActionGoneError, LogFullError, TooManyMessagesError } from '../actions/actions.errors';
import { ActionsService } from '../actions/actions.service';
import { serverEntry, type NewLogEntry } from '../actions/log-entry';
import { transition } from '../actions/transition';
import { DevicesService, type AttributeReport } from '../devices/devices.service';
import { ReleasesService } from '../releases/releases.service';
import { isSameVersion } from '../releases/version';
import { ActionFlowService, type Happening } from './action-flow.service';
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
    if (action !== undefined && isOfEarlierLife(action, device)) return;
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    const { step } = await this.flow.happen(deviceActor(device), action, bounded(device, action, report));
    if (step.kind === 'gone') throw new ActionGoneError(actionId);
    if (step.kind === 'refuse') throw new NotForDeviceError('action', actionId);
    if (step.kind === 'correct' && step.to === 'confirmed') await this.endOthersOf(device, action);
  }

  /** What a late success has installed already must not be installed once more. */
  private async endOthersOf(device: KnownDevice, done: Action): Promise<void> {
    const open = await this.actions.listOpen(this.database, device.tenantId, device.deviceId);
    for (const action of open.filter((one) => one.releaseId === done.releaseId)) {
      const entry = serverEntry('cancelled', `Action ${done.id} has installed this release.`);
      await this.flow.happen(deviceActor(device), action, { event: 'force-cancel', entry });
    }
  }

  /** The device's answer to a cancel. @throws NotForDeviceError, NotCancellingError, LogFullError */
  async onCancel(device: KnownDevice, actionId: string, report: Report): Promise<void> {
    const action = await this.actions.find(device.tenantId, actionId);
    if (action !== undefined && isOfEarlierLife(action, device)) return;
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    if (action.cancelFrom === undefined) throw new NotCancellingError(actionId);
    const { step } = await this.flow.happen(deviceActor(device), action, bounded(device, action, report));
    if (step.kind === 'refuse') throw new NotCancellingError(actionId);
  }

  /** Attributes and, among them, the version: which may prove that the last update really runs. */
  async onAttributes(device: KnownDevice, report: AttributeReport): Promise<void> {
    const { tenantId, name, settings } = device;
    await this.database.transaction(async (tx) => {
      const { version } = await this.devices.reportAttributes(tx, tenantId, name.controllerId, {
        ...report,
        maxAttributes: settings.quotas.attributes,
      });
      if (version !== undefined) await this.proveLatest(tx, device, version);
    });
  }

  private async proveLatest(tx: Sql, device: KnownDevice, version: string): Promise<void> {
    const action = await this.actions.findLatest(tx, device.tenantId, device.deviceId);
    // A version that the device had before the update proves nothing about the update.
    if (action === undefined || action.previousVersion === version) return;
    const step = transition(action, 'prove');
    if (step.kind === 'refuse' || (step.kind === 'stay' && action.hasProof)) return;
    const expected = await this.releases.findVersion(tx, device.tenantId, action.releaseId);
    if (expected === undefined || !isSameVersion(expected, version)) return;
    const entry = serverEntry('proven', `The device reports version ${version}.`);
    try {
      await this.flow.happenIn(tx, deviceActor(device), action.id, { event: 'prove', entry });
    } catch (error) {
      // What the device says about itself is worth more than one more line in a full log.
      if (!(error instanceof LogFullError)) throw error;
    }
  }
}

/** What decides how an action ends is taken however long it is: a device would repeat a refused one for ever. */
const DECIDING: readonly ActionEvent[] = ['succeed', 'skip', 'fail', 'acknowledge-cancel', 'refuse-cancel'];

/** The report within the tenant's quotas. @throws TooManyMessagesError */
function bounded({ settings }: KnownDevice, action: Action, report: Report): Happening {
  const { logEntries: maxLogEntries, messages } = settings.quotas;
  const isOver = report.entry.messages.length > messages && !DECIDING.includes(report.event);
  // What is over is over, as with a full log.
  if (isOver && !isEnded(action.state)) throw new TooManyMessagesError(action.id, messages);
  return { ...report, maxLogEntries };
}

/**
 * The action of a device that was removed and has come back under its name. It is over; but SWUpdate repeats a report that
 * is not answered with 2xx for ever, and would never look at its next update.
 */
function isOfEarlierLife(action: Action, device: KnownDevice): boolean {
  const isNamesake = action.controllerId === device.name.controllerId && action.deviceId !== device.deviceId;
  return isNamesake && isEnded(action.state);
}
