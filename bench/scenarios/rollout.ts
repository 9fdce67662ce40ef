import { deciding } from '../asides/deciding';
import { rounds } from '../asides/rounds';
import { scans } from '../asides/scans';
import { verbs } from '../asides/verbs';
import { hot, startAll } from '../fleets/hot';
import { forgetActions, waiting } from '../fleets/waiting';
import type { Scenario } from '../scenario';
import { auditEnds, auditLog } from './audits';

/** Many replicas' worth of devices on the few rows of one rollout. */
const CONNECTIONS = 40;

/** What an operator says costs the same whatever the fleet is: a rollout is a rule, not a list. */
export const rolloutVerbs: Scenario = {
  name: 'rollout-verbs-10k',
  title: 'Rollout made, started, paused and closed (four requests), in a fleet of 10 000',
  unit: 'rollout',
  fleet: waiting,
  devices: 10_000,
  connections: 1,
  conversation: 'rollout-verbs',
  raw: ['post', 'post', 'post', 'post'],
  floor: 'rollout-verbs.sql',
  asides: [verbs],
  audit: async ({ database }, units) => {
    const { closed } = await database.one<{ closed: number }>(
      `SELECT count(*)::float8 AS closed FROM event WHERE kind = 'rollout.close'`,
    );
    if (closed < units) throw new Error(`${units} were answered, but ${closed} rollouts were closed`);
  },
};

export const rolloutVerbsOf100k: Scenario = {
  ...rolloutVerbs,
  name: 'rollout-verbs-100k',
  title: 'The same in a fleet of 100 000',
  devices: 100_000,
};

export const rolloutVerbsOf1m: Scenario = {
  ...rolloutVerbs,
  name: 'rollout-verbs-1m',
  title: 'The same in a fleet of 1 000 000',
  devices: 1_000_000,
  asides: [verbs, scans, rounds],
};

/** All at once on one rollout with a cap. */
export const rolloutAdmission: Scenario = {
  name: 'rollout-admission',
  title:
    'Admission on one hot rollout with a cap: the root poll at which an offer is made, by 40 connections',
  unit: 'poll',
  fleet: hot,
  devices: 100_000,
  connections: CONNECTIONS,
  conversation: 'admissions',
  takes: 'fleet',
  raw: ['get'],
  floor: 'admission.sql',
  prepare: forgetActions,
  audit: (stage, units) => auditLog(stage, 'offered', units),
};

/** Each tells how far it is, as agents do many times before they are done. */
export const rolloutFeedback: Scenario = {
  ...rolloutAdmission,
  name: 'rollout-feedback',
  title: 'Feedback on one hot rollout with a cap: "proceeding" on an open action, by 40 connections',
  unit: 'report',
  conversation: 'feedbacks',
  takes: undefined,
  raw: ['post'],
  floor: 'feedback.sql',
  prepare: startAll,
  audit: (stage, units) => auditLog(stage, 'proceeding', units),
};

/** And all of them done. */
export const rolloutClosing: Scenario = {
  ...rolloutAdmission,
  name: 'rollout-closing',
  title:
    'Success on one hot rollout with a cap and a gate: the report that ends an action, by 40 connections',
  unit: 'report',
  conversation: 'closings',
  raw: ['post'],
  floor: 'closing.sql',
  asides: [deciding],
  prepare: startAll,
  audit: (stage, units) => auditEnds(stage, 'confirmed', units),
};
