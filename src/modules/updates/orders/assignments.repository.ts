import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../../platform/database/database';
import type { PageRequest } from '../../../platform/database/page';
import type { ActionState, ActionTerms, ActionType, EndedBy } from '../../actions/action/action';
import type { Assignment } from './assignment';

interface AssignmentRow {
  id: string;
  release_id: string;
  type: ActionType;
  force_at: Date | null;
  weight: number;
  window_schedule: string | null;
  window_duration_ms: string | null;
  window_timezone: string | null;
  needs_confirmation: boolean;
  created_at: Date;
  created_by: string;
}

/** A device that is being assigned something, its row locked. */
export interface AssignedDevice {
  readonly id: string;
  readonly controllerId: string;
  readonly installedVersion: string | null;
  readonly installedReleaseId: string | null;
  readonly autoConfirm: boolean;
}

/** The newest action of one of them. */
export interface LatestAssigned {
  readonly deviceId: string;
  readonly releaseId: string;
  readonly state: ActionState;
  readonly endedBy: EndedBy | null;
}

/** An open action of one of them, oldest first. */
export interface OpenAssigned {
  readonly id: string;
  readonly deviceId: string;
  readonly releaseId: string;
  readonly state: ActionState;
  readonly isExposed: boolean;
  readonly isAssignment: boolean;
  readonly weight: number;
  readonly isRequiredStep: boolean;
}

@Injectable()
export class AssignmentsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    tx: Sql,
    tenantId: string,
    assignment: { releaseId: string; terms: ActionTerms; createdBy: string },
  ): Promise<Assignment> {
    const { releaseId, terms, createdBy } = assignment;
    const [row] = await tx.query<AssignmentRow>(
      `INSERT INTO assignment (tenant_id, release_id, type, force_at, weight, window_schedule, window_duration_ms,
              window_timezone, needs_confirmation, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *`,
      [
        tenantId,
        releaseId,
        terms.type,
        terms.forceAt ?? null,
        terms.weight,
        terms.window?.schedule ?? null,
        terms.window?.durationMs ?? null,
        terms.window?.timezone ?? null,
        terms.needsConfirmation,
        createdBy,
      ],
    );
    if (row === undefined) throw new Error('an insert returned no row');
    return assignmentOf(row);
  }

  async find(tenantId: string, id: string): Promise<Assignment | undefined> {
    const [row] = await this.database.query<AssignmentRow>(
      'SELECT * FROM assignment WHERE tenant_id = $1 AND id = $2',
      [tenantId, id],
    );
    return row === undefined ? undefined : assignmentOf(row);
  }

  /** Newest first; one more than asked for. */
  async list(tenantId: string, page: PageRequest): Promise<Assignment[]> {
    const rows = await this.database.query<AssignmentRow>(
      `SELECT * FROM assignment WHERE tenant_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
      [tenantId, page.after ?? null, page.limit + 1],
    );
    return rows.map(assignmentOf);
  }

  /** Locks the devices in the order of their ids, as every transaction does that wants several. */
  async lockDevices(tx: Sql, tenantId: string, controllerIds: readonly string[]): Promise<AssignedDevice[]> {
    return tx.query<AssignedDevice>(
      `SELECT d.id, d.controller_id AS "controllerId", d.installed_version AS "installedVersion",
              d.installed_release_id AS "installedReleaseId",
              d.auto_confirm AS "autoConfirm"
         FROM device d WHERE d.tenant_id = $1 AND d.controller_id = ANY($2::text[]) ORDER BY d.id FOR UPDATE OF d`,
      [tenantId, controllerIds],
    );
  }

  /** In a statement of its own, after the lock: in one with it, it would see the state from before the wait. */
  async listLatest(tx: Sql, tenantId: string, deviceIds: readonly string[]): Promise<LatestAssigned[]> {
    return tx.query<LatestAssigned>(
      `SELECT DISTINCT ON (device_id) device_id AS "deviceId", release_id AS "releaseId", state, ended_by AS "endedBy"
         FROM action WHERE tenant_id = $1 AND device_id = ANY($2::bigint[]) ORDER BY device_id, id DESC`,
      [tenantId, deviceIds],
    );
  }

  async listOpen(tx: Sql, tenantId: string, deviceIds: readonly string[]): Promise<OpenAssigned[]> {
    return tx.query<OpenAssigned>(
      `SELECT a.id, a.device_id AS "deviceId", a.release_id AS "releaseId", a.state, a.is_exposed AS "isExposed",
              a.assignment_id IS NOT NULL AS "isAssignment", a.weight, r.is_required_step AS "isRequiredStep"
         FROM action a JOIN release r ON r.id = a.release_id AND r.tenant_id = a.tenant_id
        WHERE a.tenant_id = $1 AND a.device_id = ANY($2::bigint[]) AND a.ended_at IS NULL ORDER BY a.id`,
      [tenantId, deviceIds],
    );
  }

  /** What was decided on the rows as they were is void. */
  async touchDevices(tx: Sql, tenantId: string, deviceIds: readonly string[]): Promise<void> {
    await tx.query(
      'UPDATE device SET decision_rev = decision_rev + 1 WHERE tenant_id = $1 AND id = ANY($2::bigint[])',
      [tenantId, deviceIds],
    );
  }
}

function assignmentOf(row: AssignmentRow): Assignment {
  const { window_schedule: schedule, window_duration_ms: durationMs, window_timezone: timezone } = row;
  return {
    id: row.id,
    releaseId: row.release_id,
    terms: {
      type: row.type,
      forceAt: row.force_at ?? undefined,
      weight: row.weight,
      window:
        schedule === null || durationMs === null || timezone === null
          ? undefined
          : { schedule, durationMs: Number(durationMs), timezone },
      needsConfirmation: row.needs_confirmation,
    },
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
