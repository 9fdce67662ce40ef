import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import { lockFailures } from '../../../platform/database/locks';
import { isEnded, type Action, type ActionEvent } from '../../actions/action/action';
import { ActionGoneError, LogFullError, TooManyMessagesError } from '../../actions/actions.errors';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry, type NewLogEntry } from '../../actions/action/log-entry';
import { transition, type Step } from '../../actions/action/transition';
import { DevicesService, type AttributeReport } from '../../devices/devices.service';
import { ReleasesService } from '../../releases/releases.service';
import { FAILURE_STATES } from '../../rollouts/gates/gate';
import { ActionFlowService, type Happening } from '../outcomes/action-flow.service';
import { DeviceLedgerService } from '../outcomes/device-ledger.service';
import { deviceActor, type KnownDevice } from '../sightings/known-device';
import { showingOf, type ShownVersion } from './shown-version';
import { NotCancellingError, NotForDeviceError } from '../updates.errors';

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
    private readonly ledger: DeviceLedgerService,
  ) {}

  /** @throws NotForDeviceError, ActionGoneError when the device contradicts its own terminal report (R12), LogFullError */
  async onDeployment(device: KnownDevice, actionId: string, report: Report): Promise<void> {
    const action = await this.actions.find(device.tenantId, actionId);
    if (action !== undefined && isOfEarlierLife(action, device)) return;
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    if (device.isQuiet) await this.ledger.endQuiet(this.database, device.tenantId, device.deviceId);
    const { step } = await this.flow.happen(deviceActor(device), action, bounded(device, action, report));
    if (step.kind === 'gone') throw new ActionGoneError(actionId);
    if (step.kind === 'refuse') throw new NotForDeviceError('action', actionId);
    if (isEnded(action.state) && report.event === 'succeed') await this.takeLateSuccess(device, action, step);
  }

  /** One that only the version can prove is asked for it. */
  private async takeLateSuccess(device: KnownDevice, action: Action, step: Step): Promise<void> {
    if (step.kind === 'correct')
      await this.database.transaction((tx) => this.endOthersOf(tx, device, action));
    else if (isUnshown(action))
      await this.devices.wantAttributes(this.database, device.tenantId, device.name.controllerId);
  }

  /** What a late success has installed already must not be installed once more. */
  private async endOthersOf(tx: Sql, device: KnownDevice, done: Action): Promise<void> {
    const open = await this.actions.listOpen(tx, device.tenantId, device.deviceId);
    for (const action of open.filter((one) => one.releaseId === done.releaseId)) {
      const entry = serverEntry('cancelled', `Action ${done.id} has installed this release.`);
      const { deadlines } = device.settings;
      const happening = { event: 'force-cancel', entry, deadlines } as const;
      await this.flow.happenIn(tx, deviceActor(device), action.id, happening);
    }
  }

  /** The device's answer to a cancel. @throws NotForDeviceError, NotCancellingError, LogFullError */
  async onCancel(device: KnownDevice, actionId: string, report: Report): Promise<void> {
    const action = await this.actions.find(device.tenantId, actionId);
    if (action !== undefined && isOfEarlierLife(action, device)) return;
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    if (action.cancelFrom === undefined) throw new NotCancellingError(actionId);
    if (device.isQuiet) await this.ledger.endQuiet(this.database, device.tenantId, device.deviceId);
    const { step } = await this.flow.happen(deviceActor(device), action, bounded(device, action, report));
    if (step.kind === 'refuse') throw new NotCancellingError(actionId);
  }

  /**
   * Attributes and, among them, the version: which may prove that the last update really runs, or that it does not. A failure is
   * locked before its device, and only the report tells whether there is one: then it is taken once more, in that order.
   */
  async onAttributes(device: KnownDevice, report: AttributeReport): Promise<void> {
    const failing: Action[] = [];
    for (;;) {
      try {
        await this.database.transaction((tx) => this.takeAttributes(tx, device, report, failing));
        return;
      } catch (error) {
        if (!(error instanceof UnlockedFailure)) throw error;
        failing.push(error.action);
      }
    }
  }

  private async takeAttributes(
    tx: Sql,
    device: KnownDevice,
    report: AttributeReport,
    failing: readonly Action[],
  ): Promise<void> {
    const { tenantId, name, settings } = device;
    await lockFailures(tx, failing);
    const taken = await this.devices.reportAttributes(tx, tenantId, name.controllerId, {
      ...report,
      maxAttributes: settings.quotas.attributes,
    });
    const { version, client, isAsked } = taken;
    if (version !== undefined) await this.judgeLatest(tx, device, { version, client, isAsked }, failing);
  }

  /** What is over first: what it has installed must not be installed once more. */
  private async judgeLatest(
    tx: Sql,
    device: KnownDevice,
    shown: ShownVersion,
    failing: readonly Action[],
  ): Promise<void> {
    const provable = await this.actions.listProvable(tx, device.tenantId, device.deviceId);
    for (const action of provable.reverse()) {
      const word = await this.wordOn(tx, device, action, shown);
      if (word === undefined) continue;
      if (countsFailure(action, word.event) && !failing.some(({ id }) => id === action.id))
        throw new UnlockedFailure(action);
      await this.judgeBy(tx, device, action, word);
    }
  }

  /** What the version says of the action; undefined: nothing, or nothing yet. */
  private async wordOn(
    tx: Sql,
    device: KnownDevice,
    action: Action,
    shown: ShownVersion,
  ): Promise<Report | undefined> {
    if (!turnsOnVersion(action)) return undefined;
    const expected = await this.releases.findVersion(tx, device.tenantId, action.releaseId);
    const showing = expected === undefined ? 'not-yet' : showingOf(action, expected, shown);
    if (showing === 'not-yet') return undefined;
    const event = showing === 'proves' ? 'prove' : 'disprove';
    return { event, entry: serverEntry(STATUSES[event], `The device reports version ${shown.version}.`) };
  }

  private async judgeBy(tx: Sql, device: KnownDevice, action: Action, word: Report): Promise<void> {
    try {
      await this.judgeIn(tx, device, action, word);
    } catch (error) {
      // What the device says about itself is worth more than one more line in a full log.
      if (!(error instanceof LogFullError)) throw error;
    }
  }

  private async judgeIn(tx: Sql, device: KnownDevice, action: Action, word: Report): Promise<void> {
    const { tenantId, settings } = device;
    const isLent = word.event === 'disprove' && isEnded(action.state);
    const wasLent = isLent && (await this.actions.hasDisproved(tx, tenantId, action));
    if (wasLent) return;
    const happening = { ...word, deadlines: settings.deadlines };
    const { step } = await this.flow.happenIn(tx, deviceActor(device), action.id, happening);
    if (step.kind === 'correct') await this.endOthersOf(tx, device, action);
    // SWUpdate credits what is on offer with the success of what came before: nothing was installed.
    if (isLent && step.kind === 'stay') await this.ledger.giveBackAttempt(tx, tenantId, action);
  }
}

