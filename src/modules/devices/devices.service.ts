import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import { Database, type Sql } from '../../platform/database/database';
import { MicroBatch } from '../../platform/database/micro-batch';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { NotFoundError, StaleError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { clientOf, type Client, type RecognisedClient } from './device/client';
import {
  applyAttributes,
  reportedFacts,
  type Approval,
  type AttributeMode,
  type Attributes,
  type AutoConfirm,
} from './device/device';
import { deviceFilter, filterSubjectOf, type FilterRow, type FilterSubject } from './device/device-filter';
import { deviceView, type DeviceView } from './device/device-view';
import { DeviceExistsError, TooManyAttributesError } from './devices.errors';
import type { DeviceRow } from './device/device-row';
import { keptTokens, type KeptTokens } from './device/kept-tokens';
import { DevicesRepository, type DeviceColumns, type DeviceKey, type Installed } from './devices.repository';

/** Larger batches make single statements slow without making the sum cheaper. */
const MAX_BATCH = 500;

/** A device whose row this transaction holds. */
export interface LockedDevice {
  readonly id: string;
  readonly controllerId: string;
}

/** What a device says about itself. */
export interface AttributeReport {
  readonly mode: AttributeMode;
  readonly data: Readonly<Record<string, string | null>>;
  /** What the report gives away of the client that sent it. */
  readonly client: RecognisedClient | undefined;
}

/** What came of such a report. */
export interface TakenAttributes {
  readonly device: LockedDevice;
  /** The version that it states, if any. */
  readonly version: string | undefined;
  /** Who sent it, as far as that is known. */
  readonly client: Client;
  /** The device was asked for it, or may have been. */
  readonly isAsked: boolean;
}

/** The same with what lets it in. */
export interface LockedHolder extends LockedDevice {
  readonly approval: Approval;
  readonly tokens: KeptTokens;
}

@Injectable()
export class DevicesService {
  private readonly looks: MicroBatch<DeviceKey, FilterRow | undefined>;

  constructor(
    private readonly database: Database,
    private readonly devices: DevicesRepository,
    private readonly clock: Clock,
  ) {
    this.looks = new MicroBatch((names) => devices.findAll(names), MAX_BATCH);
  }

  /** `q` is a filter in RSQL over the fields of {@link deviceFilter}. @throws RsqlError */
  async list(
    actor: Actor,
    page: PageRequest,
    which: { feed?: string; q?: string } = {},
  ): Promise<Page<DeviceView>> {
    const filter = which.q === undefined ? undefined : deviceFilter(which.q);
    const rows = await this.devices.list(actor.tenantId, page, { feed: which.feed, filter });
    return pageOf(rows, page.limit, (row) => row.controller_id, deviceView);
  }

  async get(actor: Actor, controllerId: string): Promise<DeviceView> {
    const row = await this.devices.find(actor.tenantId, controllerId);
    if (row === undefined) throw new NotFoundError('device', controllerId);
    return deviceView(row);
  }

  /** The device as filters see it. Shares one statement with whoever else looks meanwhile. */
  async filterSubject(tenantId: string, id: string): Promise<FilterSubject | undefined> {
    const row = await this.looks.load({ tenantId, id });
    return row === undefined ? undefined : filterSubjectOf(row);
  }

  /** Asks the device with its next poll. */
  async wantAttributes(sql: Sql, tenantId: string, controllerId: string): Promise<void> {
    await this.devices.wantAttributes(sql, tenantId, controllerId);
  }

  /** The device's next poll asks it for its attributes. Nothing is decided by it, so no decision is void. */
  async requestAttributes(actor: Actor, controllerId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const isThere = await this.devices.wantAttributes(tx, actor.tenantId, controllerId);
      if (!isThere) throw new NotFoundError('device', controllerId);
      await recordEvent(tx, actor, {
        kind: 'device.attributes-requested',
        subject: `device:${controllerId}`,
      });
    });
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

  /** Locks the device and tells what lets it in. @throws NotFoundError */
  async lockHolder(tx: Sql, tenantId: string, controllerId: string): Promise<LockedHolder> {
    const row = await this.devices.lock(tx, tenantId, controllerId);
    if (row === undefined) throw new NotFoundError('device', controllerId);
    return { ...lockedDevice(row), approval: row.approval, tokens: keptTokens(row) };
  }

  /** Replaces the tokens of a locked device. Who did it and why is for the caller to record. */
  async setTokens(tx: Sql, tenantId: string, id: string, tokens: KeptTokens): Promise<void> {
    await this.devices.setTokens(tx, tenantId, id, tokens);
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

  /** Locks the device and tells what is installed; undefined when there is no such device. */
  async lockInstalled(
    tx: Sql,
    tenantId: string,
    id: string,
  ): Promise<{ releaseId: string | null } | undefined> {
    return this.devices.lockInstalled(tx, tenantId, id);
  }

  /** The device runs this release from now on. */
  async setInstalled(tx: Sql, tenantId: string, id: string, installed: Installed): Promise<void> {
    await this.devices.setInstalled(tx, tenantId, id, installed);
  }

  /** Undefined: the device's user is asked each time. */
  async autoConfirmOf(tenantId: string, id: string): Promise<AutoConfirm | undefined> {
    return this.devices.findAutoConfirm(tenantId, id);
  }

  /** False when it was set already; nothing is changed then. */
  async setAutoConfirm(
    tx: Sql,
    actor: Actor,
    id: string,
    consent: Omit<AutoConfirm, 'activatedAt'>,
  ): Promise<boolean> {
    return this.devices.setAutoConfirm(tx, actor.tenantId, id, consent);
  }

  /** False when it was not set. */
  async clearAutoConfirm(tx: Sql, actor: Actor, id: string): Promise<boolean> {
    return this.devices.clearAutoConfirm(tx, actor.tenantId, id);
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
    report: AttributeReport & { readonly maxAttributes: number },
  ): Promise<TakenAttributes> {
    const row = await this.devices.lock(tx, tenantId, controllerId);
    if (row === undefined) throw new NotFoundError('device', controllerId);
    const attributes = applyAttributes(row.attributes, report.mode, report.data);
    refuseTooMany(row.attributes, attributes, report.maxAttributes);
    // The version only as this report says it: one that was merged in before may be older than the last update.
    const facts = { ...reportedFacts(attributes), version: reportedFacts(said(report)).version };
    await this.devices.saveAttributes(tx, tenantId, row.id, {
      ...{ attributes, facts, client: report.client, now: this.clock.now() },
    });
    return {
      device: lockedDevice(row),
      version: facts.version,
      client: clientOf({ ...row, reported_client: report.client ?? row.reported_client }),
      // What counts them is even unless the last poll that could show the link did.
      isAsked: row.wants_attributes || row.asks % 2 === 1,
    };
  }
}

function lockedDevice(row: DeviceRow): LockedDevice {
  return { id: row.id, controllerId: row.controller_id };
}

/** A device that had more before the quota was lowered is not refused for saying the same again. */
function refuseTooMany(before: Attributes, after: Attributes, most: number): void {
  const count = Object.keys(after).length;
  if (count > most && count > Object.keys(before).length) throw new TooManyAttributesError(most);
}

/** The attributes that a report itself states. */
function said(report: AttributeReport): Attributes {
  return report.mode === 'remove' ? {} : applyAttributes({}, 'merge', report.data);
}
