import type { Fleet, Stage } from '../stage';
import { TALLY, updating } from './updating';

/** A fleet that a rollout has updated to 2.0, all of it: the action of device n has the id n, and the device knows it. */
export const installed: Fleet = {
  name: 'installed',
  seed: async (stage: Stage) => {
    const { database } = stage;
    await updating.seed(stage);
    await database.inOneTransaction(async () => {
      for (const text of [
        ACTIONS,
        "UPDATE rollout_device SET state = 'confirmed'",
        'DELETE FROM rollout_tally',
      ])
        await database.query(text);
      for (const text of [TALLY, LANES, DEVICES, ATTEMPTS]) await database.query(text);
    });
  },
};

const ACTIONS = `
  UPDATE action SET state = 'confirmed', is_exposed = false, has_proof = true, retrieved_at = now(),
         ended_at = now(), ended_by = 'device', device_verdict = 'success'`;

const LANES = 'UPDATE rollout_lane SET in_flight = 0';

const DEVICES = `
  UPDATE device d SET installed_version = '2.0', installed_release_id = a.release_id, installed_action_id = a.id,
         installed_at = now(), attributes = d.attributes || '{"version": "2.0"}'
    FROM action a WHERE a.device_id = d.id`;

const ATTEMPTS = `
  INSERT INTO device_attempt (device_id, tenant_id, origin, attempts)
  SELECT device_id, tenant_id, origin, 1 FROM action`;
