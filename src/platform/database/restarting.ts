import { isRestartable } from './database.errors';

/** How often a unit that lost a race in Postgres is run from its start before its error reaches the caller. */
const MAX_ATTEMPTS = 6;

/** Runs `work`, which commits or leaves nothing behind, once more from its start when it lost a race in Postgres. */
export async function restarting<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isRestartable(error)) throw error;
      await pause(attempt * 5 * Math.random());
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
