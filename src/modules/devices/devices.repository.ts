import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { PageRequest } from '../../platform/database/page';
import type { Attributes, ReportedFacts } from './device';
import type { DeviceRow } from './device-row';

const SELECT = `
  SELECT d.*, f.name AS feed, p.last_seen_at, p.address
    FROM device d JOIN feed f ON f.id = d.feed_id LEFT JOIN device_presence p ON p.device_id = d.id`;

/** Columns that a change of a device may set, by the name of its field. */
const COLUMNS = {
  name: 'name',
  feedId: 'feed_id',
  mode: 'mode',
  isPinned: 'is_pinned',
  takesPrereleases: 'takes_prereleases',
  tags: 'tags',
  setModel: 'set_model',
  setRevision: 'set_revision',
} as const;

export type DeviceColumns = {
  -readonly [K in keyof typeof COLUMNS]?: string | boolean | readonly string[] | null;
} & { assignedReleaseId?: string | null; forcedReleaseId?: string | null };

/** A device that polled and may be unknown. */
export interface SeenName {
  readonly tenantId: string;
  readonly controllerId: string;
}

@Injectable()
export class DevicesRepository {
  constructor(private readonly database: Database) {}

  async find(tenantId: string, controllerId: string): Promise<DeviceRow | undefined> {
    const [row] = await this.database.query<DeviceRow>(
      `${SELECT} WHERE d.tenant_id = $1 AND d.controller_id = $2`,
      [tenantId, controllerId],
    );
    return row;
  }

  async list(tenantId: string, page: PageRequest, feed: string | undefined): Promise<DeviceRow[]> {
    return this.database.query<DeviceRow>(
      `${SELECT} WHERE d.tenant_id = $1 AND d.controller_id > $2 AND ($3::text IS NULL OR f.name = $3)
        ORDER BY d.controller_id LIMIT $4`,
      [tenantId, page.after ?? '', feed ?? null, page.limit + 1],
    );
  }

  /** Adds a device on the default feed, with its presence row; undefined when it was there already. */
  async insert(
    tx: Sql,
    tenantId: string,
    device: { controllerId: string; name: string | null; tokenHash: Buffer | null; createdBy: string },
  ): Promise<string | undefined> {
    const [row] = await tx.query<{ id: string }>(
      `WITH made AS (
         INSERT INTO device (tenant_id, controller_id, name, feed_id, target_token_hash, created_by)
         SELECT $1, $2, $3, id, $4, $5 FROM feed WHERE tenant_id = $1 AND is_default
         ON CONFLICT ON CONSTRAINT device_controller_id_unique DO NOTHING
         RETURNING id),
       presence AS (INSERT INTO device_presence (device_id, tenant_id) SELECT id, $1 FROM made)
       SELECT id FROM made`,
      [tenantId, device.controllerId, device.name, device.tokenHash, device.createdBy],
    );
    return row?.id;
  }

  /**
   * Adds devices that polled for the first time, on the default feeds of their tenants, with their presence and their
   * events: one statement and one commit for all of them. Those that are there already stay as they are.
   */
  async insertSeen(names: readonly SeenName[], createdBy: string, kind: string): Promise<void> {
    await this.database.prepared(
      'first-contacts',
      `WITH seen AS (SELECT * FROM unnest($1::bigint[], $2::text[]) AS s (tenant_id, controller_id)),
       made AS (
         INSERT INTO device (tenant_id, controller_id, feed_id, created_by)
         SELECT s.tenant_id, s.controller_id, f.id, $3 FROM seen s JOIN feed f ON f.tenant_id = s.tenant_id AND f.is_default
          ORDER BY s.tenant_id, s.controller_id
         ON CONFLICT ON CONSTRAINT device_controller_id_unique DO NOTHING
         RETURNING id, tenant_id, controller_id),
       presence AS (INSERT INTO device_presence (device_id, tenant_id) SELECT id, tenant_id FROM made)
       INSERT INTO event (tenant_id, kind, subject, actor)
       SELECT tenant_id, $4, 'device:' || controller_id, 'device:' || controller_id FROM made`,
      [names.map((name) => name.tenantId), names.map((name) => name.controllerId), createdBy, kind],
    );
  }

  /** Locks the device's row; undefined when there is none. */
  async lock(tx: Sql, tenantId: string, controllerId: string): Promise<DeviceRow | undefined> {
    const [row] = await tx.query<DeviceRow>(
      `SELECT d.*, f.name AS feed FROM device d JOIN feed f ON f.id = d.feed_id
        WHERE d.tenant_id = $1 AND d.controller_id = $2 FOR UPDATE OF d`,
      [tenantId, controllerId],
    );
    return row;
  }

  /** Sets the named columns and bumps decision_rev: whatever was decided on the old row is void. */
  async update(tx: Sql, tenantId: string, id: string, columns: DeviceColumns): Promise<void> {
    const values: unknown[] = [tenantId, id];
    const sets = ['decision_rev = decision_rev + 1', 'updated_at = now()'];
    const set = (column: string, value: unknown): void => {
      values.push(value);
      sets.push(`${column} = $${values.length}`);
    };
    for (const [field, column] of Object.entries(COLUMNS)) {
      const value = columns[field as keyof typeof COLUMNS];
      if (value !== undefined) set(column, value);
    }
    if (columns.assignedReleaseId !== undefined) {
      set('assigned_release_id', columns.assignedReleaseId);
      sets.push('assignment_number = assignment_number + 1');
    }
    if (columns.forcedReleaseId !== undefined) {
      set('forced_release_id', columns.forcedReleaseId);
      sets.push('force_number = force_number + 1');
    }
    await tx.query(`UPDATE device SET ${sets.join(', ')} WHERE tenant_id = $1 AND id = $2`, values);
  }

  async saveAttributes(
    tx: Sql,
    tenantId: string,
    id: string,
    { attributes, facts }: { attributes: Attributes; facts: ReportedFacts },
  ): Promise<void> {
    await tx.query(
      `UPDATE device SET attributes = $3, attributes_at = now(), wants_attributes = false, updated_at = now(),
              reported_model = $4, reported_revision = $5,
              installed_version = coalesce($6, installed_version),
              is_version_reported = ($6::text IS NOT NULL) OR is_version_reported,
              installed_at = CASE WHEN $6 IS DISTINCT FROM installed_version AND $6 IS NOT NULL THEN now()
                                  ELSE installed_at END,
              decision_rev = decision_rev + 1
        WHERE tenant_id = $1 AND id = $2`,
      [
        tenantId,
        id,
        JSON.stringify(attributes),
        facts.model ?? null,
        facts.revision ?? null,
        facts.version ?? null,
      ],
    );
  }

  async delete(tx: Sql, tenantId: string, id: string): Promise<void> {
    await tx.query('DELETE FROM device WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
  }
}
