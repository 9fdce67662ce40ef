import { resting } from '../fleets/resting';
import type { Scenario } from '../scenario';

/** The storm when a batch of new devices is switched on behind one gateway. */
export const firstContact: Scenario = {
  name: 'first-contact',
  title: 'First contact: a root poll of a device never seen before, which registers it (plug and play)',
  unit: 'device',
  fleet: resting,
  devices: 100_000,
  conversation: 'first-contacts',
  takes: 'newcomers',
  raw: ['get'],
  floor: 'registration.sql',
  audit: async ({ database, devices }, units) => {
    const { made } = await database.one<{ made: number }>(
      `SELECT count(*)::float8 AS made FROM device WHERE controller_id LIKE 'bench-%'`,
    );
    if (made !== devices + units)
      throw new Error(`${units} devices were answered, ${made - devices} are there`);
  },
};
