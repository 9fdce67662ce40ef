import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import type { PageRequest } from '../../platform/database/page';
import type { RecognisedClient } from './device/client';
import type { Attributes, AutoConfirm, ReportedFacts } from './device/device';
import type { DeviceFilter, FilterRow } from './device/device-filter';
import type { DeviceRow } from './device/device-row';
import type { KeptTokens } from './device/kept-tokens';

const SELECT = `
  SELECT d.*, f.name AS feed, p.last_seen_at, p.address,
         (SELECT a.state FROM action a WHERE a.tenant_id = d.tenant_id AND a.device_id = d.id
           ORDER BY a.ended_at IS NULL DESC, a.id DESC LIMIT 1) AS latest_state
    FROM device d JOIN feed f ON f.id = d.feed_id LEFT JOIN device_presence p ON p.device_id = d.id`;

/** By name: a prepared `*` breaks for as long as the connection lives when a migration adds a column. */
const FIND_ALL = `
  SELECT k.position, d.controller_id, d.name, d.mode, d.tags, d.attributes, d.set_model, d.reported_model, d.set_revision,
         d.reported_revision, d.set_client, d.reported_client, d.installed_version, d.is_pinned, d.takes_prereleases,
         d.created_at, d.created_by, d.updated_at, f.name AS feed, p.last_seen_at, p.address, d.approval
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS k (tenant_id, id, position)
    JOIN device d ON d.tenant_id = k.tenant_id AND d.id = k.id
    JOIN feed f ON f.id = d.feed_id
    LEFT JOIN device_presence p ON p.device_id = d.id`;

/** A device by the id of its row; its tenant is never left out. */
export interface DeviceKey {
  readonly tenantId: string;
  readonly id: string;
}

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
  setClient: 'set_client',
  approval: 'approval',
  timezone: 'time_zone',
} as const;

export type DeviceColumns = {
  -readonly [K in keyof typeof COLUMNS]?: string | boolean | readonly string[] | null;
} & { assignedReleaseId?: string | null; forcedReleaseId?: string | null };

/** What a device says about itself, as it is kept. */
export interface TakenReport {
  readonly attributes: Attributes;
  readonly facts: ReportedFacts;
  readonly client: RecognisedClient | undefined;
  /** By the server's clock, as the ends of actions are: which of them came later decides what the device runs. */
  readonly now: Date;
}

/** What a device runs, by which action, and whether it said so itself. */
export interface Installed {
  readonly releaseId: string;
  readonly version: string;
  readonly actionId: string;
  readonly isReported: boolean;
  /** The rollout whose update it was, and what ran before. */
  readonly change?: { readonly rolloutId: string | undefined; readonly fromReleaseId: string | undefined };
}

interface AutoConfirmRow {
  auto_confirm_initiator: string | null;
  auto_confirm_remark: string | null;
  auto_confirm_by: string;
  auto_confirm_at: Date;
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

  async list(
    tenantId: string,
    page: PageRequest,
    { feed, filter }: { feed: string | undefined; filter: DeviceFilter | undefined },
  ): Promise<DeviceRow[]> {
    const { text, values } = filter?.sql(5) ?? { text: 'true', values: [] };
    return this.database.query<DeviceRow>(
      `${SELECT} WHERE d.tenant_id = $1 AND d.controller_id > $2 AND ($3::text IS NULL OR f.name = $3)
           AND ${text}
        ORDER BY d.controller_id LIMIT $4`,
      [tenantId, page.after ?? '', feed ?? null, page.limit + 1, ...values],
    );
  }

  /** In the order of `names`; undefined where there is none. */
  async findAll(names: readonly DeviceKey[]): Promise<(FilterRow | undefined)[]> {
    const rows = await this.database.prepared<FilterRow & { position: string }>('devices', FIND_ALL, [
      names.map((name) => name.tenantId),
      names.map((name) => name.id),
    ]);
    const found = new Array<FilterRow | undefined>(names.length).fill(undefined);
    for (const row of rows) found[Number(row.position) - 1] = row;
    return found;
  }

