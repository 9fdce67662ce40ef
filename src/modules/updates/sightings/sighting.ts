import type { ActionState, ActionType } from '../../actions/action/action';
import type { MaintenanceWindow } from '../../actions/action/maintenance-window';
import { clientOf, type Client, type RecognisedClient } from '../../devices/device/client';
import type { Approval, DeviceMode } from '../../devices/device/device';
import type { PresentedCertificate } from '../../../platform/x509/presented-certificate';
import type { Attempts, Candidate, OpenAction } from '../../rollouts/plan/candidate';

/** Who a device says it is: the path of every DDI request. */
export interface DeviceName {
  /** Upper case; see {@link tenantKeyOf}. */
  readonly tenantKey: string;
  readonly controllerId: string;
}

/**
 * What came in the Authorization header, what a trusted reverse proxy says of the device's certificate, or the certificate
 * that the device itself has shown us. `open` is nothing at all, on a bench that lets everybody in.
 */
export type DeviceCredential =
  | { readonly kind: 'gateway' | 'target'; readonly token: string }
  | { readonly kind: 'open' }
  | {
      readonly kind: 'certificate';
      readonly commonName: string;
      /** Who issued it, as the proxy names them, in lower case. */
      readonly authorities: readonly string[];
    }
  | { readonly kind: 'presented'; readonly certificate: PresentedCertificate };

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
  /** The action that installed what it runs, as far as we know; shown to it as installedBase. */
  readonly installedActionId: string | undefined;
  readonly openAction: SightedAction | undefined;
  /** What it was recognised as, whatever an operator set. */
  readonly reportedClient: RecognisedClient | undefined;
  /** Absent: its token does not end by itself. */
  readonly targetTokenExpiresAt: Date | undefined;
  /** The token before, as long as it is good as well. */
  readonly previousToken: PreviousToken | undefined;
  /** When it is to be asked for its version (again), after an update that it has to show. */
  readonly askAtMs: number | undefined;
  /** Due polls since then; see actions/ask. */
  readonly asks: number;
  /** What it runs, as far as that is a release of ours. */
  readonly installedReleaseId: string | undefined;
}

/** A device's token that was replaced, and is believed until its successor has surely arrived. */
export interface PreviousToken {
  readonly hash: Buffer;
  readonly expiresAt: Date;
}

/** The action a device sees, with what its link says of it. */
export interface SightedAction extends OpenAction {
  readonly forceAt: Date | undefined;
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
  installed_action_id: string | null;
  set_client: Client | null;
  reported_client: RecognisedClient | null;
  attempts: Record<string, [count: number, lastEndedAtMs: number]> | null;
  action_id: string | null;
  action_state: ActionState;
  action_release_id: string;
  action_origin: string;
  action_is_forced: boolean;
  action_cancel_from: ActionState | null;
  action_type: ActionType;
  action_force_at: Date | null;
  action_is_assignment: boolean;
  action_is_superseded: boolean;
  action_window: [schedule: string, durationMs: number, timezone: string] | null;
  approval: Approval;
  target_token_expires_at: Date | null;
  previous_token_hash: Buffer | null;
  previous_token_expires_at: Date | null;
  time_zone: string | null;
  quiet_until: Date | null;
  ask_at: Date | null;
  asks: number;
  installed_release_id: string | null;
  changed_by_rollout_id: string | null;
  changed_from_release_id: string | null;
  action_rollout_id: string | null;
}

/** Devices without any ended attempt share one empty record. */
const NO_ATTEMPTS: Readonly<Record<string, Attempts>> = Object.freeze({});

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
    attempts: attemptsOf(row.attempts),
    openAction: openActionOf(row),
    targetTokenHash: row.target_token_hash ?? undefined,
    wantsAttributes: row.wants_attributes,
    decisionRev: row.decision_rev,
    installedActionId: row.installed_action_id ?? undefined,
    client: clientOf(row),
    reportedClient: row.reported_client ?? undefined,
    approval: row.approval,
    targetTokenExpiresAt: row.target_token_expires_at ?? undefined,
    previousToken: previousTokenOf(row),
    ...afterUpdates(row),
  };
}

type AfterUpdates = Pick<
  SightedDevice,
  'timezone' | 'quietUntilMs' | 'askAtMs' | 'asks' | 'changedBy' | 'installedReleaseId'
>;

/** What updates have left behind with the device. */
function afterUpdates(row: SightingRow): AfterUpdates {
  return {
    timezone: row.time_zone ?? undefined,
    quietUntilMs: row.quiet_until?.getTime(),
    askAtMs: row.ask_at?.getTime(),
    asks: row.asks,
    installedReleaseId: row.installed_release_id ?? undefined,
    changedBy: changeOf(row),
  };
}

function attemptsOf(stored: SightingRow['attempts']): Candidate['attempts'] {
  if (stored === null) return NO_ATTEMPTS;
  const attempts = Object.entries(stored).map(
    ([origin, [count, lastEndedAtMs]]) => [origin, { count, lastEndedAtMs }] as const,
  );
  return Object.fromEntries(attempts);
}

function changeOf(row: SightingRow): Candidate['changedBy'] {
  const { changed_by_rollout_id: rolloutId, changed_from_release_id: fromReleaseId } = row;
  return rolloutId === null || fromReleaseId === null ? undefined : { rolloutId, fromReleaseId };
}

function previousTokenOf({
  previous_token_hash: hash,
  previous_token_expires_at: expiresAt,
}: SightingRow): PreviousToken | undefined {
  return hash === null || expiresAt === null ? undefined : { hash, expiresAt };
}

function numbered(releaseId: string | null, number: number): Candidate['assigned'] {
  return releaseId === null ? undefined : { releaseId, number };
}

function openActionOf(row: SightingRow): SightedAction | undefined {
  if (row.action_id === null) return undefined;
  return {
    id: row.action_id,
    state: row.action_state,
    releaseId: row.action_release_id,
    origin: row.action_origin,
    rolloutId: row.action_rollout_id ?? undefined,
    isForced: row.action_is_forced,
    isAssignment: row.action_is_assignment,
    isSuperseded: row.action_is_superseded,
    type: row.action_type,
    forceAt: row.action_force_at ?? undefined,
    window: windowOf(row.action_window),
    hasRefusedCancel: row.action_cancel_from !== null && row.action_state !== 'cancelling',
  };
}

function windowOf(parts: SightingRow['action_window']): MaintenanceWindow | undefined {
  if (parts === null) return undefined;
  const [schedule, durationMs, timezone] = parts;
  return { schedule, durationMs, timezone };
}
