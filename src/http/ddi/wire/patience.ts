import { isDatabaseUnavailable } from '../../../platform/database/database.errors';

const RETRY_MS = 500;
/** Longer than a restart of Postgres, shorter than the time-outs of the clients. */
const MOST_MS = 20_000;

/** Repeats `work` for a while when the database cannot answer. For requests that a client would not repeat itself. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || performance.now() - startedMs > MOST_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
