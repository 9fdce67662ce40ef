import type { Database } from '../../../src/platform/database/database';
import type { EventFact, Fact, LogFact, StoryAction } from './story';

interface ActionRow {
  id: string;
  device_id: string;
  controller_id: string;
  release_id: string;
  origin: string;
  rollout_id: string | null;
  wave: number | null;
  state: string;
  is_exposed: boolean;
  is_forced: boolean;
  ended_by: string | null;
  retrieved: boolean;
  has_proof: boolean;
  is_corrected: boolean;
  awaits_version: boolean;
}

/** What the database has kept of a tenant, independent of what the services say about it. */
export interface Ledger {
  readonly actions: ReadonlyMap<string, StoryAction>;
  readonly facts: readonly Fact[];
}

const ACTIONS = `
  SELECT a.id, a.device_id, a.controller_id, a.release_id, a.origin, a.rollout_id, a.wave, a.state, a.is_exposed,
         a.is_forced, a.ended_by, a.retrieved_at IS NOT NULL AS retrieved, a.has_proof, a.is_corrected, a.awaits_version
    FROM action a WHERE a.tenant_id = $1 AND a.device_id = ANY($2::bigint[]) ORDER BY a.id`;

/** Log lines and events are written once and never changed: the transaction that wrote a row is its `xmin`. */
const US = '(extract(epoch FROM pg_xact_commit_timestamp(x.xmin)) * 1000000)::bigint';

const LOGS = `
  SELECT ${US} AS at_us, x.action_id, x.seq, x.source, x.status FROM action_log x
   WHERE x.tenant_id = $1 AND x.action_id = ANY($2::bigint[])`;

const EVENTS = `
  SELECT ${US} AS at_us, x.id, x.kind, x.subject, x.actor, x.detail FROM event x WHERE x.tenant_id = $1`;

export async function readLedger(
  database: Database,
  tenantId: string,
  deviceIds: readonly string[],
): Promise<Ledger> {
  const rows = await database.query<ActionRow>(ACTIONS, [tenantId, deviceIds]);
  const ids = rows.map(({ id }) => id);
  const [logs, events] = await Promise.all([
    database.query<{ at_us: string; action_id: string; seq: number; source: 'device'; status: string }>(
      LOGS,
      [tenantId, ids],
    ),
    database.query<{
      at_us: string;
      id: string;
      kind: string;
      subject: string;
      actor: string;
      detail: Record<string, unknown>;
    }>(EVENTS, [tenantId]),
  ]);
  const facts: Fact[] = [
    ...logs.map((row): LogFact => ({
      ...{ kind: 'log', atUs: Number(row.at_us), actionId: row.action_id, seq: row.seq },
      ...{ source: row.source, status: row.status },
    })),
    ...events.map((row): EventFact => ({
      ...{ kind: 'event', atUs: Number(row.at_us), id: Number(row.id), name: row.kind },
      ...{ subject: row.subject, actor: row.actor, detail: row.detail },
    })),
  ];
  return { actions: new Map(rows.map((row) => [row.id, actionOf(row)])), facts: facts.sort(byCommit) };
}

/** What one transaction wrote stays in the order in which it is told: a log's lines, then events by their ids. */
function byCommit(a: Fact, b: Fact): number {
  if (a.atUs !== b.atUs) return a.atUs - b.atUs;
  if (a.kind === 'log')
    return b.kind === 'log' ? Number(a.actionId) - Number(b.actionId) || a.seq - b.seq : -1;
  return b.kind === 'event' ? a.id - b.id : 1;
}

function actionOf(row: ActionRow): StoryAction {
  return {
    id: row.id,
    deviceId: row.device_id,
    controllerId: row.controller_id,
    releaseId: row.release_id,
    origin: row.origin,
    rolloutId: row.rollout_id ?? undefined,
    wave: row.wave ?? undefined,
    state: row.state,
    isExposed: row.is_exposed,
    isForced: row.is_forced,
    isEnded: row.ended_by !== null,
    endedBy: row.ended_by ?? undefined,
    retrieved: row.retrieved,
    hasProof: row.has_proof,
    isCorrected: row.is_corrected,
    awaitsVersion: row.awaits_version,
  };
}
