import { Injectable } from '@nestjs/common';
import { Database, RestartTransaction, type Sql } from '../../../platform/database/database';
import { lockFailures, lockPlanShared } from '../../../platform/database/locks';
import { isEnded, type Action } from '../../actions/action/action';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import { transition, type Step } from '../../actions/action/transition';
import { DevicesService } from '../../devices/devices.service';
import type { Release } from '../../releases/release/release';
import { isSameVersion } from '../../releases/release/version';
import { ReleasesService } from '../../releases/releases.service';
import { FAILURE_STATES } from '../../rollouts/gates/gate';
import { ActionFlowService } from '../outcomes/action-flow.service';
import { DeviceLedgerService } from '../outcomes/device-ledger.service';
import { deviceActor, type KnownDevice } from '../sightings/known-device';
import { NotForDeviceError } from '../updates.errors';

/** The release that a device says it runs. */
interface Said {
  readonly releaseId: string;
  readonly version: string;
}

/** What a device runs, and by which action it came there (hawkBit's installedBase). */
@Injectable()
export class InstalledService {
  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly releases: ReleasesService,
    private readonly devices: DevicesService,
    private readonly flow: ActionFlowService,
    private readonly ledger: DeviceLedgerService,
  ) {}

  /**
   * An action that is over, or installed by the device's own word, and was not cancelled; reading it leaves no trace.
   * @throws NotForDeviceError
   */
  async past(device: KnownDevice, actionId: string): Promise<{ action: Action; release: Release }> {
    const action = await this.actions.find(device.tenantId, actionId);
    const isPast =
      action?.deviceId === device.deviceId &&
      (isEnded(action.state) || action.state === 'installed') &&
      action.state !== 'cancelled' &&
      action.state !== 'withdrawn';
    if (!isPast) throw new NotForDeviceError('action', actionId);
    const release = await this.releases.find(device.tenantId, action.releaseId);
    if (release === undefined) throw new NotForDeviceError('action', actionId);
    return { action, release };
  }

  /**
   * The device says what it runs by the release's name (contract E11). True when that was news. It proves the update that the device is
   * at, or that was given up; where there is none, it is recorded as an action that is over. Nothing else installs the release on it.
   * @throws NotForDeviceError
   */
  async report(device: KnownDevice, named: { name: string; version: string }): Promise<boolean> {
    const { tenantId } = device;
    return this.database.transaction(async (tx) => {
      await lockPlanShared(tx, tenantId);
      const release = await this.releases.findNamed(tx, tenantId, named);
      if (release === undefined) throw new NotForDeviceError('release', `${named.name} ${named.version}`);
      const said: Said = { releaseId: release.id, version: named.version };
      // A failure that is taken back is locked before its device.
      const failed = (await this.listProven(tx, device, said)).filter(hasFailed);
      await lockFailures(tx, failed);
      const row = await this.devices.lockInstalled(tx, tenantId, device.deviceId);
      if (row === undefined) throw new NotForDeviceError('device', device.name.controllerId);
      await this.ledger.endQuiet(tx, tenantId, device.deviceId);
      const proven = await this.prove(tx, device, said, failed);
      if (row.releaseId === release.id) return false;
      await this.endOpenOf(tx, device, release.id);
      if (proven === undefined) await this.recordSaid(tx, device, said, named.name);
      return true;
    });
  }

  /** A device that goes to and fro between two releases does not fill the history with it. */
  private async recordSaid(tx: Sql, device: KnownDevice, said: Said, releaseName: string): Promise<void> {
    const { tenantId, deviceId, name } = device;
    const { releaseId, version } = said;
    const actionId =
      (await this.actions.findSaid(tx, tenantId, deviceId, releaseId)) ??
      (await this.actions.record(tx, tenantId, {
        deviceId,
        controllerId: name.controllerId,
        releaseId,
        origin: 'device',
        endedBy: 'device',
        entry: serverEntry('installed', `The device says that it runs ${releaseName} ${version}.`),
      }));
    await this.devices.setInstalled(tx, tenantId, deviceId, { ...said, actionId, isReported: true });
  }

  private async endOpenOf(tx: Sql, device: KnownDevice, releaseId: string): Promise<void> {
    const open = await this.actions.listOpen(tx, device.tenantId, device.deviceId);
    for (const action of open.filter((one) => one.releaseId === releaseId)) {
      const entry = serverEntry('cancelled', 'The device says that it runs this release already.');
      const { deadlines } = device.settings;
      const happening = { event: 'force-cancel', entry, deadlines } as const;
      await this.flow.happenIn(tx, deviceActor(device), action.id, happening);
    }
  }

  /** The update that this shows to have come to its end, which it then has. */
  private async prove(
    tx: Sql,
    device: KnownDevice,
    said: Said,
    locked: readonly Action[],
  ): Promise<Action | undefined> {
    const [action] = await this.listProven(tx, device, said);
    if (action === undefined) return undefined;
    if (hasFailed(action) && !locked.some(({ id }) => id === action.id))
      throw new RestartTransaction(`action ${action.id} has just failed`);
    const { id: actionId, rolloutId, previousReleaseId: fromReleaseId } = action;
    const installed = { ...said, actionId, isReported: true, change: { rolloutId, fromReleaseId } };
    await this.devices.setInstalled(tx, device.tenantId, device.deviceId, installed);
    const entry = serverEntry('proven', `The device says that it runs version ${said.version}.`);
    const happening = { event: 'prove', entry, deadlines: device.settings.deadlines } as const;
    const { step } = await this.flow.happenIn(tx, deviceActor(device), actionId, happening);
    if (!isProven(step)) throw new RestartTransaction(`action ${actionId} has moved on`);
    return action;
  }

  private async listProven(tx: Sql, { tenantId, deviceId }: KnownDevice, said: Said): Promise<Action[]> {
    const provable = await this.actions.listProvable(tx, tenantId, deviceId);
    return provable.filter((action) => isProvenBy(action, said));
  }
}

function hasFailed({ state }: Action): boolean {
  return FAILURE_STATES.includes(state);
}

/** What the device ran before it was to install it again it may still run. */
function isProvenBy(action: Action, { releaseId, version }: Said): boolean {
  if (action.releaseId !== releaseId) return false;
  const { state, previousVersion: before } = action;
  const isAgain = before !== undefined && isSameVersion(before, version);
  if (isAgain && state !== 'installed') return false;
  return isProven(transition(action, 'prove'));
}

function isProven({ kind }: Step): boolean {
  return kind === 'move' || kind === 'correct';
}
