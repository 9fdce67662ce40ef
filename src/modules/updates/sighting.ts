import type { ActionState } from '../actions/action';
import type { DeviceMode } from '../devices/device';
import type { Candidate } from '../rollouts/candidate';

/** Who a device says it is: the path of every DDI request. */
export interface DeviceName {
  /** Upper case; see {@link tenantKeyOf}. */
  readonly tenantKey: string;
  readonly controllerId: string;
}

/** What came in the Authorization header. */
export interface DeviceCredential {
  readonly kind: 'gateway' | 'target';
  readonly token: string;
}

/** One row of the batched read: all that a request of this device needs to know, fresh from Postgres. */
export interface Sighting {
  readonly tenantId: string;
  readonly planRevision: bigint;
  readonly device: SightedDevice | undefined;
}

export interface SightedDevice extends Candidate {
  readonly id: string;
  readonly targetTokenHash: Buffer | undefined;
  readonly wantsAttributes: boolean;
  /** Whatever is decided on this row is admitted only while the row still has this revision. */
  readonly decisionRev: string;
  readonly verdict: AdmissionVerdict | undefined;
}

/** Why the last offer that was decided was not admitted. */
export interface AdmissionVerdict {
  readonly code: string;
  readonly planRevision: string;
  readonly at: Date;
}

export interface SightingRow {
  position: string;
  tenant_id: string;
  plan_revision: string;
  controller_id: string | null;
  id: string | null;
  feed_id: string;
  mode: DeviceMode;
  is_pinned: boolean;
  takes_prereleases: boolean;
  model: string | null;
  revision: string | null;
  installed_version: string | null;
  is_version_reported: boolean;
  assigned_release_id: string | null;
  assignment_number: number;
  forced_release_id: string | null;
  force_number: number;
  wants_attributes: boolean;
  target_token_hash: Buffer | null;
  decision_rev: string;
  verdict: string | null;
  verdict_plan_revision: string | null;
  verdict_at: Date | null;
  attempts: Record<string, number> | null;
  action_id: string | null;
  action_state: ActionState;
  action_release_id: string;
  action_origin: string;
  action_is_forced: boolean;
  action_cancel_from: ActionState | null;
}

/** Devices without any ended attempt share one empty record. */
const NO_ATTEMPTS: Readonly<Record<string, number>> = Object.freeze({});

export function sightingOf(row: SightingRow): Sighting {
  return {
    tenantId: row.tenant_id,
    planRevision: BigInt(row.plan_revision),
    device: row.id === null ? undefined : deviceOf(row, row.id),
  };
}

function deviceOf(row: SightingRow, id: string): SightedDevice {
  return {
    id,
    controllerId: row.controller_id ?? '',
    feedId: row.feed_id,
    mode: row.mode,
    isPinned: row.is_pinned,
    takesPrereleases: row.takes_prereleases,
    model: row.model ?? undefined,
    revision: row.revision ?? undefined,
    installedVersion: row.installed_version ?? undefined,
    isVersionReported: row.is_version_reported,
    assigned: numbered(row.assigned_release_id, row.assignment_number),
    forced: numbered(row.forced_release_id, row.force_number),
    attempts: row.attempts ?? NO_ATTEMPTS,
    openAction: openActionOf(row),
    targetTokenHash: row.target_token_hash ?? undefined,
    wantsAttributes: row.wants_attributes,
    decisionRev: row.decision_rev,
    verdict: verdictOf(row),
  };
}

function numbered(releaseId: string | null, number: number): Candidate['assigned'] {
  return releaseId === null ? undefined : { releaseId, number };
}

function openActionOf(row: SightingRow): Candidate['openAction'] {
  if (row.action_id === null) return undefined;
  return {
    id: row.action_id,
    state: row.action_state,
    releaseId: row.action_release_id,
    origin: row.action_origin,
    isForced: row.action_is_forced,
    hasRefusedCancel: row.action_cancel_from !== null && row.action_state !== 'cancelling',
  };
}

function verdictOf(row: SightingRow): AdmissionVerdict | undefined {
  const { verdict, verdict_plan_revision: planRevision, verdict_at: at } = row;
  return verdict === null || planRevision === null || at === null
    ? undefined
    : { code: verdict, planRevision, at };
}
