import type { ActionTruth, DeviceTruth } from '../../src/cli/simulator/judging/oracle';
import { isUncertain } from '../../src/cli/simulator/judging/oracle';
import { ask } from './connection';

/** A rollout that is said to have reached every device, and each once. */
export interface OnceEach {
  readonly rolloutId: string;
  readonly devices: number;
  /** Actions that their devices gave up: they may try again. */
  readonly givenUp: readonly string[];
}

/** Something that must not be in the database: each row of the answer is one fault. */
interface Rule {
  readonly name: string;
  /** $1: the rollout. $2: how many devices there are. $3: the actions that their devices gave up. */
  readonly exceptions: string;
}

/** The parameters of every rule, whether it needs them or not: Postgres wants to see each of them used. */
const ASKED = 'asked AS (SELECT $1::bigint AS rollout_id, $2::int AS devices, $3::bigint[] AS given_up)';

const RULES: readonly Rule[] = [
  {
    name: 'every device fetched one action and confirmed it',
    exceptions: `
      WITH ${ASKED} SELECT device.controller_id,
             count(*) FILTER (WHERE action.retrieved_at IS NOT NULL AND action.id <> ALL (asked.given_up))::int AS fetched,
             count(*) FILTER (WHERE action.state = 'confirmed')::int AS confirmed
        FROM asked CROSS JOIN device
        LEFT JOIN action ON action.tenant_id = device.tenant_id AND action.device_id = device.id
                        AND action.rollout_id = asked.rollout_id
       GROUP BY device.id, device.controller_id
      HAVING count(*) FILTER (WHERE action.retrieved_at IS NOT NULL AND action.id <> ALL (asked.given_up)) <> 1
          OR count(*) FILTER (WHERE action.state = 'confirmed') <> 1`,
  },
  {
    // By their commits: the first line of an action's log is its offer, and its end is an event.
    name: 'nobody was offered an action before the last one had ended',
    exceptions: `
      WITH ${ASKED}, life AS (
        SELECT action.controller_id, action.device_id, action.id, pg_xact_commit_timestamp(offer.xmin) AS offered,
               (SELECT min(pg_xact_commit_timestamp(event.xmin)) FROM event
                 WHERE event.tenant_id = action.tenant_id AND event.kind = 'action.ended'
                   AND event.subject = 'action:' || action.id) AS ended
          FROM asked JOIN action USING (rollout_id)
          JOIN action_log offer
            ON offer.tenant_id = action.tenant_id AND offer.action_id = action.id AND offer.seq = 1)
      SELECT controller_id, id, before AS while_open FROM (
        SELECT life.*, lag(id) OVER earlier AS before, lag(ended) OVER earlier AS ended_before
          FROM life WINDOW earlier AS (PARTITION BY device_id ORDER BY id)) AS pair
       WHERE before IS NOT NULL AND (ended_before IS NULL OR ended_before > offered)`,
  },
  {
    name: 'every action was offered once and ended once',
    exceptions: `
      WITH ${ASKED} SELECT action.controller_id, action.id, entry.offers, past.ends
        FROM asked JOIN action USING (rollout_id)
        CROSS JOIN LATERAL (SELECT count(*)::int AS offers FROM action_log log
          WHERE log.tenant_id = action.tenant_id AND log.action_id = action.id
            AND log.source = 'server' AND log.status = 'offered') AS entry
        CROSS JOIN LATERAL (SELECT count(*)::int AS ends FROM event
          WHERE event.tenant_id = action.tenant_id AND event.subject = 'action:' || action.id
            AND event.kind = 'action.ended') AS past
       WHERE entry.offers <> 1 OR past.ends <> 1`,
  },
  {
    name: 'what is shown, the places of the devices and their latest actions are the same numbers',
    exceptions: `
      WITH ${ASKED}, entry AS (
        SELECT tally.state, tally.devices AS shown, 0 AS places, 0 AS latest
          FROM asked JOIN rollout_tally tally USING (rollout_id)
        UNION ALL SELECT place.state, 0, 1, 0 FROM asked JOIN rollout_device place USING (rollout_id)
        UNION ALL SELECT one.state, 0, 0, 1 FROM (
          SELECT DISTINCT ON (action.device_id) action.state FROM asked JOIN action USING (rollout_id)
           ORDER BY action.device_id, action.id DESC) AS one)
      SELECT state, sum(shown)::int AS shown, sum(places)::int AS places, sum(latest)::int AS latest
        FROM entry GROUP BY state HAVING sum(shown) <> sum(places) OR sum(places) <> sum(latest)`,
  },
  {
    name: 'all devices are confirmed, and the rollout is finished',
    exceptions: `
      WITH ${ASKED} SELECT rollout.state, asked.devices, (SELECT coalesce(sum(devices), 0)::int FROM rollout_tally
              WHERE rollout_id = rollout.id AND state = 'confirmed') AS confirmed
        FROM asked JOIN rollout ON rollout.id = asked.rollout_id
       WHERE rollout.state <> 'finished' OR asked.devices <> (SELECT coalesce(sum(devices), 0) FROM rollout_tally
              WHERE rollout_id = rollout.id AND state = 'confirmed')`,
  },
  {
    name: 'every slot has come back',
    exceptions: `
      WITH ${ASKED} SELECT lane.lane, lane.in_flight FROM asked JOIN rollout_lane lane USING (rollout_id)
       WHERE lane.in_flight <> 0`,
  },
];

