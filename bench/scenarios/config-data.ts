import { resting } from '../fleets/resting';
import type { Scenario } from '../scenario';

/** What agents send at each start, whether it has changed or not. */
export const configData: Scenario = {
  name: 'config-data',
  title: 'configData: attributes of which one has changed, the version not among them',
  unit: 'report',
  fleet: resting,
  devices: 100_000,
  conversation: 'config-data',
  raw: ['post'],
  floor: 'config-data.sql',
};
