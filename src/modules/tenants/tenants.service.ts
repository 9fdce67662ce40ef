import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../platform/actor/actor';
import { Database, type Transaction } from '../../platform/database/database';
import { lockPlanExclusive } from '../../platform/database/locks';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import type { Tenant } from './tenant';

/** The module types that hawkBit starts with, as its clients know them. */
const ADD_MODULE_TYPES = `
  INSERT INTO module_type (tenant_id, key, name, max_per_release)
  VALUES ($1, 'os', 'Operating system', 1), ($1, 'application', 'Application', NULL), ($1, 'runtime', 'Runtime', 1)`;

@Injectable()
export class TenantsService {
  constructor(private readonly database: Database) {}

  /** The tenant with this (upper-case) key, made when it is not there; safe when two instances start at once. */
  async ensure(key: string): Promise<Tenant> {
    return this.database.transaction(async (tx) => {
      const made = await tx.execute('INSERT INTO tenant (key) VALUES ($1) ON CONFLICT (key) DO NOTHING', [
        key,
      ]);
      const [tenant] = await tx.query<Tenant>('SELECT id, key FROM tenant WHERE key = $1', [key]);
      if (tenant === undefined) throw new Error(`tenant ${key} vanished while it was made`);
      await tx.query('INSERT INTO tenant_plan (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING', [tenant.id]);
      await tx.query('INSERT INTO tenant_settings (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING', [
        tenant.id,
      ]);
      // Once only: a type that an operator has removed does not come back with the next start.
      if (made > 0) await tx.query(ADD_MODULE_TYPES, [tenant.id]);
      return tenant;
    });
  }

  /** The tenant called so (see {@link tenantKeyOf}); undefined when there is none. */
  async find(key: string): Promise<Tenant | undefined> {
    const [tenant] = await this.database.query<Tenant>('SELECT id, key FROM tenant WHERE key = $1', [key]);
    return tenant;
  }

  /** The tenant that `actor` acts for. */
  async of(actor: Actor): Promise<Tenant> {
    const [tenant] = await this.database.query<Tenant>('SELECT id, key FROM tenant WHERE id = $1', [
      actor.tenantId,
    ]);
    if (tenant === undefined) throw new NotFoundError('tenant', actor.tenantId);
    return tenant;
  }

  /**
   * Runs `work` as a change of the tenant's plan: alone among plan changes and admissions, with a new plan revision in
   * the same commit. After it resolves, the next poll on every replica decides by the new plan.
   */
  async changePlan<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await lockPlanExclusive(tx, tenantId);
      const result = await work(tx);
      await tx.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = $1', [tenantId]);
      return result;
    });
  }

  /** Whether the stop-all switch is on. */
  async isStopped(actor: Actor): Promise<boolean> {
    const [row] = await this.database.query<{ is_stopped: boolean }>(
      'SELECT is_stopped FROM tenant_plan WHERE tenant_id = $1',
      [actor.tenantId],
    );
    return row?.is_stopped ?? false;
  }

  /** Stops every offer of the tenant, whatever a rollout says, or lets them go on. What devices fetched goes on. */
  async setStopped(actor: Actor, isStopped: boolean): Promise<void> {
    await this.changePlan(actor.tenantId, async (tx) => {
      const changed = await tx.execute(
        'UPDATE tenant_plan SET is_stopped = $2 WHERE tenant_id = $1 AND is_stopped <> $2',
        [actor.tenantId, isStopped],
      );
      if (changed === 0) return;
      await recordEvent(tx, actor, {
        kind: isStopped ? 'tenant.stopped' : 'tenant.released',
        subject: 'tenant',
        detail: { by: actorLabel(actor) },
      });
    });
  }
}
