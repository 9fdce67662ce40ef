import { Client } from 'pg';

const CONNECT_TIMEOUT_MS = 5000;

/** Runs `work` on a connection of its own whose statements may take as long as they need. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    application_name: 'rookery-backup',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // The next query on it fails, and that is told; an event that nobody listens to would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
