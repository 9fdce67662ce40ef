import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Pool, PoolClient, QueryConfig } from 'pg';
import { LanePool } from './lane-pool';
import { restarting } from './restarting';

/** Anything that runs SQL: the pool, or one transaction. bigint arrives as a decimal string, timestamptz as a Date. */
export interface Sql {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs a statement and tells how many rows it touched. */
  execute(text: string, values?: readonly unknown[]): Promise<number>;
}

/** One unit of work on one connection. `manager` is TypeORM's on the same connection. */
export interface Transaction extends Sql {
  readonly manager: EntityManager;
}

/** Raised inside a transaction whose premise no longer holds; {@link Database.transaction} runs the unit again. */
export class RestartTransaction extends Error {
  readonly code = '40001';
}

@Injectable()
export class Database implements Sql {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lanes: LanePool,
  ) {}

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.pool.query(text, [...values])).rows as Row[];
  }

  async execute(text: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.pool.query(text, [...values])).rowCount ?? 0;
  }

  /** A statement of the hot path, on connections that are kept for those: see {@link LanePool}. */
  async prepared<Row>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.lanes.run(name, text, values);
  }

  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  /**
   * Runs `work` in one READ COMMITTED transaction; what it returned is committed when this resolves. On 40001 and
   * 40P01 the *whole* unit runs again (an aborted transaction cannot be continued), so `work` must have no other
   * effect than on the database.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return restarting(() => this.once(work));
  }

  /** Runs `work` on one snapshot: every statement sees the same state of the database. Read only. */
  async snapshot<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return this.once(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      return work(tx);
    });
  }

  private async once<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    let client: PoolClient | undefined;
    try {
      client = (await runner.connect()) as PoolClient;
      await runner.startTransaction();
      const result = await work(transactionOn(client, runner.manager));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      // Where not even a rollback is answered, the transaction may live on: whoever got the connection next would commit it.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => void client?.end());
      throw error;
    } finally {
      await runner.release();
    }
  }

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }
}

/** Texts that have a name, process-wide; those made up as they go (a list of columns) must not fill the servers' memory. */
const MOST_NAMES = 300;
const names = new Map<string, string>();

/**
 * Each connection plans a named statement once, and planning is what most statements here cost. Not those that return `*`:
 * they would fail once a migration adds a column.
 */
function statement(text: string, values: readonly unknown[]): QueryConfig {
  let name = names.get(text);
  if (name === undefined && names.size < MOST_NAMES && !text.includes('*')) {
    name = `tx-${names.size}`;
    names.set(text, name);
  }
  return { text, values: [...values], ...(name === undefined ? {} : { name }) };
}

function transactionOn(client: PoolClient, manager: EntityManager): Transaction {
  return {
    manager,
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await client.query(statement(text, values))).rows as Row[],
    execute: async (text, values = []) => (await client.query(statement(text, values))).rowCount ?? 0,
  };
}
