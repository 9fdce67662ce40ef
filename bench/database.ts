import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';

const LOOK_MS = 50;

/** The Postgres that a database is in. */
export interface HostingCluster {
  /** The postmaster; every other process of the server is its child. */
  readonly pid: number;
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  version(): Promise<string>;
  walBytes(): Promise<number>;
}

/** The database of one stage, and a connection to it that is nobody's but the bench's. */
export class BenchDatabase {
  constructor(
    readonly cluster: HostingCluster,
    readonly url: string,
    private readonly client: Client,
  ) {}

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.client.query(text, [...values])).rows as Row[];
  }

  async one<Row>(text: string, values: readonly unknown[] = []): Promise<Row> {
    const [row] = await this.query<Row>(text, values);
    if (row === undefined) throw new Error(`no row: ${text}`);
    return row;
  }

  /** What belongs together is committed together; a fleet half made is of no use. */
  async inOneTransaction(work: () => Promise<void>): Promise<void> {
    await this.query('BEGIN');
    await work();
    await this.query('COMMIT');
  }

  /** After a fleet was made or changed by SQL: fresh statistics, clean pages, nothing left for autovacuum. */
  async settle(): Promise<void> {
    await this.query('VACUUM ANALYZE');
    await this.query('CHECKPOINT');
  }

  /** Resolves when no session of a program is left: only then all that it did is counted. */
  async untilGone(program: string): Promise<void> {
    const text = 'SELECT 1 FROM pg_stat_activity WHERE application_name = $1';
    while ((await this.query(text, [program])).length > 0) await pause(LOOK_MS);
  }

  /** Committed transactions so far. Backends report theirs late: up to 10 s after they fell idle; ours does at once. */
  async transactions(): Promise<number> {
    await this.query('SELECT pg_stat_force_next_flush()');
    const text = 'SELECT xact_commit::text AS count FROM pg_stat_database WHERE datname = current_database()';
    return Number((await this.one<{ count: string }>(text)).count);
  }
}
