import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import { lockOffer, lockPlanShared } from '../../../platform/database/locks';
import { isEnded, isUnretrieved, type Action, type ActionState } from '../../actions/action/action';
import { LogFullError } from '../../actions/actions.errors';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import type { Artifact, Release, ReleaseModule } from '../../releases/release/release';
import { ReleasesService } from '../../releases/releases.service';
import { ActionFlowService, DOWNLOAD, UNSERVED } from '../outcomes/action-flow.service';
import { deviceActor, type KnownDevice } from '../sightings/known-device';
import { PollsService } from './polls.service';
import { SightingsService } from '../sightings/sightings.service';
import { NotForDeviceError } from '../updates.errors';

/** A file that a device may fetch, and the action that lets it. */
export interface ReachableArtifact {
  readonly artifact: Artifact;
  /** Undefined in a tenant that does not guard its artifacts, when the device has no action for it. */
  readonly action: Action | undefined;
}

const CANCEL_READ = 'cancel-retrieved';

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
    else if (action.window !== undefined && !isEnded(action.state)) await this.refuseHidden(device, action);
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
      if (await this.database.transaction((tx) => this.retrieveIn(tx, device, action, premise))) return;
    }
  }

  /** What was fetched may be kept from the device again: a client that cannot hold it back sees it in its window only. */
  private async refuseHidden(device: KnownDevice, action: Action): Promise<void> {
    const sighting = await this.sightings.find(device.name);
    if (sighting?.device === undefined) throw new NotForDeviceError('action', action.id);
    const { decision } = await this.polls.judge(sighting, sighting.device);
    if (decision.kind === 'nothing') throw new NotForDeviceError('action', action.id);
  }

  /** False when plan or device are no longer those that it was judged by. */
  private async retrieveIn(
    tx: Sql,
    device: KnownDevice,
    { id: actionId, rolloutId, releaseId, origin }: Action,
    premise: { planRevision: bigint; decisionRev: string },
  ): Promise<boolean> {
    await lockPlanShared(tx, device.tenantId);
    // As an admission: not while a failure is counted that may stop it.
    await lockOffer(tx, { rolloutId: rolloutId ?? /^hop:(\d+):/.exec(origin)?.[1], releaseId });
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
      deadlines: device.settings.deadlines,
    });
    // A cancel may have come while this waited for the locks.
    if (step.kind !== 'move' && isClosedToDevices(action)) throw new NotForDeviceError('action', actionId);
    return true;
  }

  /** The device's own messages on an action, newest first. */
  async history(action: Action, most: number): Promise<readonly string[]> {
    return most === 0 ? [] : this.actions.history(action.tenantId, action.id, most);
  }

  /** The action that the device is asked to cancel. @throws NotForDeviceError */
  async cancelled(device: KnownDevice, actionId: string): Promise<Action> {
    const action = await this.ownAction(device, actionId);
    if (action.state !== 'cancelling') throw new NotForDeviceError('cancel', actionId);
    return action;
  }

  /** The first time that a device reads its cancel is worth an entry: the operator sees that it knows. */
  async noteCancelRead(device: KnownDevice, action: Action): Promise<void> {
    if (await this.actions.hasEntry(action.tenantId, action.id, CANCEL_READ)) return;
    const entry = serverEntry(CANCEL_READ, 'The device fetched the cancel.');
    const maxLogEntries = device.settings.quotas.logEntries;
    try {
      await this.flow.happen(deviceActor(device), action, { event: 'remark', entry, maxLogEntries });
    } catch (error) {
      // A full log is no reason to keep the cancel from the device.
      if (!(error instanceof LogFullError)) throw error;
    }
  }

  /** A file that the device's open, uncancelled action lets it fetch. @throws NotForDeviceError */
  async reachableArtifact(
    device: KnownDevice,
    moduleId: string,
    fileName: string,
  ): Promise<ReachableArtifact> {
    const open = await this.openModule(device, moduleId);
    const module = open?.module ?? (await this.unguardedModule(device, moduleId));
    const artifact = module?.artifacts.find((one) => one.fileName === fileName);
    if (artifact === undefined) throw new NotForDeviceError('artifact', fileName);
    return { artifact, action: open?.action };
  }

  /**
   * The files of a module that the device is on the way to, or of what it runs by its last update (contract E2).
   * @throws NotForDeviceError
   */
  async listArtifacts(device: KnownDevice, moduleId: string): Promise<readonly Artifact[]> {
    const module =
      (await this.openModule(device, moduleId))?.module ??
      (await this.installedModule(device, moduleId)) ??
      (await this.unguardedModule(device, moduleId));
    if (module === undefined) throw new NotForDeviceError('module', moduleId);
    return module.artifacts;
  }

  private async openModule(
    device: KnownDevice,
    moduleId: string,
  ): Promise<{ action: Action; module: ReleaseModule } | undefined> {
    const open = await this.actions.listOpen(this.database, device.tenantId, device.deviceId);
    for (const action of open) {
      if (!action.isExposed || action.state === 'cancelling' || action.state === 'installed') continue;
      const module = moduleIn(await this.releases.ofOpenAction(device.tenantId, action.releaseId), moduleId);
      if (module !== undefined) return { action, module };
    }
    return undefined;
  }

  private async installedModule(device: KnownDevice, moduleId: string): Promise<ReleaseModule | undefined> {
    const [row] = await this.database.query<{ id: string | null }>(
      'SELECT installed_release_id AS id FROM device WHERE tenant_id = $1 AND id = $2',
      [device.tenantId, device.deviceId],
    );
    const id = row?.id ?? undefined;
    return id === undefined ? undefined : moduleIn(await this.releases.find(device.tenantId, id), moduleId);
  }

  /** The module for whoever asks, in a tenant that does not guard its artifacts (contract A4, A6, A8). */
  private async unguardedModule(
    { tenantId, settings }: KnownDevice,
    moduleId: string,
  ): Promise<ReleaseModule | undefined> {
    if (settings.guardsArtifacts || !/^\d{1,10}$/.test(moduleId)) return undefined;
    const [row] = await this.database.query<{ id: string }>(
      'SELECT release_id AS id FROM release_module WHERE tenant_id = $1 AND id = $2',
      [tenantId, moduleId],
    );
    return row === undefined ? undefined : moduleIn(await this.releases.find(tenantId, row.id), moduleId);
  }

  /** A whole download begins: proof that the device works on this action. Ranges write nothing, on purpose. */
  async beginDownload(device: KnownDevice, action: Action, fileName: string): Promise<void> {
    await this.noteDownload(device, action, 'begin-download', `The device downloads ${fileName}.`);
  }

  /** The checksum was fetched: logged as hawkBit does, but the file may never be. */
  async noteChecksum(device: KnownDevice, action: Action, fileName: string): Promise<void> {
    await this.noteDownload(device, action, 'remark', `The device reads the MD5 sum of ${fileName}.`);
  }

  /** The file was asked for and could not be sent: clients close their action as failed then, and it is the server that failed. */
  async noteUnserved(device: KnownDevice, action: Action, fileName: string): Promise<void> {
    if ((await this.actions.lastStatus(action, [UNSERVED, DOWNLOAD])) === UNSERVED) return;
    const entry = serverEntry(UNSERVED, `The bytes of ${fileName} could not be sent.`);
    // Whatever the log holds: it decides whose failure it was.
    await this.flow.happen(deviceActor(device), action, { event: 'remark', entry });
  }

  private async noteDownload(
    device: KnownDevice,
    action: Action,
    event: 'begin-download' | 'remark',
    text: string,
  ): Promise<void> {
    try {
      const { quotas, deadlines } = device.settings;
      const entry = serverEntry(DOWNLOAD, text);
      const happening = { event, entry, maxLogEntries: quotas.logEntries, deadlines };
      await this.flow.happen(deviceActor(device), action, happening);
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

const CLOSED: ReadonlySet<ActionState> = new Set([
  'queued',
  'awaiting-confirmation',
  'cancelling',
  'cancelled',
]);

/** Cancelled deployments are gone for the device; what it ended itself it may read again (hawkBit's R14). */
function isClosedToDevices(action: Action): boolean {
  if (CLOSED.has(action.state)) return true;
  return isEnded(action.state) && action.endedBy !== 'device';
}

function moduleIn(release: Release | undefined, moduleId: string): ReleaseModule | undefined {
  return release?.modules.find((one) => one.id === moduleId);
}
