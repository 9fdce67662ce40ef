import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { connectDataSource } from '../src/platform/database/data-source';
import { EmbeddedPostgres } from '../src/platform/database/embedded/embedded-postgres';
import { migrate } from '../src/platform/database/migrator';
import type { Workbench } from './workbench';

/** A migrated database on an embedded Postgres of its own, with the settings that `npm start` gives it (fsync on). */
export class BenchDatabase {
  private constructor(
    readonly url: string,
    /** The postmaster; every other process of the server is its child. */
    readonly pid: number,
    private readonly client: Client,
  ) {}

  static async start(workbench: Workbench): Promise<BenchDatabase> {
    const log = (level: string, message: string): void => {
      if (level !== 'info') process.stderr.write(`${level}: ${message}\n`);
    };
    const postgres = new EmbeddedPostgres({ dataDir: join(workbench.folder, 'postgres'), log });
    workbench.leave(() => postgres.stop());
    const { url, dataDir } = await postgres.start();
    await migrateTo(url);
    const client = new Client({ connectionString: url });
    workbench.leave(() => client.end());
    await client.connect();
    return new BenchDatabase(url, await pidOf(dataDir), client);
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.client.query(text, [...values])).rows as Row[];
  }

  async one<Row>(text: string, values: readonly unknown[] = []): Promise<Row> {
    const [row] = await this.query<Row>(text, values);
    if (row === undefined) throw new Error(`no row: ${text}`);
    return row;
  }

  async version(): Promise<string> {
    return (await this.one<{ version: string }>(`SELECT current_setting('server_version') AS version`))
      .version;
  }

  /** Bytes of write-ahead log since the server was made. */
  async walBytes(): Promise<number> {
    const text = `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text AS bytes`;
    return Number((await this.one<{ bytes: string }>(text)).bytes);
  }

  /** Committed transactions so far. Backends report theirs late: up to 10 s after they fell idle. */
  async transactions(): Promise<number> {
    const text = 'SELECT xact_commit::text AS count FROM pg_stat_database WHERE datname = current_database()';
    return Number((await this.one<{ count: string }>(text)).count);
  }
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
