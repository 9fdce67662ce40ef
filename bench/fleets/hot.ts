import type { Fleet, Stage } from '../stage';
import { insertDevices } from './device-rows';
import { LANES, TALLY } from './updating';

/** As many as may be: the cap is counted, and never reached. */
const CAP = 1_000_000;

/** A fleet at version 1.0 and one rollout of 2.0 that counts all of it: with a cap, and with a gate that judges every failure. */
export const hot: Fleet = {
  name: 'hot',
  seed: async ({ database, devices, management }: Stage) => {
    await management.rollOut('2.0', { inFlightCap: CAP });
    await insertDevices(database, devices);
  },
};

/** Every device under way, in the middle of its download; the action of device n has the id n. */
export async function startAll({ database, devices }: Stage): Promise<void> {
  await database.inOneTransaction(async () => {
    for (const table of ['action', 'rollout_device', 'rollout_tally', 'device_attempt'])
      await database.query(`DELETE FROM ${table}`);
    await database.query(UNDER_WAY);
    await database.query(`SELECT setval(pg_get_serial_sequence('action', 'id'), $1)`, [devices]);
    await database.query(TALLY);
    await database.query(LANES);
    await database.query(
      `UPDATE device SET installed_version = '1.0', is_version_reported = true, wants_attributes = false,
              installed_release_id = NULL, installed_action_id = NULL
        WHERE installed_version <> '1.0' OR NOT is_version_reported OR wants_attributes OR installed_action_id IS NOT NULL`,
    );
  });
  await database.settle();
}

const UNDER_WAY = `
  WITH made AS (
    INSERT INTO action (id, tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state,
           is_exposed, previous_version, log_count, has_proof, retrieved_at)
    OVERRIDING SYSTEM VALUE
    SELECT right(d.controller_id, 8)::bigint, d.tenant_id, d.id, d.controller_id, r.release_id, 'rollout:' || r.id,
           r.id, 1, d.id % 16, 'downloading', true, '1.0', 1, true, now()
      FROM device d JOIN rollout r ON r.tenant_id = d.tenant_id AND r.state = 'running'
    RETURNING id, tenant_id, device_id, rollout_id, wave, lane, state)
  INSERT INTO rollout_device (rollout_id, tenant_id, device_id, wave, lane, action_id, state)
  SELECT rollout_id, tenant_id, device_id, wave, lane, id, state FROM made`;
