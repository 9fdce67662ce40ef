import { putActions, updating } from '../fleets/updating';
import { forgetActions, waiting } from '../fleets/waiting';
import type { Scenario } from '../scenario';
import { auditLog } from './audits';

/** The poll after the start of a rollout: it leads to a transaction that makes an action. */
export const admission: Scenario = {
  name: 'admission',
  title: 'Admission: the root poll at which an offer is made, with its action, slot and counters',
  unit: 'poll',
  fleet: waiting,
  devices: 100_000,
  conversation: 'admissions',
  takes: 'fleet',
  raw: ['get'],
  floor: 'admission.sql',
  prepare: forgetActions,
  audit: (stage, units) => auditLog(stage, 'offered', units),
};

/** Polls until the device fetches what it was offered: each time the offer is judged once more. */
export const pollWithOffer: Scenario = {
  name: 'poll-with-offer',
  title: 'Poll with an offer: a root poll of a device that was offered an update and has not fetched it',
  unit: 'poll',
  fleet: updating,
  devices: 100_000,
  conversation: 'offered-polls',
  raw: ['get'],
  floor: 'poll.sql',
  prepare: (stage) => putActions(stage, 'offered'),
};

/** The first look at an offer: judged under the plan's lock and marked as retrieved. */
export const deployment: Scenario = {
  name: 'deployment',
  title: 'deploymentBase: the first GET of an offer, which marks it as retrieved',
  unit: 'deployment',
  fleet: updating,
  devices: 100_000,
  conversation: 'first-deployments',
  takes: 'fleet',
  raw: ['get'],
  floor: 'feedback.sql',
  prepare: (stage) => putActions(stage, 'offered'),
};

/** Agents look again at each poll while they work. */
export const deploymentAgain: Scenario = {
  ...deployment,
  name: 'deployment-again',
  title: 'deploymentBase once more: a GET of what was retrieved before, which writes nothing',
  conversation: 'deployments',
  takes: undefined,
  floor: 'deployment.sql',
  prepare: (stage) => putActions(stage, 'retrieved'),
};
