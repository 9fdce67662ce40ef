import type { Stage } from '../stage';
import { LANES, TALLY } from './updating';

/**
 * The running rollout has admitted so many devices: three of four are updated and watched (all were heard of just now), one of five is
 * under way, one of twenty failed. All is well as far as its gate is concerned, and it soaks for a day.
 */
export async function membersOf({ database }: Stage, members: number): Promise<void> {
  await database.inOneTransaction(async () => {
    for (const table of ['action', 'rollout_device', 'rollout_tally', 'device_attempt'])
      await database.query(`DELETE FROM ${table}`);
    await database.query(`UPDATE rollout SET silent_polls = 3 WHERE state = 'running'`);
    await database.query(
      `UPDATE rollout_wave SET soak_since = now() - interval '1 hour', soak_ms = 86400000, failure_share = 10000,
              success_share = 0`,
    );
    await database.query(ADMITTED, [members]);
    await database.query(TALLY);
    await database.query(LANES);
    await database.query('UPDATE device_presence SET last_seen_at = now()');
    // Silence is looked for the more often, the more often devices poll.
    await database.query(`UPDATE tenant_settings SET polling = '00:01:00'`);
    await database.query('UPDATE tenant_plan SET revision = revision + 1');
  });
  await database.settle();
}

const ADMITTED = `
  WITH picked AS (
    SELECT id, tenant_id, controller_id, n, CASE WHEN n % 20 = 0 THEN 'failed' WHEN n % 5 = 1 THEN 'downloading'
             ELSE 'confirmed' END AS state
      FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM device ORDER BY id LIMIT $1) d),
  made AS (
    INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state, is_exposed,
           previous_version, log_count, has_proof, retrieved_at, ended_at, ended_by, due_at, give_up_at)
    SELECT p.tenant_id, p.id, p.controller_id, r.release_id, 'rollout:' || r.id, r.id, 1, p.id % 16, p.state,
           p.state = 'downloading', '1.0', 1, true, now() - interval '90 minutes',
           CASE WHEN p.state <> 'downloading' THEN now() - interval '1 hour' END,
           CASE WHEN p.state <> 'downloading' THEN 'device' END,
           CASE WHEN p.state = 'downloading' THEN now() + interval '1 hour' + p.n * interval '10 ms' END,
           CASE WHEN p.state = 'downloading' THEN now() + interval '2 days' END
      FROM picked p JOIN rollout r ON r.tenant_id = p.tenant_id AND r.state = 'running'
    RETURNING id, tenant_id, device_id, rollout_id, wave, lane, state, ended_at)
  INSERT INTO rollout_device (rollout_id, tenant_id, device_id, wave, lane, action_id, state, settled_at, watch_at)
  SELECT rollout_id, tenant_id, device_id, wave, lane, id, state, ended_at,
         CASE WHEN state = 'confirmed' THEN now() + random() * interval '15 minutes' END
    FROM made`;
