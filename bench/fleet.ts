import type { BenchDatabase } from './database';

const DIGITS = 8;

/** The devices of the bench are numbered from 1. */
export function controllerIdOf(number: number): string {
  return `bench-${String(number).padStart(DIGITS, '0')}`;
}

/**
 * A fleet at rest on the default feed, all of it at version 1.0. Half is of the model that a running rollout of 1.0 is
 * for, and was updated by it: each of their polls walks through the rules up to "already installed". The other half is
 * of another model. One device in twenty has an ended attempt on record.
 */
export async function seedRestingFleet(database: BenchDatabase, devices: number): Promise<void> {
  await database.query('BEGIN');
  const { tenant, feed } = await database.one<{ tenant: string; feed: string }>(
    `SELECT t.id AS tenant, f.id AS feed FROM tenant t JOIN feed f ON f.tenant_id = t.id AND f.is_default
      WHERE t.key = 'DEFAULT'`,
  );
  const rollout = await seedRollout(database, tenant, feed);
  await database.query(DEVICES, [tenant, feed, devices, DIGITS]);
  await database.query(PRESENCE, [tenant]);
  await database.query(UPDATED, [tenant, rollout]);
  await database.query(ATTEMPTS, [tenant, rollout]);
  await database.query('UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = $1', [tenant]);
  await database.query('COMMIT');
  await database.query('VACUUM ANALYZE');
  await database.query('CHECKPOINT');
}

async function seedRollout(database: BenchDatabase, tenant: string, feed: string): Promise<string> {
  const release = await database.one<{ id: string }>(
    `INSERT INTO release (tenant_id, name, version, hardware, digest, created_by)
     VALUES ($1, 'bench', '1.0', '[{"model": "board-even", "revision": "*"}]', 'bench', 'bench') RETURNING id`,
    [tenant],
  );
  const { id } = await database.one<{ id: string }>(
    `INSERT INTO rollout (tenant_id, name, feed_id, release_id, state, salt, started_at, created_by)
     VALUES ($1, 'bench', $2, $3, 'running', 'bench', now(), 'bench') RETURNING id`,
    [tenant, feed, release.id],
  );
  await database.query('INSERT INTO rollout_wave VALUES ($1, $2, 1, 10000)', [id, tenant]);
  await database.query(
    `INSERT INTO rollout_lane (rollout_id, tenant_id, lane, cap)
     SELECT $1, $2, lane, 1 << 30 FROM generate_series(0, 15) AS lane`,
    [id, tenant],
  );
  return id;
}

/** In random order, as devices come in over the months: neighbours by name are not neighbours on disk. */
const DEVICES = `
  INSERT INTO device (tenant_id, controller_id, feed_id, attributes, attributes_at, wants_attributes,
         reported_model, reported_revision, installed_version, is_version_reported, created_by)
  SELECT $1, 'bench-' || lpad(n::text, $4, '0'), $2,
         jsonb_build_object('hardware_model', model, 'hardware_revision', '4.2', 'version', '1.0',
                            'serial', md5(n::text), 'kernel', '6.1.0-21-arm64', 'site', 'hall ' || n % 50),
         now(), false, model, '4.2', '1.0', true, 'plug-and-play'
    FROM (SELECT n, CASE n % 2 WHEN 0 THEN 'board-even' ELSE 'board-odd' END AS model
            FROM generate_series(1, $3::int) AS n ORDER BY random()) AS numbered`;

const PRESENCE = `
  INSERT INTO device_presence (device_id, tenant_id, last_seen_at, address, user_agent)
  SELECT id, tenant_id, now() - interval '5 minutes', '127.0.0.1', 'rookery-bench' FROM device WHERE tenant_id = $1`;

const UPDATED = `
  WITH ended AS (
    INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state,
           is_exposed, has_proof, ended_by, device_verdict, ended_at)
    SELECT d.tenant_id, d.id, d.controller_id, r.release_id, 'rollout:' || r.id, r.id, 1, d.id % 16, 'confirmed',
           false, true, 'device', 'success', now()
      FROM device d JOIN rollout r ON r.id = $2 AND r.tenant_id = d.tenant_id
     WHERE d.tenant_id = $1 AND d.reported_model = 'board-even'
    RETURNING id, tenant_id, device_id, rollout_id, wave, lane, state),
  slots AS (
    INSERT INTO rollout_device (rollout_id, tenant_id, device_id, wave, lane, action_id, state)
    SELECT rollout_id, tenant_id, device_id, wave, lane, id, state FROM ended)
  INSERT INTO rollout_tally (rollout_id, tenant_id, wave, lane, state, devices)
  SELECT rollout_id, tenant_id, wave, lane, state, count(*) FROM ended GROUP BY 1, 2, 3, 4, 5`;

const ATTEMPTS = `
  INSERT INTO device_attempt (device_id, tenant_id, origin, attempts)
  SELECT id, tenant_id, 'rollout:' || $2::bigint, 1 FROM device WHERE tenant_id = $1 AND id % 20 = 0`;