/** Its rollout has to be locked first. */
class UnlockedFailure extends Error {
  constructor(readonly action: Action) {
    super(`action ${action.id} fails, or fails no longer`);
  }
}

/** Whether the event makes a failure of the action, or takes one back. */
function countsFailure(action: Action, event: ActionEvent): boolean {
  const step = transition(action, event);
  if (step.kind !== 'move' && step.kind !== 'correct') return false;
  return FAILURE_STATES.includes(step.to) || FAILURE_STATES.includes(action.state);
}

const STATUSES = { prove: 'proven', disprove: 'disproved' } as const;

/** Whether there is something about the action that a version could still change. */
function turnsOnVersion(action: Action): boolean {
  const step = transition(action, 'prove');
  const isSettled = step.kind === 'refuse' || (step.kind === 'stay' && action.hasProof);
  return !isSettled || transition(action, 'disprove').kind !== 'refuse';
}

/** The device says for the first time that it has installed what it was given up for. */
function isUnshown({ awaitsVersion, deviceVerdict, isCorrected, state }: Action): boolean {
  return awaitsVersion && deviceVerdict === undefined && !isCorrected && state !== 'confirmed';
}

/** What decides how an action ends is taken however long it is: a device would repeat a refused one for ever. */
const DECIDING: readonly ActionEvent[] = ['succeed', 'skip', 'fail', 'acknowledge-cancel', 'refuse-cancel'];

/** The report within the tenant's quotas. @throws TooManyMessagesError */
function bounded({ settings }: KnownDevice, action: Action, report: Report): Happening {
  const { logEntries: maxLogEntries, messages } = settings.quotas;
  const isOver = report.entry.messages.length > messages && !DECIDING.includes(report.event);
  // What is over is over, as with a full log.
  if (isOver && !isEnded(action.state)) throw new TooManyMessagesError(action.id, messages);
  return { ...report, maxLogEntries, deadlines: settings.deadlines };
}

/**
 * The action of a device that was removed and has come back under its name. It is over; but SWUpdate repeats a report that
 * is not answered with 2xx for ever, and would never look at its next update.
 */
function isOfEarlierLife(action: Action, device: KnownDevice): boolean {
  const isNamesake = action.controllerId === device.name.controllerId && action.deviceId !== device.deviceId;
  return isNamesake && isEnded(action.state);
}
