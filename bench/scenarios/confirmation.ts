import { putActions, updating } from '../fleets/updating';
import type { Scenario } from '../scenario';
import { auditLog } from './audits';

/** Where users are asked before their devices are updated. */
export const confirmation: Scenario = {
  name: 'confirmation',
  title: 'Confirmation: what waits, what it is, and the consent of the user (three requests)',
  unit: 'confirmation',
  fleet: updating,
  devices: 100_000,
  conversation: 'confirmations',
  takes: 'fleet',
  raw: ['get', 'get', 'post'],
  floor: 'confirmation.sql',
  prepare: (stage) => putActions(stage, 'awaiting-confirmation'),
  audit: (stage, units) => auditLog(stage, 'confirmed', units),
};
