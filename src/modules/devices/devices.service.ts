import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { restarting } from '../../platform/database/restarting';
import { MicroBatch } from '../../platform/database/micro-batch';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { NotFoundError, StaleError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { applyAttributes, reportedFacts, type AttributeMode, type Attributes } from './device';
import { deviceView, type DeviceView } from './device-view';
import { DeviceExistsError, TooManyAttributesError } from './devices.errors';
import type { DeviceRow } from './device-row';
import { DevicesRepository, type DeviceColumns, type SeenName } from './devices.repository';

/** Larger batches make single statements slow without making the sum cheaper. */
const MAX_BATCH = 500;

/** hawkBit's quota of attributes per target. */
export const MAX_ATTRIBUTES = 100;

/** A device whose row this transaction holds. */
export interface LockedDevice {
  readonly id: string;
  readonly controllerId: string;
}

@Injectable()
export class DevicesService {
  private readonly seen = new MicroBatch<SeenName, void>((names) => this.makeSeen(names), MAX_BATCH);

  constructor(
    private readonly database: Database,
    private readonly devices: DevicesRepository,
  ) {}

  async list(actor: Actor, page: PageRequest, feed?: string): Promise<Page<DeviceView>> {
    const rows = await this.devices.list(actor.tenantId, page, feed);
    return pageOf(rows, page.limit, (row) => row.controller_id, deviceView);
  }

  async get(actor: Actor, controllerId: string): Promise<DeviceView> {
    const row = await this.devices.find(actor.tenantId, controllerId);
    if (row === undefined) throw new NotFoundError('device', controllerId);
    return deviceView(row);
  }

  /** Registers a device with the hash of its own token. @throws DeviceExistsError */
  async create(
    actor: Actor,
    device: { controllerId: string; name?: string; tokenHash: Buffer },
  ): Promise<DeviceView> {
    await this.database.transaction(async (tx) => {
      const id = await this.devices.insert(tx, actor.tenantId, {
        controllerId: device.controllerId,
        name: device.name ?? null,
        tokenHash: device.tokenHash,
        createdBy: actorLabel(actor),
      });
      if (id === undefined) throw new DeviceExistsError(device.controllerId);
      await recordEvent(tx, actor, { kind: 'device.created', subject: `device:${device.controllerId}` });
    });
    return this.get(actor, device.controllerId);
  }

  /**
   * Plug and play: a poll of an unknown device through a gateway makes it. Repeats and races make one. When a whole fleet
   * comes at once, those that come in while some are being made are made together.
   */
  async register(tenantId: string, controllerId: string): Promise<void> {
    await this.seen.load({ tenantId, controllerId });
  }

  /** @throws NotFoundError, StaleError when `ifRevision` is not the one that is there. */
  async lock(tx: Sql, tenantId: string, controllerId: string, ifRevision?: string): Promise<LockedDevice> {
    const row = await this.devices.lock(tx, tenantId, controllerId);
    if (row === undefined) throw new NotFoundError('device', controllerId);
    if (ifRevision !== undefined && ifRevision !== row.decision_rev) throw new StaleError('device');
    return lockedDevice(row);
  }

  /** Changes a locked device. Only `modules/updates` calls it: a change may concern an open action. */
  async change(tx: Sql, actor: Actor, device: LockedDevice, columns: DeviceColumns): Promise<void> {
    await this.devices.update(tx, actor.tenantId, device.id, columns);
    const subject = `device:${device.controllerId}`;
    await recordEvent(tx, actor, { kind: 'device.changed', subject, detail: { ...columns } });
  }

  /** Deletes a locked device; its id is free at once, its actions stay in the history. */
  async remove(tx: Sql, actor: Actor, device: LockedDevice): Promise<void> {
    await this.devices.delete(tx, actor.tenantId, device.id);
    await recordEvent(tx, actor, { kind: 'device.removed', subject: `device:${device.controllerId}` });
  }

  /**
   * Takes over what a device says about itself and tells the version it reported, if any.
   * @throws NotFoundError, TooManyAttributesError
   */
  async reportAttributes(
    tx: Sql,
    tenantId: string,
    controllerId: string,
    report: { mode: AttributeMode; data: Readonly<Record<string, string | null>> },
  ): Promise<{ device: LockedDevice; version: string | undefined }> {
    const row = await this.devices.lock(tx, tenantId, controllerId);
    if (row === undefined) throw new NotFoundError('device', controllerId);
    const attributes = applyAttributes(row.attributes, report.mode, report.data);
    if (Object.keys(attributes).length > MAX_ATTRIBUTES) throw new TooManyAttributesError(MAX_ATTRIBUTES);
    // The version only as this report says it: one that was merged in before may be older than the last update.
    const facts = { ...reportedFacts(attributes), version: reportedFacts(said(report)).version };
    await this.devices.saveAttributes(tx, tenantId, row.id, { attributes, facts });
    return { device: lockedDevice(row), version: facts.version };
  }

  private async makeSeen(names: readonly SeenName[]): Promise<undefined[]> {
    await restarting(() => this.devices.insertSeen(names, 'plug-and-play', 'device.registered'));
    return names.map(() => undefined);
  }
}

function lockedDevice(row: DeviceRow): LockedDevice {
  return { id: row.id, controllerId: row.controller_id };
}

/** The attributes that a report itself states. */
function said(report: { mode: AttributeMode; data: Readonly<Record<string, string | null>> }): Attributes {
  return report.mode === 'remove' ? {} : applyAttributes({}, 'merge', report.data);
}
