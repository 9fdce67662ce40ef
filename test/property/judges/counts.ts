import type { CountedRollout } from '../../../src/modules/rollouts/rollouts.service';
import type { Database } from '../../../src/platform/database/database';

/** What the counters of a rollout must be, counted anew from its actions and their order. */
export interface Truth {
  readonly byState: Readonly<Record<string, number>>;
  readonly admitted: number;
  readonly underWay: number;
  readonly lanes: number;
}

const LATEST = `
  SELECT state, count(*)::int AS devices FROM (
    SELECT DISTINCT ON (a.device_id) CASE WHEN m.state = 'lost' AND m.action_id = a.id THEN 'lost' ELSE a.state END AS state
      FROM action a LEFT JOIN rollout_device m
        ON m.tenant_id = a.tenant_id AND m.rollout_id = a.rollout_id AND m.device_id = a.device_id
     WHERE a.tenant_id = $1 AND a.rollout_id = $2 ORDER BY a.device_id, a.id DESC) AS latest
   GROUP BY state`;

const SLOTS = `
  SELECT (SELECT coalesce(sum(in_flight), 0)::int FROM rollout_lane WHERE tenant_id = $1 AND rollout_id = $2) AS lanes,
         (SELECT count(*)::int FROM action WHERE tenant_id = $1 AND rollout_id = $2 AND ended_at IS NULL) AS open,
         (SELECT count(DISTINCT device_id)::int FROM action WHERE tenant_id = $1 AND rollout_id = $2) AS admitted`;

export async function truthOf(database: Database, tenantId: string, rolloutId: string): Promise<Truth> {
  const rows = await database.query<{ state: string; devices: number }>(LATEST, [tenantId, rolloutId]);
  const [slots] = await database.query<{ lanes: number; open: number; admitted: number }>(SLOTS, [
    tenantId,
    rolloutId,
  ]);
  return {
    byState: Object.fromEntries(rows.map(({ state, devices }) => [state, devices])),
    admitted: slots?.admitted ?? 0,
    underWay: slots?.open ?? 0,
    lanes: slots?.lanes ?? 0,
  };
}

/** B9: by state, in all, and the slots. */
export function faultsOfCounters(shown: CountedRollout, truth: Truth): string[] {
  const states = new Set([...Object.keys(shown.devices), ...Object.keys(truth.byState)]);
  const byState = shown.devices;
  const faults = [...states].flatMap((state) => {
    const [is, says] = [truth.byState[state] ?? 0, byState[state] ?? 0];
    return is === says ? [] : [`rollout ${shown.id} shows ${says} devices ${state}, and ${is} are`];
  });
  if (shown.admitted !== truth.admitted)
    faults.push(`rollout ${shown.id} shows ${shown.admitted} admitted, and ${truth.admitted} were`);
  if (truth.lanes !== truth.underWay)
    faults.push(
      `rollout ${shown.id}: ${truth.lanes} slots are taken, and ${truth.underWay} actions are open`,
    );
  return faults;
}
