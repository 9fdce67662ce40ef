import { putActions, updating } from '../fleets/updating';
import type { Scenario } from '../scenario';
import { auditEnds, auditLog } from './audits';

/** Devices that tell how far they are; each 200 is a promise that the report is on disk. */
export const feedback: Scenario = {
  name: 'feedback',
  title: 'Feedback: "proceeding" on an open action, each report with words of its own, fsync on',
  unit: 'report',
  fleet: updating,
  devices: 100_000,
  conversation: 'feedbacks',
  raw: ['post'],
  floor: 'feedback.sql',
  aim: { what: 'unitsPerSecond', least: 2000 },
  prepare: (stage) => putActions(stage, 'downloading'),
  audit: (stage, units) => auditLog(stage, 'proceeding', units),
};

/** The report that counts: action, device, slot, counters and event in one transaction. */
export const closing: Scenario = {
  ...feedback,
  name: 'closing',
  title: 'Closing feedback: the "success" that ends an action, fsync on',
  conversation: 'closings',
  takes: 'fleet',
  floor: 'closing.sql',
  aim: undefined,
  audit: (stage, units) => auditEnds(stage, 'confirmed', units),
};
