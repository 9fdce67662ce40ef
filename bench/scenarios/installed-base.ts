import { installed } from '../fleets/installed';
import type { Scenario } from '../scenario';

/** What agents read after a restart, to know what they run. */
export const installedBase: Scenario = {
  name: 'installed-base',
  title: 'installedBase: a GET of what the device was updated by, as JSON',
  unit: 'request',
  fleet: installed,
  devices: 100_000,
  conversation: 'installed-bases',
  raw: ['get'],
  floor: 'deployment.sql',
};

/** What the other representation costs. */
export const installedBaseAsCbor: Scenario = {
  ...installedBase,
  name: 'installed-base-cbor',
  title: 'installedBase: the same as CBOR',
  conversation: 'installed-bases-as-cbor',
};