const SHOWN = 5;

/** Judges by the tables alone; the faults in words. */
export async function auditOnceEach(databaseUrl: string, asked: OnceEach): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, exceptions } of RULES) {
    const rows = await ask(databaseUrl, exceptions, [asked.rolloutId, asked.devices, asked.givenUp]);
    faults.push(...rows.slice(0, SHOWN).map((row) => `"${name}" does not hold: ${JSON.stringify(row)}`));
    if (rows.length > SHOWN) faults.push(`"${name}": and ${rows.length - SHOWN} more`);
  }
  return faults;
}

/** What the devices' own books say about who installed how often. */
export interface Installs {
  /** In words. Has to be empty. */
  readonly faults: readonly string[];
  /** Devices that installed what they had installed, since nobody had told them that their report had arrived. */
  readonly repeated: number;
  /** Actions that devices gave up and said so, as those do whose download was cut and cannot go on. */
  readonly givenUp: readonly string[];
}

/** Judges by what the devices did. Each installs once; but for the clients that forget and never heard an answer. */
export function judgeInstalls(devices: Iterable<DeviceTruth>): Installs {
  const faults: string[] = [];
  const givenUp: string[] = [];
  let repeated = 0;
  for (const { controllerId, actions } of devices) {
    const all = [...actions.values()];
    const abandoned = all.filter(isGivenUp);
    givenUp.push(...abandoned.map(({ actionId }) => actionId));
    const fetched = all.filter((action) => action.isFetched && !abandoned.includes(action));
    const installs = all.reduce((sum, action) => sum + action.installs, 0);
    if (fetched.length !== 1) faults.push(`${controllerId} fetched ${fetched.length} actions`);
    if (installs === 1) continue;
    if (isExcused(fetched, installs)) repeated += 1;
    else faults.push(`${controllerId} installed ${installs} times`);
  }
  return { faults, repeated, givenUp };
}

function isGivenUp({ installs, reports }: ActionTruth): boolean {
  return (
    installs === 0 && reports.some(({ on, status }) => on === 'deployment' && status === 'closed/failure')
  );
}

/** Once more for each success told of the one action whose answer never came, and in no other action. */
function isExcused(fetched: readonly ActionTruth[], installs: number): boolean {
  const [only, ...others] = fetched;
  if (only === undefined || others.length > 0 || only.installs !== installs) return false;
  const unheard = only.reports.filter(
    ({ on, status, answer }) => on === 'deployment' && status === 'closed/success' && isUncertain(answer),
  ).length;
  return installs > 1 && installs <= 1 + unheard;
}
