import type { OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { connectionOptions } from './data-source';

/** Each of the few statements has one run under way at a time (see MicroBatch); some are two statements in a row. */
const MAX_CONNECTIONS = 5;

/**
 * Statements here always find their few rows by index, whatever the planner believes. Its belief is as old as the last
 * ANALYZE: a fleet that comes in within minutes would else be looked for by reading the whole table. And nothing is planned
 * twice.
 */
const PLAN_BY_INDEX = `
  SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
  SET enable_memoize = off; SET plan_cache_mode = force_generic_plan; SET jit = off`;

/**
 * Connections of their own for what every request of a device causes, so that neither a long list nor a burst of
 * transactions keeps the fleet waiting. Each statement is prepared once per connection.
 */
export class LanePool implements OnApplicationShutdown {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool({
      connectionString: url,
      application_name: 'rookery',
      ...connectionOptions(MAX_CONNECTIONS),
      // Awaited by the pool, whatever its type says: nothing runs on a connection before.
      onConnect: (client) => client.query(PLAN_BY_INDEX) as unknown as undefined,
    });
    this.pool.on('error', () => undefined);
  }

  /** Runs a statement by its name; the same name always means the same text. */
  async run<Row>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return (await this.pool.query({ name, text, values: [...values] })).rows as Row[];
  }

  /** After the last request was answered. */
  async onApplicationShutdown(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }
}
