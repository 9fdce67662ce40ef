import { DEFAULT_TERMS, type ActionType } from '../actions/action/action';
import type { Confirms, TripAct } from './rollout/conduct';
import type { Halt, Rollout, RolloutState } from './rollout/rollout';
import { proposalOf, type StoredProposal } from './rollout/proposal';
import { windowOf, type RolloutWindow } from './rollout/rollout-window';
import type { Wave, WaveProgress } from './rollout/wave';

/** A rollout as its table has it, with its feed's name and its waves. */
export interface RolloutRow {
  id: string;
  name: string;
  feed: string | null;
  feed_id: string | null;
  filter: string | null;
  reverts_rollout_id: string | null;
  release_id: string;
  state: RolloutState;
  priority: number;
  salt: string;
  in_flight_cap: number | null;
  offers_per_minute: number | null;
  ramp_start: number | null;
  ramp_doubling_ms: string | null;
  most_devices: number | null;
  attempts: number;
  retry_backoff_ms: string;
  allows_downgrade: boolean;
  confirms: Confirms;
  silent_polls: number;
  when_tripped: TripAct;
  start_at: Date | null;
  windows: RolloutWindow[];
  type: ActionType;
  force_at: Date | null;
  needs_confirmation: boolean;
  current_wave: number;
  halt: Halt | null;
  proposal: StoredProposal | null;
  revision: number;
  started_by: string | null;
  approved_by: string | null;
  approved_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  created_at: Date;
  created_by: string;
  waves: WaveRow[];
}

/** A wave as `WAVES_OF` reads it: instants are texts there. */
export interface WaveRow {
  position: number;
  name: string | null;
  buckets: number;
  ids: string[];
  tags: string[];
  filter: string | null;
  most: number | null;
  success: number;
  failure: number;
  sample: number;
  soakMs: number;
  manual: boolean;
  soakSince: string | null;
  passedAt: string | null;
  passedBy: string | null;
}

/** The waves of the rollout `r`, as one column. */
export const WAVES_OF = `
  (SELECT json_agg(json_build_object('position', w.position, 'name', w.name, 'buckets', w.buckets, 'ids', w.member_ids,
            'tags', w.member_tags, 'filter', w.member_filter, 'most', w.most_devices, 'success', w.success_share,
            'failure', w.failure_share, 'sample', w.sample, 'soakMs', w.soak_ms, 'manual', w.is_manual,
            'soakSince', w.soak_since, 'passedAt', w.passed_at, 'passedBy', w.passed_by) ORDER BY w.position)
     FROM rollout_wave w WHERE w.rollout_id = r.id AND w.tenant_id = r.tenant_id) AS waves`;

export function rolloutOf(row: RolloutRow): Rollout {
  return {
    id: row.id,
    name: row.name,
    population: {
      feed: given(row.feed),
      filter: given(row.filter),
      revertsRolloutId: given(row.reverts_rollout_id),
    },
    releaseId: row.release_id,
    state: row.state,
    priority: row.priority,
    salt: row.salt,
    pace: paceOf(row),
    mostDevices: given(row.most_devices),
    attempts: row.attempts,
    retryBackoffMs: Number(row.retry_backoff_ms),
    allowsDowngrade: row.allows_downgrade,
    confirms: row.confirms,
    silentPolls: row.silent_polls,
    whenTripped: row.when_tripped,
    startAt: given(row.start_at),
    windows: row.windows.map(windowOf),
    terms: termsOf(row),
    waves: row.waves.map(waveOf),
    progress: row.waves.map(progressOf),
    currentWave: row.current_wave,
    halt: given(row.halt),
    proposal: row.proposal === null ? undefined : proposalOf(row.proposal),
    revision: row.revision,
    ...historyOf(row),
  };
}

export function paceOf(
  row: Pick<RolloutRow, 'in_flight_cap' | 'offers_per_minute' | 'ramp_start' | 'ramp_doubling_ms'>,
): Rollout['pace'] {
  const { ramp_start: startPerMinute, ramp_doubling_ms: doublingMs } = row;
  return {
    inFlightCap: given(row.in_flight_cap),
    offersPerMinute: given(row.offers_per_minute),
    ramp:
      startPerMinute === null || doublingMs === null
        ? undefined
        : { startPerMinute, doublingMs: Number(doublingMs) },
  };
}

/** All but its type is as hawkBit's defaults are. */
export function termsOf(row: Pick<RolloutRow, 'type' | 'force_at' | 'needs_confirmation'>): Rollout['terms'] {
  return {
    type: row.type,
    forceAt: given(row.force_at),
    weight: DEFAULT_TERMS.weight,
    window: undefined,
    needsConfirmation: row.needs_confirmation,
  };
}

export function waveOf(row: WaveRow): Wave {
  const { position, buckets, ids: controllerIds, tags, sample, soakMs } = row;
  return {
    position,
    name: given(row.name),
    buckets,
    members: { controllerIds, tags, filter: given(row.filter) },
    mostDevices: given(row.most),
    gate: { successShare: row.success, failureShare: row.failure, sample, soakMs, isManual: row.manual },
  };
}

function progressOf(row: WaveRow): WaveProgress {
  return {
    position: row.position,
    soakSince: instant(row.soakSince),
    passedAt: instant(row.passedAt),
    passedBy: given(row.passedBy),
  };
}

type History =
  'startedBy' | 'approvedBy' | 'approvedAt' | 'startedAt' | 'endedAt' | 'createdAt' | 'createdBy';

function historyOf(row: RolloutRow): Pick<Rollout, History> {
  return {
    startedBy: given(row.started_by),
    approvedBy: given(row.approved_by),
    approvedAt: given(row.approved_at),
    startedAt: given(row.started_at),
    endedAt: given(row.ended_at),
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}

function instant(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}

function given<T>(value: T | null): T | undefined {
  return value ?? undefined;
}
