import { forgetActions, waiting } from '../fleets/waiting';
import type { Scenario } from '../scenario';
import { auditLog } from './audits';

/** An operator, or a script of his, that picks devices by hand: no plan and no poll in between. */
export const assignment: Scenario = {
  name: 'assignment',
  title: 'Assignment: one release for 1 000 devices that have nothing to do, by the management API',
  unit: 'device',
  fleet: waiting,
  devices: 100_000,
  connections: 4,
  conversation: 'assignments',
  takes: 'fleet',
  unitsPerRequest: 1000,
  raw: ['names'],
  floor: 'assignment.sql',
  prepare: forgetActions,
  audit: (stage, units) => auditLog(stage, 'assigned', units),
};
