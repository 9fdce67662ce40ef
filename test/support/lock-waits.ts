import type { TestRookery } from './rookery-app';

/** Until a statement with this text waits for a lock. */
export async function aWaitFor(rookery: TestRookery, text: string): Promise<void> {
  for (let look = 0; look < 1000; look += 1) {
    const rows = await rookery.database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
          AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`,
      [text],
    );
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nothing waits in ${text}`);
}
