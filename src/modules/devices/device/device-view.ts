import { clientOf, type Client } from './client';
import type { Approval, Attributes, AutoConfirm, DeviceMode } from './device';
import type { DeviceRow } from './device-row';

export const UPDATE_STATUSES = ['unknown', 'registered', 'pending', 'in-sync', 'error'] as const;
export type UpdateStatus = (typeof UPDATE_STATUSES)[number];

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
  readonly client: {
    readonly kind: Client;
    readonly isSet: boolean;
  };
  readonly installedVersion: string | undefined;
  /** False: believed from the last update's success, not reported since. */
  readonly isVersionReported: boolean;
  readonly installedAt: Date | undefined;
  readonly installedReleaseId: string | undefined;
  /** The action that installed it. */
  readonly installedActionId: string | undefined;
  readonly updateStatus: UpdateStatus;
  /** The device is asked for its attributes at its next poll. */
  readonly wantsAttributes: boolean;
  readonly autoConfirm: AutoConfirm | undefined;
  readonly lastSeenAt: Date | undefined;
  readonly address: string | undefined;
  readonly revision: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly approval: Approval;
  /** An IANA name or `±hh:mm`; undefined: nobody has said where it is. */
  readonly timezone: string | undefined;
  /** Whether it holds a token of its own; the token itself nobody can see. */
  readonly hasTargetToken: boolean;
  /** Absent: its token does not end by itself. */
  readonly targetTokenExpiresAt: Date | undefined;
  /** Until when the token before that one is good as well. */
  readonly previousTokenExpiresAt: Date | undefined;
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
    client: {
      kind: clientOf(row),
      isSet: row.set_client !== null,
    },
    ...installedView(row),
    updateStatus: updateStatus(row),
    wantsAttributes: row.wants_attributes,
    autoConfirm: autoConfirmView(row),
    lastSeenAt: row.last_seen_at ?? undefined,
    address: row.address ?? undefined,
    revision: row.decision_rev,
    createdAt: row.created_at,
    createdBy: row.created_by,
    approval: row.approval,
    timezone: row.time_zone ?? undefined,
    hasTargetToken: row.target_token_hash !== null,
    targetTokenExpiresAt: row.target_token_expires_at ?? undefined,
    previousTokenExpiresAt: row.previous_token_expires_at ?? undefined,
  };
}

function installedView(
  row: DeviceRow,
): Pick<
  DeviceView,
  'installedVersion' | 'isVersionReported' | 'installedAt' | 'installedReleaseId' | 'installedActionId'
> {
  return {
    installedVersion: row.installed_version ?? undefined,
    isVersionReported: row.is_version_reported,
    installedAt: row.installed_at ?? undefined,
    installedReleaseId: row.installed_release_id ?? undefined,
    installedActionId: row.installed_action_id ?? undefined,
  };
}

/** hawkBit's word for how a device stands: by its latest action, else by whether it was ever heard of. */
function updateStatus({
  latest_state: state,
  last_seen_at: seen,
  attributes_at: told,
}: DeviceRow): UpdateStatus {
  if (state === null) return seen === null && told === null ? 'unknown' : 'registered';
  if (state === 'failed' || state === 'timed-out') return 'error';
  return ENDED.has(state) ? 'in-sync' : 'pending';
}

const ENDED: ReadonlySet<string> = new Set(['confirmed', 'cancelled', 'lapsed', 'withdrawn']);

function autoConfirmView(row: DeviceRow): AutoConfirm | undefined {
  if (!row.auto_confirm || row.auto_confirm_at === null) return undefined;
  return {
    initiator: row.auto_confirm_initiator ?? undefined,
    remark: row.auto_confirm_remark ?? undefined,
    activatedBy: row.auto_confirm_by ?? '',
    activatedAt: row.auto_confirm_at,
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
