import { setTimeout as pause } from 'node:timers/promises';
import { membersOf } from '../fleets/members';
import { figureOf } from '../figures';
import type { Stage } from '../stage';
import { track } from '../statements';
import type { Aside, AsideRow } from './aside';

/** Devices that a rollout has admitted: most updated and watched, some under way, some failed. */
const MEMBERS = 200_000;
const QUICK_MEMBERS = 1000;
const IDLE_MS = 65_000;
const QUICK_IDLE_MS = 2500;
/** What a statement may touch at most, in pages of 8 KiB: a thousand rows found and written by index, with their indexes. */
const MOST_PAGES = 20_000;

interface Statement {
  readonly text: string;
  readonly calls: number;
  readonly ms: number;
  readonly pages: number;
}

/**
 * What the server asks by itself, every two seconds and every minute, while nobody polls: the scheduler (waves, soaks, silence, pace
 * of releases) and the sweeps of deadlines and queues. None may read the fleet.
 */
export const rounds: Aside = {
  name: 'rounds',
  title: 'What the server asks by itself while nobody polls: ms in Postgres by statement',
  measure: async (stage: Stage, isQuick) => {
    const { database, devices } = stage;
    await membersOf(stage, Math.min(isQuick ? QUICK_MEMBERS : MEMBERS, devices));
    await database.cluster.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    await track(database, 'top');
    await database.cluster.query('SELECT pg_stat_statements_reset()');
    await pause(isQuick ? QUICK_IDLE_MS : IDLE_MS);
    const statements = await database.cluster.query<Statement>(STATEMENTS, [
      new URL(database.url).pathname.slice(1),
    ]);
    await track(database, 'none');
    return statements.map((one) => rowOf(one, devices));
  },
};

function rowOf({ text, calls, ms, pages }: Statement, devices: number): AsideRow {
  const verdict = pages > MOST_PAGES ? 'READS MANY' : '';
  const note = `${calls} × ${pages.toFixed(0)} pages ${verdict}`.trimEnd();
  return { what: text, devices, unit: 'ms', figure: figureOf([ms]), note };
}

const STATEMENTS = `
  SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS text, calls::float8 AS calls,
         (total_plan_time + total_exec_time) / calls AS ms, (shared_blks_hit + shared_blks_read)::float8 / calls AS pages
    FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
   WHERE d.datname = $1 AND query ~ '^\\s*(SELECT|UPDATE|WITH|INSERT|DELETE)' AND query !~ 'pg_stat' AND calls > 0
   ORDER BY (total_plan_time + total_exec_time) DESC LIMIT 15`;
