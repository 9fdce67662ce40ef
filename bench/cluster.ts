import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { connectDataSource } from '../src/platform/database/data-source';
import { EmbeddedPostgres } from '../src/platform/database/embedded/embedded-postgres';
import { migrate } from '../src/platform/database/migrator';
import { BenchDatabase } from './database';
import type { Workbench } from './workbench';

/**
 * An embedded Postgres of the bench's own, with the settings that `npm start` gives it (fsync on). It loads one library
 * more, which counts statements and sleeps while something is measured.
 */
export class Cluster {
  private constructor(
    private readonly url: string,
    /** The postmaster; every other process of the server is its child. */
    readonly pid: number,
    private readonly client: Client,
  ) {}

  static async start(workbench: Workbench): Promise<Cluster> {
    const log = (level: string, message: string): void => {
      if (level !== 'info') process.stderr.write(`${level}: ${message}\n`);
    };
    const postgres = new EmbeddedPostgres({
      dataDir: join(workbench.folder, 'postgres'),
      log,
      settings: {
        shared_preload_libraries: 'pg_stat_statements',
        'pg_stat_statements.track_planning': 'on',
      },
    });
    workbench.leave(() => postgres.stop());
    const { url, dataDir } = await postgres.start();
    const client = await connect(workbench, url);
    return new Cluster(url, await pidOf(dataDir), client);
  }

  /** A migrated database, dropped when `workbench` is cleared: a fleet of a million is not kept for nothing. */
  async createDatabase(workbench: Workbench, name: string): Promise<BenchDatabase> {
    await this.query(`CREATE DATABASE "${name}"`);
    workbench.leave(() => this.query(`DROP DATABASE "${name}" WITH (FORCE)`));
    const url = new URL(this.url);
    url.pathname = `/${name}`;
    await migrateTo(url.href);
    return new BenchDatabase(this, url.href, await connect(workbench, url.href));
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.client.query(text, [...values])).rows as Row[];
  }

  async version(): Promise<string> {
    const [row] = await this.query<{ version: string }>(
      `SELECT current_setting('server_version') AS version`,
    );
    return row?.version ?? 'unknown';
  }

  /** Bytes of write-ahead log since the server was made. */
  async walBytes(): Promise<number> {
    const text = `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text AS bytes`;
    const [row] = await this.query<{ bytes: string }>(text);
    return Number(row?.bytes);
  }
}

async function connect(workbench: Workbench, url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  // Without a listener a connection that breaks while all is torn down would end the process.
  client.on('error', () => undefined);
  await client.connect();
  workbench.leave(() => client.end());
  return client;
}

async function migrateTo(url: string): Promise<void> {
  const dataSource = await connectDataSource(url);
  try {
    await migrate(dataSource, 'empty');
  } finally {
    await dataSource.destroy();
  }
}

async function pidOf(dataDir: string): Promise<number> {
  const [first] = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n');
  return Number(first);
}
