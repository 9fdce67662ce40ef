import type { Action, ActionState, ActionType, EndedBy, FailureKind } from './action/action';
import type { MaintenanceWindow } from './action/maintenance-window';

/** An action as its table has it. */
export interface ActionRow {
  id: string;
  tenant_id: string;
  device_id: string;
  controller_id: string;
  release_id: string;
  origin: string;
  is_forced: boolean;
  rollout_id: string | null;
  wave: number | null;
  lane: number | null;
  state: ActionState;
  is_exposed: boolean;
  has_proof: boolean;
  cancel_from: ActionState | null;
  ended_by: EndedBy | null;
  device_verdict: 'success' | 'failure' | null;
  is_corrected: boolean;
  previous_version: string | null;
  previous_release_id: string | null;
  awaits_version: boolean;
  failure_kind: FailureKind | null;
  due_at: Date | null;
  give_up_at: Date | null;
  installed_at: Date | null;
  log_count: number;
  type: ActionType;
  force_at: Date | null;
  weight: number;
  assignment_id: string | null;
  window_schedule: string | null;
  window_duration_ms: string | null;
  window_timezone: string | null;
  needs_confirmation: boolean;
  last_code: number | null;
  created_at: Date;
  changed_at: Date;
  retrieved_at: Date | null;
  ended_at: Date | null;
}

/** By name: a prepared `*` breaks for as long as the connection lives when a migration adds a column. */
export const ACTION_COLUMNS = [
  'id',
  'tenant_id',
  'device_id',
  'controller_id',
  'release_id',
  'origin',
  'is_forced',
  'rollout_id',
  'wave',
  'lane',
  'state',
  'is_exposed',
  'has_proof',
  'cancel_from',
  'ended_by',
  'device_verdict',
  'is_corrected',
  'previous_version',
  'previous_release_id',
  'awaits_version',
  'failure_kind',
  'due_at',
  'give_up_at',
  'installed_at',
  'log_count',
  'created_at',
  'changed_at',
  'retrieved_at',
  'ended_at',
  'type',
  'force_at',
  'weight',
  'assignment_id',
  'window_schedule',
  'window_duration_ms',
  'window_timezone',
  'needs_confirmation',
  'last_code',
]
  .map((column) => `a.${column}`)
  .join(', ');

/** One literal and no spread: every report of a device reads its action. */
export function actionOf(row: ActionRow): Action {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    deviceId: row.device_id,
    controllerId: row.controller_id,
    releaseId: row.release_id,
    origin: row.origin,
    isForced: row.is_forced,
    assignmentId: given(row.assignment_id),
    rolloutId: given(row.rollout_id),
    wave: given(row.wave),
    lane: given(row.lane),
    state: row.state,
    isExposed: row.is_exposed,
    hasProof: row.has_proof,
    cancelFrom: given(row.cancel_from),
    endedBy: given(row.ended_by),
    deviceVerdict: given(row.device_verdict),
    isCorrected: row.is_corrected,
    type: row.type,
    forceAt: given(row.force_at),
    weight: row.weight,
    window: windowOf(row),
    needsConfirmation: row.needs_confirmation,
    awaitsVersion: row.awaits_version,
    previousVersion: given(row.previous_version),
    previousReleaseId: given(row.previous_release_id),
    failureKind: given(row.failure_kind),
    dueAt: given(row.due_at),
    giveUpAt: given(row.give_up_at),
    installedAt: given(row.installed_at),
    logCount: row.log_count,
    lastCode: given(row.last_code),
    createdAt: row.created_at,
    changedAt: row.changed_at,
    retrievedAt: given(row.retrieved_at),
    endedAt: given(row.ended_at),
  };
}

function given<T>(value: T | null): T | undefined {
  return value ?? undefined;
}

function windowOf(row: ActionRow): MaintenanceWindow | undefined {
  const { window_schedule: schedule, window_duration_ms: durationMs, window_timezone: timezone } = row;
  return schedule === null || durationMs === null || timezone === null
    ? undefined
    : { schedule, durationMs: Number(durationMs), timezone };
}
