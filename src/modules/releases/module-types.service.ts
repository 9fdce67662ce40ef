import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database, type Sql, type Transaction } from '../../platform/database/database';
import { lockPlanExclusive } from '../../platform/database/locks';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { MAX_MODULE_TYPES, type ModuleType, type ModuleTypeChange } from './release/module-type';
import { ModuleTypeExistsError, ModuleTypeInUseError, TooManyModuleTypesError } from './releases.errors';

interface ModuleTypeRow {
  key: string;
  name: string;
  description: string;
  max_per_release: number | null;
  created_at: Date;
}

/** Uploads that name no type are given one of these. */
const GIVEN_BY_UPLOADS = ['os', 'application'];

/** Which kinds of modules releases of a tenant may have. */
@Injectable()
export class ModuleTypesService {
  constructor(private readonly database: Database) {}

  /** All of them by key; a tenant has few. */
  async list(actor: Actor): Promise<ModuleType[]> {
    const rows = await this.database.query<ModuleTypeRow>(
      'SELECT * FROM module_type WHERE tenant_id = $1 ORDER BY key',
      [actor.tenantId],
    );
    return rows.map(moduleTypeOf);
  }

  /** Whether a release may have modules of this type, as the caller's transaction sees it. */
  async isKnown(tx: Sql, tenantId: string, key: string): Promise<boolean> {
    return (await find(tx, tenantId, key)) !== undefined;
  }

  /** How many modules of this type one release may have, in the caller's transaction; undefined: any number. */
  async maxPerRelease(tx: Sql, tenantId: string, key: string): Promise<number | undefined> {
    return (await find(tx, tenantId, key))?.maxPerRelease;
  }

  /** @throws ModuleTypeExistsError, TooManyModuleTypesError */
  async create(actor: Actor, type: Omit<ModuleType, 'createdAt'>): Promise<ModuleType> {
    const { key, name, description, maxPerRelease } = type;
    return this.alone(actor, async (tx) => {
      const [count] = await tx.query<{ types: number }>(
        'SELECT count(*)::int AS types FROM module_type WHERE tenant_id = $1',
        [actor.tenantId],
      );
      if ((count?.types ?? 0) >= MAX_MODULE_TYPES) throw new TooManyModuleTypesError(MAX_MODULE_TYPES);
      const [row] = await tx.query<ModuleTypeRow>(
        `INSERT INTO module_type (tenant_id, key, name, description, max_per_release) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT module_type_key_unique DO NOTHING RETURNING *`,
        [actor.tenantId, key, name, description, maxPerRelease ?? null],
      );
      if (row === undefined) throw new ModuleTypeExistsError(key);
      await record(tx, actor, 'created', { key, name, maxPerRelease: maxPerRelease ?? null });
      return moduleTypeOf(row);
    });
  }

  /** Holds for releases made from now on; those there are stay as they are. @throws NotFoundError */
  async change(actor: Actor, key: string, change: ModuleTypeChange): Promise<ModuleType> {
    return this.alone(actor, async (tx) => {
      const before = await get(tx, actor.tenantId, key);
      const { name = before.name, description = before.description } = change;
      const most = change.maxPerRelease === undefined ? (before.maxPerRelease ?? null) : change.maxPerRelease;
      const [row] = await tx.query<ModuleTypeRow>(
        `UPDATE module_type SET name = $3, description = $4, max_per_release = $5
          WHERE tenant_id = $1 AND key = $2 RETURNING *`,
        [actor.tenantId, key, name, description, most],
      );
      if (row === undefined) throw new NotFoundError('module type', key);
      await record(tx, actor, 'changed', { key, ...change });
      return moduleTypeOf(row);
    });
  }

  /** @throws NotFoundError, ModuleTypeInUseError while a release has a module of it, or uploads are given it. */
  async remove(actor: Actor, key: string): Promise<void> {
    await this.alone(actor, async (tx) => {
      await get(tx, actor.tenantId, key);
      if (GIVEN_BY_UPLOADS.includes(key))
        throw new ModuleTypeInUseError(key, 'uploads that name no type are given it');
      const [use] = await tx.query<{ id: string; name: string; version: string }>(
        `SELECT r.id, r.name, r.version FROM release_module m JOIN release r ON r.id = m.release_id AND r.tenant_id = $1
          WHERE m.tenant_id = $1 AND m.type = $2 AND r.deleted_at IS NULL LIMIT 1`,
        [actor.tenantId, key],
      );
      if (use !== undefined)
        throw new ModuleTypeInUseError(
          key,
          `release ${use.id} ("${use.name}" ${use.version}) has a module of it`,
        );
      await tx.query('DELETE FROM module_type WHERE tenant_id = $1 AND key = $2', [actor.tenantId, key]);
      await record(tx, actor, 'removed', { key });
    });
  }

  /** Releases are made under the same lock, so none gets a type that goes meanwhile, or more modules than it allows. */
  private async alone<T>(actor: Actor, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await lockPlanExclusive(tx, actor.tenantId);
      return work(tx);
    });
  }
}

async function find(sql: Sql, tenantId: string, key: string): Promise<ModuleType | undefined> {
  const [row] = await sql.query<ModuleTypeRow>(
    'SELECT * FROM module_type WHERE tenant_id = $1 AND key = $2',
    [tenantId, key],
  );
  return row === undefined ? undefined : moduleTypeOf(row);
}

async function get(sql: Sql, tenantId: string, key: string): Promise<ModuleType> {
  const type = await find(sql, tenantId, key);
  if (type === undefined) throw new NotFoundError('module type', key);
  return type;
}

async function record(
  tx: Sql,
  actor: Actor,
  verb: 'created' | 'changed' | 'removed',
  { key, ...detail }: { readonly key: string } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await recordEvent(tx, actor, { kind: `module-type.${verb}`, subject: `module-type:${key}`, detail });
}

function moduleTypeOf(row: ModuleTypeRow): ModuleType {
  const { key, name, description, max_per_release: most, created_at: createdAt } = row;
  return { key, name, description, maxPerRelease: most ?? undefined, createdAt };
}
