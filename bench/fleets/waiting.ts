import type { Fleet, Stage } from '../stage';
import { insertDevices } from './device-rows';

/** A fleet at version 1.0 that has not asked yet since a rollout of 2.0 was started: each next poll admits an action. */
export const waiting: Fleet = {
  name: 'waiting',
  seed: async ({ database, devices, management }: Stage) => {
    await management.rollOut('2.0');
    await insertDevices(database, devices);
  },
};

/** Nobody was ever offered anything. */
export async function forgetActions({ database }: Stage): Promise<void> {
  await database.inOneTransaction(async () => {
    for (const table of ['action', 'assignment', 'rollout_device', 'rollout_tally', 'device_attempt'])
      await database.query(`DELETE FROM ${table}`);
    await database.query('UPDATE rollout_lane SET in_flight = 0');
  });
  await database.settle();
}
