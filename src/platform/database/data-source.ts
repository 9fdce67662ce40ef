import { Client, type PoolConfig } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { MIGRATIONS, migrationName } from './migrations';

const CONNECT_TIMEOUT_MS = 5000;
/** How long one statement may run before Postgres ends it: no request of ours is worth more. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** A connection that answers nothing for so long is given up, and with it the batch of polls that waits for it. */
const SILENCE_MS = 17_000;

/**
 * A connection whose end is nobody's surprise. pg raises an error that no query waits for as an event, and an event that
 * nobody listens to ends the process. Between pool and TypeORM there is a moment when nobody does: a backend that loses its
 * postmaster right after the greeting says both in one packet.
 */
class SteadyClient extends Client {
  constructor(...args: ConstructorParameters<typeof Client>) {
    super(...args);
    // The next query on it fails, and whoever asked hears of that.
    this.on('error', () => undefined);
  }
}

/** TypeORM's options for a Postgres at `url`. The schema comes from the migrations alone: `synchronize` stays off. */
export function dataSourceOptions(url: string, poolSize: number): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: 'rookery',
    poolErrorHandler: () => undefined,
    extra: connectionOptions(poolSize),
  };
}

/** What holds for every pool of ours, in the words of `pg`. */
export function connectionOptions(poolSize: number): PoolConfig {
  return {
    Client: SteadyClient,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    // The server's time-out needs a server that still speaks: after a failover the connection is just silent.
    query_timeout: SILENCE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/** A data source for tools that stand outside the application (tests, the bench). The caller destroys it. */
export async function connectDataSource(url: string, poolSize = 2): Promise<DataSource> {
  return new DataSource(dataSourceOptions(url, poolSize)).initialize();
}

/**
 * For migrations: on a large table one statement may take hours, and must not be cut off each time it is tried. With names it
 * knows those versions of the schema only.
 */
export async function connectForMigration(url: string, names?: readonly string[]): Promise<DataSource> {
  const unhurried = {
    statement_timeout: undefined,
    idle_in_transaction_session_timeout: undefined,
    query_timeout: undefined,
  };
  const extra = { ...connectionOptions(2), ...unhurried };
  const migrations = MIGRATIONS.filter((one) => names?.includes(migrationName(one)) ?? true);
  return new DataSource({ ...dataSourceOptions(url, 2), migrations, extra }).initialize();
}
