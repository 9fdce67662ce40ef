import type { BenchDatabase } from '../database';
import type { Fleet, Stage } from '../stage';
import { insertDevices } from './device-rows';

/**
 * A fleet at rest, all of it at version 1.0. Half is of the model that a running rollout of 1.0 is for, and was updated
 * by it: each of their polls walks through the rules up to "already installed". The other half is of another model. One
 * device in twenty has an ended attempt on record.
 */
export const resting: Fleet = {
  name: 'resting',
  seed: async ({ database, devices }: Stage) => {
    await database.inOneTransaction(async () => {
      const rollout = await insertRollout(database);
      await insertDevices(database, devices);
      await database.query(UPDATED, [rollout]);
      await database.query(ATTEMPTS, [rollout]);
      await database.query('UPDATE tenant_plan SET revision = revision + 1');
    });
  },
};

/** By SQL, since it has no artifact: nothing is ever offered. */
async function insertRollout(database: BenchDatabase): Promise<string> {
  const { id } = await database.one<{ id: string }>(
    `WITH made AS (
       INSERT INTO release (tenant_id, name, version, hardware, digest, created_by)
       VALUES (1, 'bench', '1.0', '[{"model": "board-even", "revision": "*"}]', 'bench', 'bench') RETURNING id)
     INSERT INTO rollout (tenant_id, name, feed_id, release_id, state, salt, started_at, created_by)
     SELECT 1, 'bench', f.id, made.id, 'running', 'bench', now(), 'bench' FROM made, feed f
      WHERE f.tenant_id = 1 AND f.is_default RETURNING id`,
  );
  await database.query('INSERT INTO rollout_wave VALUES ($1, 1, 1, 10000)', [id]);
  await database.query(
    `INSERT INTO rollout_lane (rollout_id, tenant_id, lane, cap)
     SELECT $1, 1, lane, 1 << 30 FROM generate_series(0, 15) AS lane`,
    [id],
  );
  return id;
}

const UPDATED = `
  WITH ended AS (
    INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state,
           is_exposed, has_proof, ended_by, device_verdict, ended_at)
    SELECT d.tenant_id, d.id, d.controller_id, r.release_id, 'rollout:' || r.id, r.id, 1, d.id % 16, 'confirmed',
           false, true, 'device', 'success', now()
      FROM device d JOIN rollout r ON r.id = $1 AND r.tenant_id = d.tenant_id
     WHERE d.reported_model = 'board-even'
    RETURNING id, tenant_id, device_id, rollout_id, wave, lane, state),
  slots AS (
    INSERT INTO rollout_device (rollout_id, tenant_id, device_id, wave, lane, action_id, state)
    SELECT rollout_id, tenant_id, device_id, wave, lane, id, state FROM ended)
  INSERT INTO rollout_tally (rollout_id, tenant_id, wave, lane, state, devices)
  SELECT rollout_id, tenant_id, wave, lane, state, count(*) FROM ended GROUP BY 1, 2, 3, 4, 5`;

const ATTEMPTS = `
  INSERT INTO device_attempt (device_id, tenant_id, origin, attempts)
  SELECT id, tenant_id, 'rollout:' || $1::bigint, 1 FROM device WHERE id % 20 = 0`;
