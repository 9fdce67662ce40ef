import { waiting } from '../fleets/waiting';
import type { Scenario } from '../scenario';

/** Everything that one device costs, from being switched on to running the new version. */
export const wholeUpdate: Scenario = {
  name: 'whole-update',
  title: 'Whole update: from a first contact to the idle poll at the new version, with an artifact of 1 MiB',
  unit: 'update',
  fleet: waiting,
  devices: 100_000,
  conversation: 'whole-updates',
  takes: 'newcomers',
  // Poll, attributes, poll, deployment, report, artifact, three reports, poll, attributes, poll.
  raw: ['get', 'post', 'get', 'get', 'post', 'file', 'post', 'post', 'post', 'get', 'post', 'get'],
  floor: 'whole-update.sql',
  audit: async ({ database }, units) => {
    const { confirmed } = await database.one<{ confirmed: number }>(
      `SELECT count(*)::float8 AS confirmed FROM action a JOIN device d ON d.id = a.device_id
        WHERE a.state = 'confirmed' AND d.installed_version = '2.0' AND d.is_version_reported`,
    );
    if (confirmed !== units) throw new Error(`${units} updates were done, ${confirmed} are confirmed`);
  },
};
