import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import { lockPlanShared } from '../../../platform/database/locks';
import { isEnded, type Action } from '../../actions/action/action';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import { DevicesService } from '../../devices/devices.service';
import type { Release } from '../../releases/release/release';
import { ReleasesService } from '../../releases/releases.service';
import { ActionFlowService } from '../outcomes/action-flow.service';
import { deviceActor, type KnownDevice } from '../sightings/known-device';
import { NotForDeviceError } from '../updates.errors';

/** What a device runs, and by which action it came there (hawkBit's installedBase). */
@Injectable()
export class InstalledService {
  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly releases: ReleasesService,
    private readonly devices: DevicesService,
    private readonly flow: ActionFlowService,
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
   * The device says what it runs by the release's name (contract E11). True when that was news: it is then recorded as an
   * action that is over, and nothing else installs the release on it. @throws NotForDeviceError
   */
  async report(device: KnownDevice, named: { name: string; version: string }): Promise<boolean> {
    const { tenantId } = device;
    return this.database.transaction(async (tx) => {
      await lockPlanShared(tx, tenantId);
      const release = await this.releases.findNamed(tx, tenantId, named);
      if (release === undefined) throw new NotForDeviceError('release', `${named.name} ${named.version}`);
      const row = await this.devices.lockInstalled(tx, tenantId, device.deviceId);
      if (row === undefined) throw new NotForDeviceError('device', device.name.controllerId);
      if (row.releaseId === release.id) {
        await this.proveInstalled(tx, device, { id: release.id, version: named.version });
        return false;
      }
      await this.endOpenOf(tx, device, release.id);
      const actionId = await this.recordOnce(tx, device, release.id, named);
      await this.devices.setInstalled(tx, tenantId, device.deviceId, {
        releaseId: release.id,
        version: named.version,
        actionId,
        isReported: true,
      });
      return true;
    });
  }

  /** A device that goes to and fro between two releases does not fill the history with it. */
  private async recordOnce(
    tx: Sql,
    { tenantId, deviceId, name }: KnownDevice,
    releaseId: string,
    named: { name: string; version: string },
  ): Promise<string> {
    const said = await this.actions.findSaid(tx, tenantId, deviceId, releaseId);
    if (said !== undefined) return said;
    return this.actions.record(tx, tenantId, {
      deviceId,
      controllerId: name.controllerId,
      releaseId,
      origin: 'device',
      endedBy: 'device',
      entry: serverEntry('installed', `The device says that it runs ${named.name} ${named.version}.`),
    });
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

  /** What was installed by the device's word alone has now been shown. */
  private async proveInstalled(
    tx: Sql,
    device: KnownDevice,
    { id, version }: { id: string; version: string },
  ): Promise<void> {
    const { tenantId, deviceId, settings } = device;
    const open = await this.actions.listOpen(tx, tenantId, deviceId);
    const action = open.find((one) => one.releaseId === id && one.state === 'installed');
    if (action === undefined) return;
    const installed = { releaseId: id, version, actionId: action.id, isReported: true };
    await this.devices.setInstalled(tx, tenantId, deviceId, installed);
    const entry = serverEntry('proven', `The device says that it runs version ${version}.`);
    const happening = { event: 'prove', entry, deadlines: settings.deadlines } as const;
    await this.flow.happenIn(tx, deviceActor(device), action.id, happening);
  }
}
