import { isUnretrieved, type ActionState } from '../../src/modules/actions/action/action';
import { LARGE_ARTIFACT_BYTES } from '../artifact';
import type { Fleet, Stage } from '../stage';
import { insertDevices } from './device-rows';

/** A fleet at version 1.0 to all of which a running rollout has offered 2.0. The action of device n has the id n. */
export const updating: Fleet = {
  name: 'updating',
  seed: async ({ database, devices, management }: Stage) => {
    const { rolloutId } = await management.rollOut('2.0');
    await database.inOneTransaction(async () => {
      await insertDevices(database, devices);
      await database.query(OFFERED, [rolloutId]);
      await database.query(`SELECT setval(pg_get_serial_sequence('action', 'id'), $1)`, [devices]);
      await database.query(TALLY);
      await database.query(LANES);
    });
  },
};

/** The same with a large artifact. */
export const updatingLarge: Fleet = {
  ...updating,
  name: 'updating-large',
  artifactBytes: LARGE_ARTIFACT_BYTES,
};

/** Puts every action of the fleet, ended ones too, and what is counted of it, to an open `state` with the device at 1.0. */
export async function putActions({ database }: Stage, state: ActionState): Promise<void> {
  const isFetched = !isUnretrieved(state);
  await database.inOneTransaction(async () => {
    await database.query(PUT_ACTIONS, [state, isFetched, isFetched && state !== 'retrieved']);
    await database.query('UPDATE rollout_device SET state = $1', [state]);
    await database.query('DELETE FROM rollout_tally');
    await database.query(TALLY);
    await database.query(LANES);
    await database.query('DELETE FROM device_attempt');
    await database.query(
      `UPDATE device SET installed_version = '1.0', is_version_reported = true, wants_attributes = false,
              installed_release_id = NULL, installed_action_id = NULL
        WHERE installed_version <> '1.0' OR NOT is_version_reported OR wants_attributes OR installed_action_id IS NOT NULL`,
    );
  });
  await database.settle();
}

/** Asks every device to give its update up in the middle of the download; none has read that yet. */
export async function cancelActions(stage: Stage): Promise<void> {
  await stage.database.query("DELETE FROM action_log WHERE status = 'cancel-retrieved'");
  await putActions(stage, 'cancelling');
}

const OFFERED = `
  WITH offered AS (
    INSERT INTO action (id, tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state,
           is_exposed, previous_version, log_count)
    OVERRIDING SYSTEM VALUE
    SELECT right(d.controller_id, 8)::bigint, d.tenant_id, d.id, d.controller_id, r.release_id, 'rollout:' || r.id,
           r.id, 1, d.id % 16, 'offered', true, '1.0', 1
      FROM device d JOIN rollout r ON r.id = $1 AND r.tenant_id = d.tenant_id
    RETURNING id, tenant_id, device_id, rollout_id, wave, lane, state),
  logged AS (
    INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
    SELECT tenant_id, id, 1, 'server', 'offered', ARRAY['Offered on account of rollout:' || rollout_id || '.']
      FROM offered)
  INSERT INTO rollout_device (rollout_id, tenant_id, device_id, wave, lane, action_id, state)
  SELECT rollout_id, tenant_id, device_id, wave, lane, id, state FROM offered`;

const PUT_ACTIONS = `
  UPDATE action SET state = $1, has_proof = $3, is_exposed = true, ended_by = NULL, ended_at = NULL,
         device_verdict = NULL, retrieved_at = CASE WHEN $2 THEN now() END,
         needs_confirmation = $1 = 'awaiting-confirmation', cancel_from = CASE $1 WHEN 'cancelling' THEN 'downloading' END
   WHERE state <> $1 OR has_proof <> $3 OR NOT is_exposed OR needs_confirmation`;

/** Counts all devices of the rollout anew, of which nothing is counted yet. */
export const TALLY = `
  INSERT INTO rollout_tally (rollout_id, tenant_id, wave, lane, state, devices)
  SELECT rollout_id, tenant_id, wave, lane, state, count(*) FROM rollout_device GROUP BY 1, 2, 3, 4, 5`;

/** And the slots that they hold. */
export const LANES = `
  UPDATE rollout_lane l SET in_flight = (SELECT count(*) FROM rollout_device d
   WHERE d.rollout_id = l.rollout_id AND d.lane = l.lane)`;
