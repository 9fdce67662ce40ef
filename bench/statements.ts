import { setTimeout as pause } from 'node:timers/promises';
import type { BenchDatabase } from './database';

/** How long until every backend has heard of a changed setting. */
const RELOAD_MS = 200;
/** After this long idle, a backend has reported every transaction of its own. */
export const REPORT_MS = 11_000;
const TEXT_LENGTH = 160;

/** One statement as Postgres saw it, by unit of the scenario. */
export interface StatementCost {
  readonly text: string;
  readonly calls: number;
  readonly planningMs: number;
  /** Wall time inside Postgres, waiting for locks and for the disk included. */
  readonly executionMs: number;
}

export interface StatementCount {
  readonly statements: readonly StatementCost[];
  /** Undefined when nobody wanted to wait for it. */
  readonly transactions: number | undefined;
}

/**
 * Counts the SQL of `database` while `work` runs, BEGIN and COMMIT included. Costs a few per cent, so it is done in
 * rounds that do not count. `countsTransactions` takes 11 s more, until idle connections have reported.
 */
export async function countStatements(
  database: BenchDatabase,
  countsTransactions: boolean,
  work: () => Promise<void>,
): Promise<StatementCount> {
  const { cluster } = database;
  await cluster.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await track(database, 'top');
  const transactionsBefore = await database.transactions();
  await cluster.query('SELECT pg_stat_statements_reset()');
  await work();
  const statements = await cluster.query<StatementCost>(
    `SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), ${TEXT_LENGTH}) AS text, calls::float8 AS calls,
            total_plan_time AS "planningMs", total_exec_time AS "executionMs"
       FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
      WHERE d.datname = $1 ORDER BY total_plan_time + total_exec_time DESC`,
    [new URL(database.url).pathname.slice(1)],
  );
  await track(database, 'none');
  if (!countsTransactions) return { statements, transactions: undefined };
  await pause(REPORT_MS);
  return { statements, transactions: (await database.transactions()) - transactionsBefore };
}

/** Nothing is tracked while something is measured; Postgres starts with `top`, so the bench turns it off first. */
export async function track({ cluster }: BenchDatabase, what: 'top' | 'none'): Promise<void> {
  await cluster.query(`ALTER SYSTEM SET pg_stat_statements.track = '${what}'`);
  await cluster.query('SELECT pg_reload_conf()');
  await pause(RELOAD_MS);
}
