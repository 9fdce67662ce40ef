import type { ActionType } from '../../actions/action/action';
import type { Client } from '../../devices/device/client';
import { profileOf } from '../../devices/device/client-profile';
import type { ReleaseShape } from '../../releases/release/release';

/** What is offered, as far as a client may be unable to take it. */
export interface Load {
  readonly controllerId: string;
  readonly shape: ReleaseShape;
  readonly type: ActionType;
}

/**
 * What stands before the file's name in a link, apart from the controllerId: an address of 40 characters, a tenant of eight,
 * the words between and a module id of ten.
 */
const LINK_FRAME = 102;

const FAULTS: readonly ((load: Load, client: Client) => string | undefined)[] = [
  ({ type }, client) =>
    type === 'download-only' && !profileOf(client).holdsInstall
      ? 'would take a mere download for an installation'
      : undefined,
  ({ shape }, client) => {
    const most = profileOf(client).mostArtifacts;
    if (most === undefined || shape.artifacts <= most) return undefined;
    return `takes ${most} file in a release, and this one has ${shape.artifacts}`;
  },
  ({ shape }, client) => {
    const { moduleType } = profileOf(client);
    if (moduleType === undefined || shape.types.every((type) => type === moduleType)) return undefined;
    return `takes modules of type ${moduleType} only, and this release has ${shape.types.join(', ')}`;
  },
  ({ shape }, client) => {
    const { fileEnding } = profileOf(client);
    if (fileEnding === undefined || shape.endings.includes(fileEnding)) return undefined;
    return `installs ${fileEnding} files only, and this release has none`;
  },
  ({ shape }, client) => {
    const { largestBytes } = profileOf(client);
    if (largestBytes === undefined || shape.largestBytes <= largestBytes) return undefined;
    return `cannot take a file of more than ${largestBytes} bytes, and this release has one of ${shape.largestBytes}`;
  },
  ({ shape, controllerId }, client) => {
    const { longestLink } = profileOf(client);
    const length = LINK_FRAME + encodeURIComponent(controllerId).length + shape.longestName;
    if (longestLink === undefined || length <= longestLink) return undefined;
    return `cannot follow links of more than ${longestLink} characters, which the name of a file or of the device makes too long`;
  },
];

/** Why this client cannot take what is offered, as the end of a sentence; undefined when it can. */
export function faultOfLoad(client: Client, load: Load): string | undefined {
  if (client === 'unknown') return undefined;
  for (const faultOf of FAULTS) {
    const fault = faultOf(load, client);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
