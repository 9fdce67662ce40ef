import { ARTIFACT_BYTES, LARGE_ARTIFACT_BYTES } from '../artifact';
import { putActions, updating, updatingLarge } from '../fleets/updating';
import type { Scenario } from '../scenario';
import { ACCEL, ROOKERY } from '../standing';

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
  besideNginx: true,
  prepare: async (stage) => {
    await putActions(stage, 'downloading');
    // Only what comes by nginx is sent by it; what asks Rookery itself is streamed to.
    await stage.management.deliverBy('accel');
  },
};

/** The same with a file as large as images are: what the bytes cost, more than what the asking does. */
export const downloadLarge: Scenario = {
  ...download,
  name: 'download-large',
  title: 'Large download: an artifact of 256 MiB, whole; every byte is compared',
  fleet: updatingLarge,
  devices: 2000,
  connections: 4,
  rehearsal: 'first-bytes',
  measuresUploads: true,
  bytesPerUnit: LARGE_ARTIFACT_BYTES,
  aim: { what: 'nginxRatio', most: { [ROOKERY]: 2.7, [ACCEL]: 1.2 } },
};

/** SWUpdate's delta updates ask for many parts of a file at once. */
export const ranges: Scenario = {
  ...download,
  name: 'ranges',
  title: 'Ranges: the same artifact in one request of 16 ranges; every byte and the framing are compared',
  unit: 'request',
  conversation: 'ranged-downloads',
  besideNginx: false,
};

/** What some agents ask rather than read the deployment. */
export const artifactList: Scenario = {
  name: 'artifact-list',
  title: 'Artifact list: a GET of the files of a module that the device has an action for',
  unit: 'request',
  fleet: updating,
  devices: 100_000,
  conversation: 'artifact-lists',
  raw: ['get'],
  floor: 'deployment.sql',
  prepare: (stage) => putActions(stage, 'downloading'),
};
