import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database } from '../../platform/database/database';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import type { FailureKind } from '../actions/action/action';
import type { RolloutDevice, RolloutDeviceChoice, RolloutDeviceState } from './rollout/rollout-device';
import { RolloutsRepository } from './rollouts.repository';

interface DeviceRow {
  id: string;
  controller_id: string;
  wave: number;
  state: RolloutDeviceState;
  failure_kind: FailureKind | null;
  action_id: string;
  previous_release_id: string | null;
  settled_at: Date | null;
}

/** The devices that a rollout has admitted, one by one: behind each count that is shown. */
@Injectable()
export class RolloutDevicesService {
  constructor(
    private readonly database: Database,
    private readonly rollouts: RolloutsRepository,
  ) {}

  /**
   * In the order in which devices were made. One that was deleted since is still called what it was called.
   *
   * @throws NotFoundError
   */
  async list(
    actor: Actor,
    rolloutId: string,
    { state, wave, failure }: RolloutDeviceChoice,
    page: PageRequest,
  ): Promise<Page<RolloutDevice>> {
    const { tenantId } = actor;
    await this.rollouts.get(this.database, tenantId, rolloutId);
    const rows = await this.database.query<DeviceRow>(
      `SELECT m.device_id AS id, coalesce(d.controller_id, a.controller_id) AS controller_id, m.wave, m.state,
              m.failure_kind, m.action_id, m.previous_release_id, m.settled_at
         FROM rollout_device m
         LEFT JOIN device d ON d.tenant_id = m.tenant_id AND d.id = m.device_id
         LEFT JOIN action a ON a.tenant_id = m.tenant_id AND a.id = m.action_id
        WHERE m.tenant_id = $1 AND m.rollout_id = $2 AND m.device_id > coalesce($3::bigint, 0)
          AND ($4::text IS NULL OR m.state = $4) AND ($5::int IS NULL OR m.wave = $5)
          AND ($6::text IS NULL OR m.failure_kind = $6 OR ($6 = 'any' AND m.failure_kind IS NOT NULL))
        ORDER BY m.device_id LIMIT $7`,
      [
        ...[tenantId, rolloutId, page.after ?? null],
        ...[state ?? null, wave ?? null, failure ?? null, page.limit + 1],
      ],
    );
    return pageOf(rows, page.limit, (row) => row.id, deviceOf);
  }
}

function deviceOf(row: DeviceRow): RolloutDevice {
  return {
    controllerId: row.controller_id,
    wave: row.wave,
    state: row.state,
    failureKind: row.failure_kind ?? undefined,
    actionId: row.action_id,
    previousReleaseId: row.previous_release_id ?? undefined,
    settledAt: row.settled_at ?? undefined,
  };
}
