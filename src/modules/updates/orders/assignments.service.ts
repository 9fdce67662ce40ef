import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../../platform/actor/actor';
import { Database, type Sql } from '../../../platform/database/database';
import { lockPlanShared } from '../../../platform/database/locks';
import { pageOf, type Page, type PageRequest } from '../../../platform/database/page';
import { NotFoundError } from '../../../platform/errors/domain.error';
import { recordEvent } from '../../../platform/events/event-log';
import { isUnretrieved } from '../../actions/action/action';
import { ActionsService } from '../../actions/actions.service';
import type { NewActionOfDevice } from '../../actions/action/new-action';
import { serverEntry } from '../../actions/action/log-entry';
import { DevicesService } from '../../devices/devices.service';
import { ReleasesService } from '../../releases/releases.service';
import type { TenantSettings } from '../../tenants/tenant-settings';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';
import { ActionFlowService } from '../outcomes/action-flow.service';
import type { Assignment, AssignmentOutcome, AssignmentWish } from './assignment';
import {
  AssignmentsRepository,
  type AssignedDevice,
  type LatestAssigned,
  type OpenAssigned,
} from './assignments.repository';
import { TooManyOpenActionsError, UnknownDevicesError } from '../updates.errors';

/** Where one assignment stands while it is made. */
interface Making {
  readonly actor: Actor;
  readonly assignment: Assignment;
  readonly settings: TenantSettings;
  readonly version: string;
}

/**
 * Direct assignments (hawkBit's): an operator gives devices a release, and each gets an action at once, whatever its mode.
 * A newer one cancels what is open, unless that is a required step: then the newer one queues behind it.
 */
@Injectable()
export class AssignmentsService {
  constructor(
    private readonly database: Database,
    private readonly assignments: AssignmentsRepository,
    private readonly actions: ActionsService,
    private readonly devices: DevicesService,
    private readonly releases: ReleasesService,
    private readonly settings: TenantSettingsService,
    private readonly flow: ActionFlowService,
  ) {}

  /** All devices or none. @throws UnknownReleaseError, UnknownDevicesError, TooManyOpenActionsError */
  async assign(actor: Actor, wish: AssignmentWish): Promise<AssignmentOutcome> {
    return this.database.transaction(async (tx) => {
      await lockPlanShared(tx, actor.tenantId);
      const release = await this.releases.getAssignable(tx, actor.tenantId, wish.releaseId);
      const devices = await this.lockAll(tx, actor, wish.controllerIds);
      const assignment = await this.assignments.insert(tx, actor.tenantId, {
        releaseId: release.id,
        terms: wish.terms,
        createdBy: actorLabel(actor),
      });
      const settings = await this.settings.read(tx, actor.tenantId);
      const holders = await this.holdersOf(tx, actor, devices, release.id);
      const [already, others] = parted(devices, (device) => holders.has(device.id));
      const making = { actor, assignment, settings, version: release.version };
      const made = wish.isInstalled
        ? await this.takeAsInstalled(tx, making, others)
        : await this.makeActions(tx, making, others);
      await recordEvent(tx, actor, {
        kind: 'assignment.created',
        subject: `direct:${assignment.id}`,
        detail: { releaseId: release.id, devices: others.length, alreadyAssigned: already.length },
      });
      return { assignment, actions: made, alreadyAssigned: already.map((device) => device.controllerId) };
    });
  }

  async list(actor: Actor, page: PageRequest): Promise<Page<Assignment>> {
    const rows = await this.assignments.list(actor.tenantId, page);
    return pageOf(
      rows,
      page.limit,
      (one) => one.id,
      (one) => one,
    );
  }

  /** @throws NotFoundError */
  async get(actor: Actor, id: string): Promise<Assignment> {
    const assignment = /^\d{1,18}$/.test(id) ? await this.assignments.find(actor.tenantId, id) : undefined;
    if (assignment === undefined) throw new NotFoundError('assignment', id);
    return assignment;
  }

  /** Devices whose newest action is of this release, open or done: hawkBit counts those and leaves them alone. */
  private async holdersOf(
    tx: Sql,
    actor: Actor,
    devices: readonly AssignedDevice[],
    releaseId: string,
  ): Promise<ReadonlySet<string>> {
    const ids = devices.map((device) => device.id);
    const latest = await this.assignments.listLatest(tx, actor.tenantId, ids);
    return new Set(latest.filter((one) => holds(one, releaseId)).map((one) => one.deviceId));
  }

  private async lockAll(tx: Sql, actor: Actor, controllerIds: readonly string[]): Promise<AssignedDevice[]> {
    const wanted = [...new Set(controllerIds)];
    const devices = await this.assignments.lockDevices(tx, actor.tenantId, wanted);
    if (devices.length === wanted.length) return devices;
    const known = new Set(devices.map((device) => device.controllerId));
    throw new UnknownDevicesError(wanted.filter((id) => !known.has(id)));
  }

