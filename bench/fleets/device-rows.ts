import type { BenchDatabase } from '../database';
import { controllerIdSql } from '../devices';

/**
 * Devices on the default feed, all at version 1.0 and with an address they were last seen at. Half is of the model
 * "board-even", half of "board-odd". In random order, as devices come in over the months: neighbours by name are not
 * neighbours on disk.
 */
export async function insertDevices(database: BenchDatabase, devices: number): Promise<void> {
  await database.query(DEVICES, [devices]);
  await database.query(PRESENCE);
}

const DEVICES = `
  INSERT INTO device (tenant_id, controller_id, feed_id, attributes, attributes_at, wants_attributes,
         reported_model, reported_revision, installed_version, is_version_reported, created_by)
  SELECT f.tenant_id, ${controllerIdSql('n')}, f.id,
         jsonb_build_object('hw_model', model, 'hw_revision', '4.2', 'version', '1.0',
                            'serial', md5(n::text), 'kernel', '6.1.0-21-arm64', 'site', 'hall ' || n % 50),
         now(), false, model, '4.2', '1.0', true, 'plug-and-play'
    FROM (SELECT n, CASE n % 2 WHEN 0 THEN 'board-even' ELSE 'board-odd' END AS model
            FROM generate_series(1, $1::int) AS n ORDER BY random()) AS numbered
    JOIN feed f ON f.tenant_id = 1 AND f.is_default`;

const PRESENCE = `
  INSERT INTO device_presence (device_id, tenant_id, last_seen_at, address, user_agent)
  SELECT id, tenant_id, now() - interval '5 minutes', '127.0.0.1', 'rookery-bench' FROM device`;
