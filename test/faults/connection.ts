import { Client } from 'pg';
import { setTimeout as delay } from 'node:timers/promises';

const CONNECT_MS = 2_000;
/** A busy machine may need long to recover a database. */
const MOST_MS = 60_000;

/** A connection of the harness itself; it never goes through a link. The caller ends it. */
export async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  // Without a listener a connection that breaks would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

/** Runs one statement on a connection of its own. */
export async function ask<Row extends object>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = await connect(url);
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Tries every few milliseconds until the server answers a query; the moment of that, as `performance.now()`. Gives up
 * once `isHopeless`.
 */
export async function untilAnswering(url: string, isHopeless = (): boolean => false): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    try {
      await ask(url, 'SELECT 1');
      return performance.now();
    } catch (error) {
      if (performance.now() - startedMs > MOST_MS || isHopeless()) throw error;
      await delay(5);
    }
  }
}

/** Resolves when the server ends this connection. */
export function ended(client: Client): Promise<void> {
  return new Promise((resolve) => client.once('end', resolve));
}
