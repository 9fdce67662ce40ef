import { ARTIFACT_BYTES } from '../artifact';
import { putActions, updating } from '../fleets/updating';
import type { Scenario } from '../scenario';

/** Whole files, streamed by Node from the disk's cache. */
export const download: Scenario = {
  name: 'download',
  title: 'Download: an artifact of 1 MiB, whole; every byte is compared',
  unit: 'download',
  fleet: updating,
  devices: 100_000,
  connections: 16,
  conversation: 'downloads',
  raw: ['file'],
  floor: 'deployment.sql',
  bytesPerUnit: ARTIFACT_BYTES,
  prepare: (stage) => putActions(stage, 'downloading'),
};
