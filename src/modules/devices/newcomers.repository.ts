import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { lockQueueOfDevices } from '../../platform/database/locks';
import type { RecognisedClient } from './device/client';
import { MOST_WAITING, type Approval } from './device/device';
import type { DeviceFilter } from './device/device-filter';
import type { DeviceKey } from './devices.repository';

/**
 * Those that are to wait come in by name as long as fewer than $5 of their tenant wait. Names that are there already are left
 * out before they are counted.
 */
const INSERT_SEEN = `
  WITH seen AS (
    SELECT s.*, row_number() OVER (PARTITION BY s.tenant_id, s.approval ORDER BY s.controller_id) AS place
      FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::text[], $4::text[], $7::text[])
                   AS u (tenant_id, controller_id, approval, client)) s
     WHERE NOT EXISTS (
       SELECT 1 FROM device d WHERE d.tenant_id = s.tenant_id AND d.controller_id = s.controller_id)),
  made AS (
    INSERT INTO device (tenant_id, controller_id, feed_id, created_by, approval, reported_client)
    SELECT s.tenant_id, s.controller_id, f.id, $3, s.approval, s.client
      FROM seen s JOIN feed f ON f.tenant_id = s.tenant_id AND f.is_default
     WHERE s.approval <> 'waiting' OR s.place <= $5 - (
       SELECT count(*) FROM device w WHERE w.tenant_id = s.tenant_id AND w.approval = 'waiting')
     ORDER BY s.tenant_id, s.controller_id
    ON CONFLICT ON CONSTRAINT device_controller_id_unique DO NOTHING
    RETURNING id, tenant_id, controller_id, approval),
  presence AS (INSERT INTO device_presence (device_id, tenant_id) SELECT id, tenant_id FROM made)
  INSERT INTO event (tenant_id, kind, subject, actor, detail)
  SELECT tenant_id, $6, 'device:' || controller_id, 'device:' || controller_id,
         CASE approval WHEN 'waiting' THEN '{"approval": "waiting"}'::jsonb ELSE '{}' END
    FROM made`;

const SAVE_CLIENTS = `
  WITH seen AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS s (tenant_id, id, client)),
  locked AS (
    SELECT d.id, d.tenant_id, s.client FROM device d JOIN seen s ON d.tenant_id = s.tenant_id AND d.id = s.id
     ORDER BY d.id FOR UPDATE OF d),
  changed AS (
    UPDATE device d SET reported_client = l.client, decision_rev = d.decision_rev + 1
      FROM locked l WHERE d.tenant_id = l.tenant_id AND d.id = l.id AND d.reported_client IS DISTINCT FROM l.client
    RETURNING d.tenant_id, d.controller_id, l.client)
  INSERT INTO event (tenant_id, kind, subject, actor, detail)
  SELECT tenant_id, $4, 'device:' || controller_id, 'device:' || controller_id, jsonb_build_object('client', client)
    FROM changed`;

/** In the order of the list, so that the next call goes on where this one ended. */
const approveStatement = (which: string): string => `
  WITH chosen AS (
    SELECT d.id FROM device d JOIN feed f ON f.id = d.feed_id LEFT JOIN device_presence p ON p.device_id = d.id
     WHERE d.tenant_id = $1 AND ${which}
     ORDER BY d.controller_id LIMIT $2 FOR UPDATE OF d),
  approved AS (
    UPDATE device d SET approval = 'approved', decision_rev = decision_rev + 1, updated_at = now()
      FROM chosen c WHERE d.tenant_id = $1 AND d.id = c.id
    RETURNING d.controller_id),
  told AS (
    INSERT INTO event (tenant_id, kind, subject, actor, detail)
    SELECT $1, 'device.changed', 'device:' || controller_id, $3, '{"approval": "approved"}'::jsonb FROM approved)
  SELECT controller_id FROM approved ORDER BY controller_id`;

/** A device that polled and may be unknown. */
export interface SeenName {
  readonly tenantId: string;
  readonly controllerId: string;
  /** What it is made with. */
  readonly approval: Exclude<Approval, 'refused'>;
  readonly client: RecognisedClient | undefined;
}

/** A device that turned out to run another client than it was known by. */
export interface RecognisedDevice extends DeviceKey {
  readonly client: RecognisedClient;
}

@Injectable()
export class NewcomersRepository {
  constructor(private readonly database: Database) {}

  /**
   * Adds devices that polled for the first time, on the default feeds of their tenants, with their presence and their
   * events: one statement and one commit for all of them. Those that are there already stay as they are, and those that
   * would be one too many to wait are not made.
   */
  async insertSeen(names: readonly SeenName[], createdBy: string, kind: string): Promise<void> {
    const values = [
      names.map((name) => name.tenantId),
      names.map((name) => name.controllerId),
      createdBy,
      names.map((name) => name.approval),
      MOST_WAITING,
      kind,
      names.map((name) => name.client ?? null),
    ];
    const queues = new Set(names.filter((one) => one.approval === 'waiting').map((one) => one.tenantId));
    if (queues.size === 0) {
      await this.database.prepared('first-contacts', INSERT_SEEN, values);
      return;
    }
    await this.database.transaction(async (tx) => {
      // Or two replicas would count the same queue and both add to it.
      for (const tenantId of [...queues].sort((a, b) => Number(a) - Number(b)))
        await lockQueueOfDevices(tx, tenantId);
      await tx.query(INSERT_SEEN, values);
    });
  }

  /** Keeps what devices were recognised as; whatever was decided on the old word is void. By id, as others lock. */
  async saveClients(devices: readonly RecognisedDevice[], kind: string): Promise<void> {
    await this.database.prepared('recognised-clients', SAVE_CLIENTS, [
      devices.map((one) => one.tenantId),
      devices.map((one) => one.id),
      devices.map((one) => one.client),
      kind,
    ]);
  }

  /** Lets in those that are named and not in yet; their controllerIds. */
  async approveNamed(tx: Sql, actor: Actor, controllerIds: readonly string[]): Promise<string[]> {
    const which = `d.controller_id = ANY ($4::text[]) AND d.approval <> 'approved'`;
    return this.approve(tx, actor, which, { most: controllerIds.length, values: [controllerIds] });
  }

  /** Lets in the first `most` of those that wait and that the filter finds; their controllerIds. */
  async approveWaiting(
    tx: Sql,
    actor: Actor,
    filter: DeviceFilter | undefined,
    most: number,
  ): Promise<string[]> {
    const { text, values } = filter?.sql(4) ?? { text: 'true', values: [] };
    return this.approve(tx, actor, `d.approval = 'waiting' AND ${text}`, { most, values });
  }

  private async approve(
    tx: Sql,
    actor: Actor,
    which: string,
    { most, values }: { most: number; values: readonly unknown[] },
  ): Promise<string[]> {
    const rows = await tx.query<{ controller_id: string }>(approveStatement(which), [
      actor.tenantId,
      most,
      actorLabel(actor),
      ...values,
    ]);
    return rows.map((row) => row.controller_id);
  }
}
