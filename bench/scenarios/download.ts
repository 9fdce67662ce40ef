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

/** SWUpdate's delta updates ask for many parts of a file at once. */
export const ranges: Scenario = {
  ...download,
  name: 'ranges',
  title: 'Ranges: the same artifact in one request of 16 ranges; every byte and the framing are compared',
  unit: 'request',
  conversation: 'ranged-downloads',
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
