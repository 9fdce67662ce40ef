import type { Sql } from '../../src/platform/database/database';
import { lockRolloutExclusive } from '../../src/platform/database/locks';
import type { Action } from '../../src/modules/actions/action/action';
import { bucketOf } from '../../src/modules/rollouts/rollout/bucket';
import { RolloutProgressRepository } from '../../src/modules/rollouts/gates/rollout-progress.repository';
import type { CountedRollout } from '../../src/modules/rollouts/rollouts.service';
import { TenantsService } from '../../src/modules/tenants/tenants.service';
import { OutcomesService } from '../../src/modules/updates/outcomes/outcomes.service';
import type { DdiDevice } from './ddi-device';
import { type Fleet } from './fleet';

/** Columns of `rollout_wave`; what is left out is as it is for a rollout about which nothing was said. */
export interface WaveColumns {
  readonly buckets?: number;
  readonly member_ids?: readonly string[];
  readonly failure_share?: number;
  readonly success_share?: number;
  readonly sample?: number;
  readonly soak_ms?: number;
  readonly is_manual?: boolean;
}

/** A rollout with gates, its release and the devices that it means: all of a model of their own. */
export class GatedRollout {
  private constructor(
    readonly fleet: Fleet,
    readonly model: string,
    readonly id: string,
    readonly releaseId: string,
  ) {}

  /** Running, unless `columns` of the rollout say otherwise. */
  static async made(
    fleet: Fleet,
    model: string,
    {
      waves = [{}],
      columns = {},
    }: { waves?: readonly WaveColumns[]; columns?: Record<string, unknown> } = {},
  ): Promise<GatedRollout> {
    const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*` });
    const wish = { name: model, feed: 'default', releaseId, confirms: 'report' as const };
    const { id } = await fleet.rollouts.create(fleet.actor, wish);
    // Before it has the waves of the test, whose devices are not there yet.
    if (columns['state'] === undefined) await fleet.rollouts.tell(fleet.actor, id, 'start');
    await fleet.rookery.app.get(TenantsService).changePlan('1', (tx) => relaid(tx, id, { waves, columns }));
    return new GatedRollout(fleet, model, id, releaseId);
  }

  async devices(count: number, prefix = 'd'): Promise<DdiDevice[]> {
    const names = Array.from({ length: count }, (_unused, n) => `${this.model}-${prefix}${n}`);
    return Promise.all(names.map((name) => this.fleet.registered(name, { board: this.model })));
  }

  /** Devices whose buckets lie in a part of all 10 000. */
  async devicesIn(from: number, to: number, count: number): Promise<DdiDevice[]> {
    const names: string[] = [];
    for (let n = 0; names.length < count; n += 1) {
      const bucket = bucketOf(this.id, `${this.model}-b${n}`);
      if (bucket >= from && bucket < to) names.push(`${this.model}-b${n}`);
    }
    return Promise.all(names.map((name) => this.fleet.registered(name, { board: this.model })));
  }

  async read(): Promise<CountedRollout> {
    return this.fleet.rollouts.get(this.fleet.actor, this.id);
  }

  async state(): Promise<string> {
    return (await this.read()).state;
  }

  /** An operator has looked at it and goes on. */
  async resume(): Promise<void> {
    const { app } = this.fleet.rookery;
    await app.get(TenantsService).changePlan('1', async (tx) => {
      await lockRolloutExclusive(tx, this.id);
      await app.get(RolloutProgressRepository).acknowledge(tx, '1', this.id);
      await tx.query(`UPDATE rollout SET state = 'running' WHERE id = $1`, [this.id]);
    });
  }

  /** The server gives the action up. */
  async timeOut(actionId: string): Promise<void> {
    const { app, database } = this.fleet.rookery;
    const outcomes = app.get(OutcomesService);
    const action: Action = await this.fleet.actions.get(this.fleet.actor, actionId);
    await database.transaction(async (tx) => {
      await outcomes.lock(tx, action, 'timed-out');
      await tx.query(
        `UPDATE action SET state = 'timed-out', ended_by = 'server', ended_at = now(), is_exposed = false
          WHERE tenant_id = 1 AND id = $1`,
        [actionId],
      );
      await outcomes.count(tx, '1', action, { to: 'timed-out', isCorrection: false });
    });
  }

  async events(kind: string): Promise<Record<string, unknown>[]> {
    const rows = await this.fleet.rookery.database.query<{ detail: Record<string, unknown> }>(
      `SELECT detail FROM event WHERE tenant_id = 1 AND kind = $1 AND subject IN ($2, $3) ORDER BY id`,
      [kind, `rollout:${this.id}`, `release:${this.releaseId}`],
    );
    return rows.map((row) => row.detail);
  }

  async planRevision(): Promise<number> {
    const [row] = await this.fleet.rookery.database.query<{ revision: string }>(
      'SELECT revision FROM tenant_plan WHERE tenant_id = 1',
    );
    return Number(row?.revision);
  }

  async release(): Promise<{ isWithdrawn: boolean; withdrawnBy: string | undefined }> {
    const { isWithdrawn, withdrawnBy } = await this.fleet.releases.get('1', this.releaseId);
    return { isWithdrawn, withdrawnBy };
  }

  /** Tallies and places by (wave, lane, state), which must be the same. */
  async books(): Promise<{ tallied: unknown; placed: unknown }> {
    const { database } = this.fleet.rookery;
    const tallied = await database.query(
      `SELECT wave, lane, state, devices FROM rollout_tally WHERE rollout_id = $1 AND devices <> 0 ORDER BY 1, 2, 3`,
      [this.id],
    );
    const placed = await database.query(
      `SELECT wave, lane, state, count(*)::int AS devices FROM rollout_device WHERE rollout_id = $1
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      [this.id],
    );
    return { tallied, placed };
  }
}

async function relaid(
  tx: Sql,
  id: string,
  { waves, columns }: { waves: readonly WaveColumns[]; columns: Record<string, unknown> },
): Promise<void> {
  await tx.query('DELETE FROM rollout_wave WHERE rollout_id = $1', [id]);
  for (const [index, wave] of waves.entries()) {
    const all = { buckets: 10_000, success_share: 9000, failure_share: 2500, sample: 20, ...wave };
    const names = Object.keys(all);
    await tx.query(
      `INSERT INTO rollout_wave (tenant_id, rollout_id, position, ${names.join(', ')})
       VALUES (1, $1, $2, ${names.map((_name, at) => `$${at + 3}`).join(', ')})`,
      [id, index + 1, ...Object.values(all)],
    );
  }
  for (const [name, value] of Object.entries(columns))
    await tx.query(`UPDATE rollout SET ${name} = $2 WHERE id = $1`, [id, value]);
}

export async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (const item of items) await work(item);
}