  /**
   * Of other actions only those are touched that no device has seen: what is under way gives way at the device's own next
   * poll, where it waits for nobody. Lock order: devices (held), then their actions.
   */
  private async makeActions(
    tx: Sql,
    making: Making,
    devices: readonly AssignedDevice[],
  ): Promise<{ id: string; controllerId: string }[]> {
    const { actor, assignment, settings } = making;
    const deviceIds = devices.map((device) => device.id);
    const open = await this.assignments.listOpen(tx, actor.tenantId, deviceIds);
    refuseTooMany(open, settings.quotas.openActions);
    await this.cancelUnseen(tx, making, open);
    const exposed = new Map(open.filter((one) => one.isExposed).map((one) => [one.deviceId, one]));
    const made = await this.actions.make(
      tx,
      actor.tenantId,
      {
        releaseId: assignment.releaseId,
        origin: `direct:${assignment.id}`,
        isForced: false,
        assignmentId: assignment.id,
        terms: assignment.terms,
        devices: devices.map((device) => this.newActionOf(making, device, exposed.has(device.id))),
      },
      { entry: serverEntry('assigned', `Assigned by ${actor.name}.`), deadlines: settings.deadlines },
    );
    await this.letPass(tx, making, [...exposed.values()]);
    await this.assignments.touchDevices(tx, actor.tenantId, deviceIds);
    const names = new Map(devices.map((device) => [device.id, device.controllerId]));
    return made.map(({ id, deviceId }) => ({ id, controllerId: names.get(deviceId) ?? '' }));
  }

  private newActionOf(
    { assignment: { terms }, settings }: Making,
    device: AssignedDevice,
    isBehindAnother: boolean,
  ): NewActionOfDevice {
    const needsConfirmation = terms.needsConfirmation && settings.needsConfirmation && !device.autoConfirm;
    const state = isBehindAnother ? 'queued' : needsConfirmation ? 'awaiting-confirmation' : 'offered';
    return {
      deviceId: device.id,
      controllerId: device.controllerId,
      previousVersion: device.installedVersion ?? undefined,
      previousReleaseId: device.installedReleaseId ?? undefined,
      needsConfirmation,
      awaitsVersion: false,
      state,
    };
  }

  /** Queued assignments that the newer one takes the place of: they count nowhere, and nobody has to be asked. */
  private async cancelUnseen(
    tx: Sql,
    { actor, assignment }: Making,
    open: readonly OpenAssigned[],
  ): Promise<void> {
    const entry = serverEntry('cancelled', `Superseded by assignment ${assignment.id}.`);
    for (const action of open.filter((one) => !one.isExposed && !one.isRequiredStep))
      await this.flow.happenIn(tx, actor, action.id, { event: 'request-cancel', entry });
  }

  /** A lighter required step that its device has not fetched yet stands back. */
  private async letPass(
    tx: Sql,
    { actor, assignment }: Making,
    exposed: readonly OpenAssigned[],
  ): Promise<void> {
    const entry = serverEntry('queued', `Assignment ${assignment.id} goes first.`);
    for (const action of exposed) {
      if (!action.isAssignment || !action.isRequiredStep || !isUnretrieved(action.state)) continue;
      if (action.weight >= assignment.terms.weight) continue;
      await this.flow.happenIn(tx, actor, action.id, { event: 'yield', entry });
    }
  }

  private async takeAsInstalled(
    tx: Sql,
    { actor, assignment, version }: Making,
    devices: readonly AssignedDevice[],
  ): Promise<{ id: string; controllerId: string }[]> {
    const made: { id: string; controllerId: string }[] = [];
    for (const device of devices) {
      const entry = serverEntry('installed', `Recorded as installed by ${actor.name}.`);
      const id = await this.actions.record(tx, actor.tenantId, {
        deviceId: device.id,
        controllerId: device.controllerId,
        releaseId: assignment.releaseId,
        origin: `direct:${assignment.id}`,
        assignmentId: assignment.id,
        endedBy: 'server',
        entry,
      });
      await this.devices.setInstalled(tx, actor.tenantId, device.id, {
        releaseId: assignment.releaseId,
        version,
        actionId: id,
        isReported: false,
      });
      made.push({ id, controllerId: device.controllerId });
    }
    return made;
  }
}

/** After a failure or a cancel it may be assigned again. */
function holds(latest: LatestAssigned, releaseId: string): boolean {
  if (latest.releaseId !== releaseId) return false;
  if (latest.endedBy === null) return latest.state !== 'cancelling';
  return latest.state === 'confirmed' || (latest.state === 'lapsed' && latest.endedBy === 'device');
}

function parted<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function refuseTooMany(open: readonly OpenAssigned[], most: number): void {
  const counts = new Map<string, number>();
  for (const { deviceId } of open) {
    const count = (counts.get(deviceId) ?? 0) + 1;
    counts.set(deviceId, count);
    if (count >= most) throw new TooManyOpenActionsError(most);
  }
}
