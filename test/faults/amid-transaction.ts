import type { Client } from 'pg';
import type { RookeryProcess } from '../e2e/support/rookery-process';
import { connect } from './connection';
import { pause } from './play';

const OPEN = `SELECT pid || ' ' || backend_xid AS id FROM pg_stat_activity
  WHERE application_name = 'rookery' AND state = 'idle in transaction' AND backend_xid IS NOT NULL`;

/** A transaction that stands still for so long is not one of a server that lives. */
const LOOKS = 5;
const LOOK_MS = 25;
const PATIENCE_MS = 10_000;

/**
 * `kill -9` of one of several servers while it has a transaction open that has written: it is stopped now and then to see whether
 * one of the transactions stands still. False when none ever did; it is dead all the same.
 */
export async function killAmidTransaction(server: RookeryProcess, databaseUrl: string): Promise<boolean> {
  const startedMs = performance.now();
  const witness = await connect(databaseUrl);
  try {
    while (performance.now() - startedMs < PATIENCE_MS) {
      server.suspend();
      if (await standsStill(witness)) return true;
      server.resume();
      await pause(LOOK_MS);
    }
    return false;
  } finally {
    await server.kill9();
    await witness.end().catch(() => undefined);
  }
}

async function standsStill(witness: Client): Promise<boolean> {
  let standing = await openTransactions(witness);
  for (let look = 0; look < LOOKS && standing.size > 0; look += 1) {
    await pause(LOOK_MS);
    const now = await openTransactions(witness);
    standing = new Set([...standing].filter((id) => now.has(id)));
  }
  return standing.size > 0;
}

async function openTransactions(witness: Client): Promise<Set<string>> {
  return new Set((await witness.query<{ id: string }>(OPEN)).rows.map(({ id }) => id));
}
