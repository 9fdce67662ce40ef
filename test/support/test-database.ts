import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { connectDataSource } from '../../src/platform/database/data-source';
import { migrate } from '../../src/platform/database/migrator';

const TEMPLATE = 'rookery_template';
/** Several test processes may want the template at once; one makes it. */
const TEMPLATE_LOCK = 7_205_759_499;

/** A database of its own for one test file: a clone of the migrated template (tens of milliseconds). */
export async function createDatabase(): Promise<string> {
  return onServer(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount === 0) await makeTemplate(client);
    const name = `rookery_test_${randomBytes(6).toString('hex')}`;
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
    return urlOf(name);
  });
}

/** A database without any table. */
export async function createEmptyDatabase(): Promise<string> {
  return onServer(async (client) => {
    const name = `rookery_test_${randomBytes(6).toString('hex')}`;
    await client.query(`CREATE DATABASE ${name}`);
    return urlOf(name);
  });
}

export async function dropDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await onServer((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}

async function makeTemplate(client: Client): Promise<void> {
  const draft = `${TEMPLATE}_draft`;
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${draft}`);
  const dataSource = await connectDataSource(urlOf(draft));
  try {
    await migrate(dataSource, 'empty');
  } finally {
    await dataSource.destroy();
  }
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${TEMPLATE}`);
}

async function onServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const url = process.env['ROOKERY_TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('there is no test cluster: run this through jest');
  return url;
}

function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.toString();
}
