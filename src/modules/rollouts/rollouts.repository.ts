import { Injectable } from '@nestjs/common';
import { Database, type Sql } from '../../platform/database/database';
import { violatedConstraint } from '../../platform/database/database.errors';
import { lockRolloutExclusive } from '../../platform/database/locks';
import type { PageRequest } from '../../platform/database/page';
import { NotFoundError, StaleError } from '../../platform/errors/domain.error';
import { IN_FORCE, type Rollout, type RolloutDefinition, type RolloutState } from './rollout/rollout';
import { RolloutCounts } from './rollout-counts';
import { RolloutExistsError } from './rollouts.errors';
import { rolloutOf, WAVES_OF, type RolloutRow } from './rollout-row';
import type { Wave } from './rollout/wave';

/** A rollout about to be stored. */
export interface NewRollout extends RolloutDefinition {
  readonly feedId: string | undefined;
  readonly createdBy: string;
}

/** Ids end there, as those of actions do. */
const LARGEST_ID = 2 ** 31 - 1;

const SELECT = `SELECT r.*, f.name AS feed, ${WAVES_OF}
  FROM rollout r LEFT JOIN feed f ON f.id = r.feed_id AND f.tenant_id = r.tenant_id`;

@Injectable()
export class RolloutsRepository {
  constructor(private readonly database: Database) {}

  async find(sql: Sql, tenantId: string, id: string): Promise<Rollout | undefined> {
    if (!/^\d{1,10}$/.test(id) || Number(id) > LARGEST_ID) return undefined;
    const [row] = await sql.query<RolloutRow>(`${SELECT} WHERE r.tenant_id = $1 AND r.id = $2`, [
      tenantId,
      id,
    ]);
    return row === undefined ? undefined : rolloutOf(row);
  }

  /** @throws NotFoundError */
  async get(sql: Sql, tenantId: string, id: string): Promise<Rollout> {
    const rollout = await this.find(sql, tenantId, id);
    if (rollout === undefined) throw new NotFoundError('rollout', id);
    return rollout;
  }

  /**
   * Part of a plan change: the rollout as nobody else changes it meanwhile, not even the failure that stops it.
   * @throws NotFoundError, StaleError when `ifRevision` is not the one that is there
   */
  async getLocked(tx: Sql, tenantId: string, id: string, ifRevision?: number): Promise<Rollout> {
    await this.get(tx, tenantId, id);
    await lockRolloutExclusive(tx, id);
    const rollout = await this.get(tx, tenantId, id);
    if (ifRevision !== undefined && ifRevision !== rollout.revision) throw new StaleError('rollout');
    return rollout;
  }

  async listInForce(sql: Sql, tenantId: string): Promise<Rollout[]> {
    const rows = await sql.query<RolloutRow>(
      `${SELECT} WHERE r.tenant_id = $1 AND r.state = ANY($2::text[]) ORDER BY r.priority DESC, r.started_at DESC, r.id DESC`,
      [tenantId, IN_FORCE],
    );
    return rows.map(rolloutOf);
  }

  /** Newest first; one more than asked for. */
  async list(tenantId: string, page: PageRequest): Promise<Rollout[]> {
    const rows = await this.database.query<RolloutRow>(
      `${SELECT} WHERE r.tenant_id = $1 AND ($2::bigint IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3`,
      [tenantId, page.after ?? null, page.limit + 1],
    );
    return rows.map(rolloutOf);
  }

  /** The salt is the rollout's own id, unless a predecessor's is named: its buckets are its own. @throws RolloutExistsError */
  async insert(tx: Sql, tenantId: string, rollout: NewRollout): Promise<string> {
    const columns = columnsOf(rollout);
    const names = Object.keys(columns);
    const [row] = await named(rollout.name, () =>
      tx.query<{ id: string }>(
        `INSERT INTO rollout (tenant_id, feed_id, created_by, salt, ${names.join(', ')})
       VALUES ($1, $2, $3, coalesce($4, ''), ${names.map((_name, at) => `$${at + 5}`).join(', ')}) RETURNING id`,
        [
          tenantId,
          rollout.feedId ?? null,
          rollout.createdBy,
          rollout.salt ?? null,
          ...Object.values(columns).map((value) => value ?? null),
        ],
      ),
    );
    if (row === undefined) throw new Error('an insert returned no row');
    await tx.query("UPDATE rollout SET salt = id::text WHERE tenant_id = $1 AND id = $2 AND salt = ''", [
      tenantId,
      row.id,
    ]);
    await this.layWaves(tx, tenantId, row.id, rollout.waves);
    return row.id;
  }

  /** All of the definition, of a rollout that no device was decided by. @throws RolloutExistsError */
  async redefine(
    tx: Sql,
    tenantId: string,
    id: string,
    rollout: RolloutDefinition & { feedId: string | undefined },
  ): Promise<void> {
    const columns = { ...columnsOf(rollout), feed_id: rollout.feedId, salt: rollout.salt ?? id };
    await named(rollout.name, () => this.update(tx, tenantId, id, columns));
    await tx.query('DELETE FROM rollout_wave WHERE tenant_id = $1 AND rollout_id = $2', [tenantId, id]);
    await this.layWaves(tx, tenantId, id, rollout.waves);
  }

