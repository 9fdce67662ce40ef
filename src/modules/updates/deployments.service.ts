import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import { lockPlanShared } from '../../platform/database/locks';
import { isEnded, isUnretrieved, type Action } from '../actions/action';
import { LogFullError } from '../actions/actions.errors';
import { ActionsService } from '../actions/actions.service';
import { serverEntry } from '../actions/log-entry';
import type { Artifact, Release } from '../releases/release';
import { ReleasesService } from '../releases/releases.service';
import { ActionFlowService } from './action-flow.service';
import { deviceActor, type KnownDevice } from './known-device';
import { PollsService } from './polls.service';
import { SightingsService } from './sightings.service';
import { NotForDeviceError } from './updates.errors';

/** What a device may fetch, and what fetching does to its action. */
@Injectable()
export class DeploymentsService {
  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly releases: ReleasesService,
    private readonly flow: ActionFlowService,
    private readonly polls: PollsService,
    private readonly sightings: SightingsService,
  ) {}

  /**
   * The release of an action, for the device to install. An offer is judged once more before it counts as fetched, under
   * the plan's lock: after a pause was acknowledged nobody fetches what he was offered before.
   * @throws NotForDeviceError
   */
  async retrieve(device: KnownDevice, actionId: string): Promise<{ action: Action; release: Release }> {
    const action = await this.ownAction(device, actionId);
    if (isClosedToDevices(action)) throw new NotForDeviceError('action', actionId);
    if (isUnretrieved(action.state)) await this.markRetrieved(device, action);
    return { action, release: await this.releases.ofOpenAction(device.tenantId, action.releaseId) };
  }

  private async markRetrieved(device: KnownDevice, action: Action): Promise<void> {
    for (;;) {
      const sighting = await this.sightings.find(device.name);
      const sighted = sighting?.device;
      if (sighting === undefined || sighted === undefined) throw new NotForDeviceError('action', action.id);
      const { plan, decision } = await this.polls.judge(sighting, sighted);
      if (decision.kind !== 'continue' || decision.actionId !== action.id) {
        // Carries the withdrawal out, as a poll would.
        await this.polls.answer(device.name, sighting, sighted);
        throw new NotForDeviceError('action', action.id);
      }
      const premise = { planRevision: plan.revision, decisionRev: sighted.decisionRev };
      if (await this.database.transaction((tx) => this.retrieveIn(tx, device, action.id, premise))) return;
    }
  }

  /** False when plan or device are no longer those that it was judged by. */
  private async retrieveIn(
    tx: Sql,
    device: KnownDevice,
    actionId: string,
    premise: { planRevision: bigint; decisionRev: string },
  ): Promise<boolean> {
    await lockPlanShared(tx, device.tenantId);
    const rows = await tx.query(
      `SELECT 1 FROM tenant_plan p JOIN device d ON d.tenant_id = p.tenant_id
        WHERE p.tenant_id = $1 AND p.revision = $2 AND d.id = $3 AND d.decision_rev = $4 FOR UPDATE OF d`,
      [device.tenantId, premise.planRevision.toString(), device.deviceId, premise.decisionRev],
    );
    if (rows.length === 0) return false;
    const entry = serverEntry('retrieved', 'The device fetched the deployment.');
    const { step, action } = await this.flow.happenIn(tx, deviceActor(device), actionId, {
      event: 'retrieve',
      entry,
    });
    // A cancel may have come while this waited for the locks.
    if (step.kind !== 'move' && isClosedToDevices(action)) throw new NotForDeviceError('action', actionId);
    return true;
  }

  /** The action that the device is asked to cancel. @throws NotForDeviceError */
  async cancelled(device: KnownDevice, actionId: string): Promise<Action> {
    const action = await this.ownAction(device, actionId);
    if (action.state !== 'cancelling') throw new NotForDeviceError('cancel', actionId);
    return action;
  }

  /** A file that the device's open, uncancelled action lets it fetch. @throws NotForDeviceError */
  async reachableArtifact(
    device: KnownDevice,
    moduleId: string,
    fileName: string,
  ): Promise<{ action: Action; artifact: Artifact }> {
    const open = await this.actions.listOpen(this.database, device.tenantId, device.deviceId);
    for (const action of open) {
      if (!action.isExposed || action.state === 'cancelling') continue;
      const release = await this.releases.ofOpenAction(device.tenantId, action.releaseId);
      const module = release.modules.find((one) => one.id === moduleId);
      const artifact = module?.artifacts.find((one) => one.fileName === fileName);
      if (artifact !== undefined) return { action, artifact };
    }
    throw new NotForDeviceError('artifact', fileName);
  }

  /** A whole download begins: proof that the device works on this action. Ranges write nothing, on purpose. */
  async beginDownload(device: KnownDevice, action: Action, fileName: string): Promise<void> {
    const entry = serverEntry('download', `The device downloads ${fileName}.`);
    try {
      await this.flow.happen(deviceActor(device), action, { event: 'begin-download', entry });
    } catch (error) {
      // A device that starts its download over and over may still have the file.
      if (!(error instanceof LogFullError)) throw error;
    }
  }

  private async ownAction(device: KnownDevice, actionId: string): Promise<Action> {
    const action = await this.actions.find(device.tenantId, actionId);
    if (action?.deviceId !== device.deviceId) throw new NotForDeviceError('action', actionId);
    return action;
  }
}

/** Cancelled deployments are gone for the device; what it ended itself it may read again (hawkBit's R14). */
function isClosedToDevices(action: Action): boolean {
  if (action.state === 'cancelling' || action.state === 'cancelled') return true;
  return isEnded(action.state) && action.endedBy !== 'device';
}
