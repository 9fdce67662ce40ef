import type { Artifact, Release, ReleaseModule } from '../../modules/releases/release';

/** hawkBit's module types have other names on the wire (contract 1.4). */
const PARTS: Readonly<Record<string, string>> = { application: 'bApp', runtime: 'jvm' };

/**
 * The deployment of an action (contract E5). Links come in both pairs: SWUpdate, RAUC's updater and hawkbit-rs take
 * `download`, Zephyr reads only `download-http`.
 */
export function deploymentBody(actionId: string, release: Release, deviceUrl: string): string {
  return JSON.stringify({
    id: actionId,
    deployment: {
      download: 'forced',
      update: 'forced',
      chunks: release.modules.map((module) => chunkOf(module, deviceUrl)),
    },
  });
}

function chunkOf(module: ReleaseModule, deviceUrl: string): object {
  return {
    part: PARTS[module.type] ?? module.type,
    version: module.version,
    name: module.name,
    artifacts: module.artifacts.map((artifact) =>
      artifactOf(artifact, `${deviceUrl}/softwaremodules/${module.id}`),
    ),
  };
}

function artifactOf(artifact: Artifact, moduleUrl: string): object {
  const href = `${moduleUrl}/artifacts/${encodeURIComponent(artifact.fileName)}`;
  const md5 = { href: `${href}.MD5SUM` };
  return {
    filename: artifact.fileName,
    hashes: { sha1: artifact.sha1, md5: artifact.md5, sha256: artifact.sha256 },
    size: artifact.sizeBytes,
    _links: { download: { href }, md5sum: md5, 'download-http': { href }, 'md5sum-http': md5 },
  };
}

/** The cancel that a device is asked for (contract 1.8): the same id thrice, path included. */
export function cancelBody(actionId: string): string {
  return JSON.stringify({ id: actionId, cancelAction: { stopId: actionId } });
}
