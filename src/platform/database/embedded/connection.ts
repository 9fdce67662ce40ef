import { Client } from 'pg';
import { hasCode } from './embedded-postgres.errors';

/** How to reach the server as its superuser `rookery`. */
export interface Credentials {
  port: number;
  password: string;
}

const DATABASE = 'rookery';

export function urlOf({ port, password }: Credentials): string {
  return `postgres://rookery:${password}@127.0.0.1:${port}/${DATABASE}`;
}

/** Creates the database `rookery` unless it is there. */
export async function ensureDatabase(credentials: Credentials): Promise<void> {
  try {
    await query(credentials, DATABASE, 'SELECT 1');
  } catch (error) {
    // invalid_catalog_name: no such database.
    if (!hasCode(error, '3D000')) throw error;
    await query(credentials, 'postgres', `CREATE DATABASE ${DATABASE}`);
  }
}

/**
 * Asks the server which version it is and which data directory it serves; throws when it does not let us in.
 */
export async function identify(credentials: Credentials): Promise<{ version: string; dataDir: string }> {
  const text = `SELECT current_setting('server_version') version, current_setting('data_directory') dir`;
  const [row] = await query(credentials, 'postgres', text);
  return { version: String(row?.['version']), dataDir: String(row?.['dir']) };
}

async function query(
  { port, password }: Credentials,
  database: string,
  text: string,
): Promise<Array<Record<string, unknown>>> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'rookery',
    password,
    database,
    // Explicitly, or PGSSLMODE and PGOPTIONS of our environment would apply.
    ssl: false,
    options: '',
    connectionTimeoutMillis: 3000,
    query_timeout: 30_000,
  });
  // Without a listener a connection that breaks would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
