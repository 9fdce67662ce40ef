import { isForcedNow, type Action, type ActionState } from '../../../modules/actions/action/action';
import { windowAt } from '../../../modules/actions/action/maintenance-window';
import type { Artifact, Release, ReleaseModule } from '../../../modules/releases/release/release';

/** hawkBit's module types have other names on the wire (contract 1.4). */
const PARTS: Readonly<Record<string, string>> = { application: 'bApp', runtime: 'jvm' };

/** hawkBit's words for how far an action is, as its action history tells them. */
const STATUSES: Readonly<Record<ActionState, string>> = {
  queued: 'SCHEDULED',
  'awaiting-confirmation': 'WAIT_FOR_CONFIRMATION',
  offered: 'RUNNING',
  retrieved: 'RETRIEVED',
  downloading: 'DOWNLOAD',
  downloaded: 'DOWNLOADED',
  installing: 'RUNNING',
  installed: 'RUNNING',
  cancelling: 'CANCELING',
  confirmed: 'FINISHED',
  lapsed: 'FINISHED',
  failed: 'ERROR',
  'timed-out': 'ERROR',
  cancelled: 'CANCELED',
  withdrawn: 'CANCELED',
};

/** An update as a device is told it. */
export interface Deployment {
  readonly action: Action;
  readonly release: Release;
  /** What the links of the device begin with. */
  readonly deviceUrl: string;
  readonly now: Date;
  /** The device's own messages, newest first; none: it did not ask, or never said any. */
  readonly history: readonly string[];
}

/**
 * The deployment of an action (contract E5, E10), or under another key what a user is asked to consent to (E13). Links come
 * in both pairs: SWUpdate, RAUC's updater and hawkbit-rs take `download`, Zephyr reads only `download-http`.
 */
export function deploymentBody(
  { action, release, deviceUrl, now, history }: Deployment,
  key: 'deployment' | 'confirmation' = 'deployment',
): object {
  return {
    id: action.id,
    [key]: {
      ...handling(action, now),
      chunks: release.modules.map((module) => chunkOf(module, deviceUrl)),
    },
    ...(history.length === 0 ? {} : { actionHistory: { status: STATUSES[action.state], messages: history } }),
  };
}

type Handling = 'skip' | 'attempt' | 'forced';

/** Outside its window a device may download but not install; after a mere download it installs nothing at all. */
function handling(action: Action, now: Date): object {
  const download: Handling = isForcedNow(action, now) ? 'forced' : 'attempt';
  if (action.type === 'download-only') return { download, update: 'skip' };
  if (action.window === undefined) return { download, update: download };
  const isOpen = windowAt(action.window, now.getTime()).kind === 'open';
  return {
    download,
    update: isOpen ? download : 'skip',
    maintenanceWindow: isOpen ? 'available' : 'unavailable',
  };
}

function chunkOf(module: ReleaseModule, deviceUrl: string): object {
  const metadata = module.metadata.filter((one) => one.isVisible).slice(0, MOST_METADATA);
  return {
    part: PARTS[module.type] ?? module.type,
    version: module.version,
    name: module.name,
    ...(module.isEncrypted ? { encrypted: true } : {}),
    artifacts: module.artifacts.map((artifact) => artifactBody(artifact, module.id, deviceUrl)),
    ...(metadata.length === 0 ? {} : { metadata: metadata.map(({ key, value }) => ({ key, value })) }),
  };
}

const MOST_METADATA = 50;

/** A file with its hashes and links; also what the list of a module's files (E2) is made of. */
export function artifactBody(artifact: Artifact, moduleId: string, deviceUrl: string): object {
  const href = `${deviceUrl}/softwaremodules/${moduleId}/artifacts/${encodeURIComponent(artifact.fileName)}`;
  const md5 = { href: `${href}.MD5SUM` };
  return {
    filename: artifact.fileName,
    hashes: { sha1: artifact.sha1, md5: artifact.md5, sha256: artifact.sha256 },
    size: artifact.sizeBytes,
    _links: { download: { href }, md5sum: md5, 'download-http': { href }, 'md5sum-http': md5 },
  };
}

/** The cancel that a device is asked for (contract 1.8): the same id thrice, path included. */
export function cancelBody(actionId: string): object {
  return { id: actionId, cancelAction: { stopId: actionId } };
}
