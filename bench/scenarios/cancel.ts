import { cancelActions, updating } from '../fleets/updating';
import type { Scenario } from '../scenario';
import { auditEnds } from './audits';

/** The storm after an operator has called an update off. */
export const cancel: Scenario = {
  name: 'cancel',
  title: 'Cancel: a device reads that it is to give its update up, and acknowledges it (two requests)',
  unit: 'cancel',
  fleet: updating,
  devices: 100_000,
  conversation: 'cancels',
  takes: 'fleet',
  raw: ['get', 'post'],
  floor: 'cancel.sql',
  prepare: cancelActions,
  audit: (stage, units) => auditEnds(stage, 'cancelled', units),
};