  /** How far and how fast it goes; see {@link changeableIn}. @throws RolloutExistsError */
  async stretch(tx: Sql, tenantId: string, id: string, rollout: RolloutDefinition): Promise<void> {
    await named(rollout.name, () => this.update(tx, tenantId, id, columnsOf(rollout)));
    for (const { position, buckets, mostDevices } of rollout.waves) {
      await tx.query(
        `UPDATE rollout_wave SET buckets = $4, most_devices = $5
          WHERE tenant_id = $1 AND rollout_id = $2 AND position = $3`,
        [tenantId, id, position, buckets, mostDevices ?? null],
      );
    }
  }

  private async update(
    tx: Sql,
    tenantId: string,
    id: string,
    columns: Record<string, unknown>,
  ): Promise<void> {
    const sets = Object.keys(columns).map((name, at) => `${name} = $${at + 3}`);
    await tx.query(
      `UPDATE rollout SET revision = revision + 1, ${sets.join(', ')} WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, ...Object.values(columns).map((value) => value ?? null)],
    );
  }

  async remove(tx: Sql, tenantId: string, id: string): Promise<void> {
    await tx.query('DELETE FROM rollout WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
  }

  async isNameTaken(tx: Sql, tenantId: string, name: string): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM rollout WHERE tenant_id = $1 AND name = $2', [tenantId, name]);
    return rows.length > 0;
  }

  private async layWaves(tx: Sql, tenantId: string, id: string, waves: readonly Wave[]): Promise<void> {
    for (const { position, name, buckets, members, mostDevices, gate } of waves) {
      await tx.query(
        `INSERT INTO rollout_wave (tenant_id, rollout_id, position, name, buckets, member_ids, member_tags, member_filter,
                most_devices, success_share, failure_share, sample, soak_ms, is_manual)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
        [
          ...[tenantId, id, position, name ?? null, buckets],
          ...[members.controllerIds, members.tags, members.filter ?? null, mostDevices ?? null],
          ...[gate.successShare, gate.failureShare, gate.sample, gate.soakMs, gate.isManual],
        ],
      );
    }
  }

  async listUnfinishedOf(
    tx: Sql,
    tenantId: string,
    releaseId: string,
  ): Promise<{ id: string; state: RolloutState }[]> {
    return tx.query<{ id: string; state: RolloutState }>(
      `SELECT id, state FROM rollout WHERE tenant_id = $1 AND release_id = $2 AND state NOT IN ('aborted', 'closed')
        ORDER BY id`,
      [tenantId, releaseId],
    );
  }

  /** How many devices are in which state, by rollout and wave. */
  async countByState(tenantId: string, ids: readonly string[]): Promise<Map<string, RolloutCounts>> {
    const rows = await this.database.query<{
      rollout_id: string;
      wave: number;
      state: string;
      devices: string;
    }>(
      `SELECT rollout_id, wave, state, sum(devices) AS devices FROM rollout_tally
        WHERE tenant_id = $1 AND rollout_id = ANY($2::bigint[]) GROUP BY rollout_id, wave, state
       HAVING sum(devices) <> 0 ORDER BY rollout_id, wave, state`,
      [tenantId, ids],
    );
    const counts = new Map(ids.map((id) => [id, new RolloutCounts()]));
    for (const { rollout_id: id, wave, state, devices } of rows)
      counts.get(id)?.add(wave, state, Number(devices));
    return counts;
  }

  /** True while the rollout offers under exactly this plan. Its own statement: it must see what the locks waited for. */
  async isOffering(tx: Sql, tenantId: string, id: string, planRevision: bigint): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM tenant_plan p JOIN rollout r ON r.tenant_id = p.tenant_id
        WHERE p.tenant_id = $1 AND p.revision = $2 AND r.id = $3 AND r.state IN ('running', 'finished')`,
      [tenantId, planRevision.toString(), id],
    );
    return rows.length > 0;
  }
}

/** @throws RolloutExistsError when another rollout of the tenant has the name */
async function named<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (violatedConstraint(error) === 'rollout_name_unique') throw new RolloutExistsError(name);
    throw error;
  }
}

/** What the table's columns are called that a definition sets. */
function columnsOf(rollout: RolloutDefinition): Record<string, unknown> {
  const { pace, population, terms } = rollout;
  return {
    name: rollout.name,
    release_id: rollout.releaseId,
    filter: population.filter,
    reverts_rollout_id: population.revertsRolloutId,
    priority: rollout.priority,
    in_flight_cap: pace.inFlightCap,
    offers_per_minute: pace.offersPerMinute,
    ramp_start: pace.ramp?.startPerMinute,
    ramp_doubling_ms: pace.ramp?.doublingMs,
    most_devices: rollout.mostDevices,
    attempts: rollout.attempts,
    retry_backoff_ms: rollout.retryBackoffMs,
    allows_downgrade: rollout.allowsDowngrade,
    confirms: rollout.confirms,
    silent_polls: rollout.silentPolls,
    when_tripped: rollout.whenTripped,
    start_at: rollout.startAt,
    windows: JSON.stringify(rollout.windows),
    type: terms.type,
    force_at: terms.forceAt,
    needs_confirmation: terms.needsConfirmation,
  };
}
