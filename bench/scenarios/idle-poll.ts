import { installed } from '../fleets/installed';
import { resting } from '../fleets/resting';
import type { Scenario } from '../scenario';

/** Devices that ask and are told "nothing new": almost all that an update server ever does. */
export const idlePoll: Scenario = {
  name: 'idle-poll',
  title: 'Idle poll: a root poll of a registered device with a gateway token, and nothing to do',
  unit: 'poll',
  fleet: resting,
  devices: 100_000,
  conversation: 'idle-polls',
  raw: ['get'],
  floor: 'poll.sql',
  wrk: 'idle-polls.lua',
  aim: { what: 'ratio', most: 3 },
};

/** All of Postgres in its own memory. */
export const idlePollOf100: Scenario = {
  ...idlePoll,
  name: 'idle-poll-100',
  title: 'Idle poll of a fleet of 100',
  devices: 100,
};

/** The fleet that the server has to bear. */
export const idlePollOf1m: Scenario = {
  ...idlePoll,
  name: 'idle-poll-1m',
  title: 'Idle poll of a fleet of 1 000 000',
  devices: 1_000_000,
};

/** Most of a real fleet was updated before, and is told by what at each poll. */
export const idlePollInstalled: Scenario = {
  ...idlePoll,
  name: 'idle-poll-installed',
  title:
    'Idle poll of devices that were all updated before: with an attempt on record and a link to installedBase',
  fleet: installed,
  conversation: 'installed-polls',
};
