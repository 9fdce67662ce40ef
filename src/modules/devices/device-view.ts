import type { Attributes, DeviceMode } from './device';
import type { DeviceRow } from './device-row';

/** A device as the management API shows it. */
export interface DeviceView {
  readonly id: string;
  readonly controllerId: string;
  readonly name: string | undefined;
  readonly feed: string;
  readonly mode: DeviceMode;
  readonly pinned: boolean;
  readonly takesPrereleases: boolean;
  readonly assignedReleaseId: string | undefined;
  /** The release that is forced next; gone once it was offered. */
  readonly force: string | undefined;
  readonly tags: readonly string[];
  readonly attributes: Attributes;
  readonly attributesAt: Date | undefined;
  readonly hardware: {
    readonly model: string | undefined;
    readonly revision: string | undefined;
    readonly isSet: boolean;
  };
  readonly installedVersion: string | undefined;
  /** False: believed from the last update's success, not reported since. */
  readonly isVersionReported: boolean;
  readonly installedAt: Date | undefined;
  readonly lastSeenAt: Date | undefined;
  readonly address: string | undefined;
  readonly revision: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export function deviceView(row: DeviceRow): DeviceView {
  return {
    id: row.id,
    controllerId: row.controller_id,
    name: row.name ?? undefined,
    feed: row.feed,
    mode: row.mode,
    pinned: row.is_pinned,
    takesPrereleases: row.takes_prereleases,
    assignedReleaseId: row.assigned_release_id ?? undefined,
    force: row.forced_release_id ?? undefined,
    tags: row.tags,
    attributes: row.attributes,
    attributesAt: row.attributes_at ?? undefined,
    hardware: hardwareView(row),
    installedVersion: row.installed_version ?? undefined,
    isVersionReported: row.is_version_reported,
    installedAt: row.installed_at ?? undefined,
    lastSeenAt: row.last_seen_at ?? undefined,
    address: row.address ?? undefined,
    revision: row.decision_rev,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

/** What an operator set stands above what the device reports. */
function hardwareView(row: DeviceRow): DeviceView['hardware'] {
  return {
    model: row.set_model ?? row.reported_model ?? undefined,
    revision: row.set_revision ?? row.reported_revision ?? undefined,
    isSet: row.set_model !== null || row.set_revision !== null,
  };
}
