import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { StaleError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import {
  changedSettings,
  differingFields,
  type RevisedSettings,
  type SettingsChange,
  type TenantSettings,
} from './tenant-settings';
import { TenantSettingsRepository } from './tenant-settings.repository';
import { TenantsService } from './tenants.service';

/** What a tenant settles for itself. Requests of devices find it in the plan; this is where it is kept. */
@Injectable()
export class TenantSettingsService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly repository: TenantSettingsRepository,
  ) {}

  async get(actor: Actor): Promise<RevisedSettings> {
    return this.repository.read(this.database, actor.tenantId);
  }

  /** For the plan, on its snapshot. */
  async read(sql: Sql, tenantId: string): Promise<TenantSettings> {
    return this.repository.read(sql, tenantId);
  }

  /**
   * A change of the plan: once it resolves, every replica's next request obeys it.
   * @throws StaleError when `ifRevision` is not the one that is there
   */
  async change(actor: Actor, change: SettingsChange, ifRevision?: number): Promise<RevisedSettings> {
    const { tenantId } = actor;
    return this.tenants.changePlan(tenantId, async (tx) => {
      const before = await this.repository.read(tx, tenantId);
      if (ifRevision !== undefined && ifRevision !== before.revision) throw new StaleError('settings');
      const after = changedSettings(before, change);
      const detail = differingFields(before, after);
      if (Object.keys(detail).length === 0) return before;
      await this.repository.write(tx, tenantId, after);
      await recordEvent(tx, actor, { kind: 'tenant.settings-changed', subject: 'tenant', detail });
      return this.repository.read(tx, tenantId);
    });
  }
}