  /** Asks the device for its attributes with its next poll; false when there is no such device. */
  async wantAttributes(tx: Sql, tenantId: string, controllerId: string): Promise<boolean> {
    const touched = await tx.execute(
      'UPDATE device SET wants_attributes = true WHERE tenant_id = $1 AND controller_id = $2',
      [tenantId, controllerId],
    );
    return touched > 0;
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

  /** Bumps decision_rev, which is what the device's ETag shows. */
  async setTokens(tx: Sql, tenantId: string, id: string, { current, previous }: KeptTokens): Promise<void> {
    await tx.query(
      `UPDATE device SET target_token_hash = $3, target_token_expires_at = $4, previous_token_hash = $5,
              previous_token_expires_at = $6, decision_rev = decision_rev + 1, updated_at = now()
        WHERE tenant_id = $1 AND id = $2`,
      [
        tenantId,
        id,
        current?.hash ?? null,
        current?.expiresAt ?? null,
        previous?.hash ?? null,
        previous?.expiresAt ?? null,
      ],
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
    { attributes, facts, client, now }: TakenReport,
  ): Promise<void> {
    await tx.query(
      `UPDATE device SET attributes = $3, attributes_at = $8, wants_attributes = false, updated_at = now(),
              reported_model = $4, reported_revision = $5, reported_client = coalesce($7, reported_client),
              installed_version = coalesce($6, installed_version),
              is_version_reported = ($6::text IS NOT NULL) OR is_version_reported, quiet_until = NULL,
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
        client ?? null,
        now,
      ],
    );
  }

  async lockInstalled(
    tx: Sql,
    tenantId: string,
    id: string,
  ): Promise<{ releaseId: string | null } | undefined> {
    const [row] = await tx.query<{ releaseId: string | null }>(
      `SELECT installed_release_id AS "releaseId" FROM device WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
      [tenantId, id],
    );
    return row;
  }

  async setInstalled(tx: Sql, tenantId: string, id: string, installed: Installed): Promise<void> {
    await tx.query(
      `UPDATE device SET installed_release_id = $3, installed_version = $4, installed_action_id = $5,
              is_version_reported = $6, installed_at = now(), changed_by_rollout_id = $7, changed_from_release_id = $8,
              decision_rev = decision_rev + 1, updated_at = now()
        WHERE tenant_id = $1 AND id = $2`,
      [
        ...[tenantId, id, installed.releaseId, installed.version, installed.actionId, installed.isReported],
        ...[installed.change?.rolloutId ?? null, installed.change?.fromReleaseId ?? null],
      ],
    );
  }

  async findAutoConfirm(tenantId: string, id: string): Promise<AutoConfirm | undefined> {
    const [row] = await this.database.query<AutoConfirmRow>(
      `SELECT auto_confirm_initiator, auto_confirm_remark, auto_confirm_by, auto_confirm_at FROM device
        WHERE tenant_id = $1 AND id = $2 AND auto_confirm`,
      [tenantId, id],
    );
    if (row === undefined) return undefined;
    return {
      initiator: row.auto_confirm_initiator ?? undefined,
      remark: row.auto_confirm_remark ?? undefined,
      activatedBy: row.auto_confirm_by,
      activatedAt: row.auto_confirm_at,
    };
  }

  async setAutoConfirm(
    tx: Sql,
    tenantId: string,
    id: string,
    { initiator, remark, activatedBy }: Omit<AutoConfirm, 'activatedAt'>,
  ): Promise<boolean> {
    const changed = await tx.execute(
      `UPDATE device SET auto_confirm = true, auto_confirm_at = now(), auto_confirm_by = $3,
              auto_confirm_initiator = $4, auto_confirm_remark = $5, decision_rev = decision_rev + 1
        WHERE tenant_id = $1 AND id = $2 AND NOT auto_confirm`,
      [tenantId, id, activatedBy, initiator ?? null, remark ?? null],
    );
    return changed > 0;
  }

  async clearAutoConfirm(tx: Sql, tenantId: string, id: string): Promise<boolean> {
    const changed = await tx.execute(
      `UPDATE device SET auto_confirm = false, decision_rev = decision_rev + 1
        WHERE tenant_id = $1 AND id = $2 AND auto_confirm`,
      [tenantId, id],
    );
    return changed > 0;
  }

  async delete(tx: Sql, tenantId: string, id: string): Promise<void> {
    await tx.query('DELETE FROM device WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
  }
}
