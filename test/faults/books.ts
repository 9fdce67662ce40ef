import { ask } from './connection';

/** Something that must not be in the database: each row of the answer is one fault. */
interface Rule {
  readonly name: string;
  readonly exceptions: string;
}

/**
 * What has to hold between the tables whatever crashed. Together with the oracle, which compares with what devices did,
 * it shows that counters equal the history.
 */
const RULES: readonly Rule[] = [
  {
    name: 'tallies equal the places of the devices',
    exceptions: `
      SELECT rollout_id, wave, lane, state, sum(devices)::int AS too_many FROM (
        SELECT rollout_id, wave, lane, state, devices FROM rollout_tally
        UNION ALL SELECT rollout_id, wave, lane, state, -1 FROM rollout_device) AS entry
       GROUP BY rollout_id, wave, lane, state HAVING sum(devices) <> 0`,
  },
  {
    name: 'the place of a device is that of its latest action in the rollout',
    exceptions: `
      SELECT latest.rollout_id, latest.device_id, latest.id AS action, latest.state, place.state AS counted_as
        FROM (SELECT DISTINCT ON (rollout_id, device_id) rollout_id, device_id, id, state FROM action
               WHERE rollout_id IS NOT NULL ORDER BY rollout_id, device_id, id DESC) AS latest
        FULL JOIN rollout_device place
          ON place.rollout_id = latest.rollout_id AND place.device_id = latest.device_id
       WHERE (place.action_id, place.state) IS DISTINCT FROM (latest.id, latest.state)`,
  },
  {
    name: 'a slot is taken for each open action and no other',
    exceptions: `
      SELECT lane.rollout_id, lane.lane, lane.in_flight, count(action.id)::int AS open
        FROM rollout_lane lane LEFT JOIN action
          ON action.rollout_id = lane.rollout_id AND action.lane = lane.lane AND action.ended_at IS NULL
       GROUP BY lane.rollout_id, lane.lane, lane.in_flight HAVING lane.in_flight <> count(action.id)`,
  },
  {
    name: 'the log of an action is numbered 1, 2, 3 … and counted',
    exceptions: `
      SELECT action.id, action.log_count, count(log.seq)::int AS entries, max(log.seq) AS last
        FROM action LEFT JOIN action_log log ON log.action_id = action.id
       GROUP BY action.id, action.log_count
      HAVING count(log.seq) <> action.log_count OR count(DISTINCT log.seq) <> action.log_count
          OR coalesce(max(log.seq), 0) <> action.log_count`,
  },
  {
    // What a device says it has installed by itself (origin `device`) ends nothing, and is no attempt either.
    name: 'each end and each correction is one event',
    exceptions: `
      SELECT action.id, action.state, action.is_corrected,
             count(*) FILTER (WHERE event.kind = 'action.ended')::int AS ends,
             count(*) FILTER (WHERE event.kind = 'action.corrected')::int AS corrections
        FROM action LEFT JOIN event ON event.subject = 'action:' || action.id
       WHERE action.origin <> 'device' GROUP BY action.id, action.state, action.is_corrected, action.ended_at
      HAVING count(*) FILTER (WHERE event.kind = 'action.ended') <> (action.ended_at IS NOT NULL)::int
          OR count(*) FILTER (WHERE event.kind = 'action.corrected') <> action.is_corrected::int`,
  },
  {
    // A correction changes what can be told afterwards about how the action ended.
    name: 'attempts equal the ended actions that count as one',
    exceptions: `
      SELECT device_id, origin, count(*) FILTER (WHERE is_attempt)::int AS ended, max(attempts) AS counted FROM (
        SELECT action.device_id, action.origin, action.is_corrected, attempt.attempts,
               action.ended_at IS NOT NULL AND (action.retrieved_at IS NOT NULL
                 OR action.ended_by IN ('device', 'cancel') OR action.state = 'cancelled') AS is_attempt
          FROM action LEFT JOIN device_attempt attempt
            ON attempt.device_id = action.device_id AND attempt.origin = action.origin
         WHERE action.origin <> 'device') AS entry
       GROUP BY device_id, origin
      HAVING NOT bool_or(is_corrected) AND count(*) FILTER (WHERE is_attempt) <> coalesce(max(attempts), 0)`,
  },
];

const SHOWN = 5;

/** Audits the database; the faults in words. */
export async function auditBooks(databaseUrl: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, exceptions } of RULES) {
    const rows = await ask(databaseUrl, exceptions);
    faults.push(
      ...rows.slice(0, SHOWN).map((row) => `books: "${name}" does not hold: ${JSON.stringify(row)}`),
    );
    if (rows.length > SHOWN) faults.push(`books: "${name}": and ${rows.length - SHOWN} more`);
  }
  return faults;
}
