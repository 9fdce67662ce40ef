import { setTimeout as delay } from 'node:timers/promises';

/** How long `eventually` tries, and how often. */
export interface EventuallyOptions {
  /**
   * After this the last error is thrown. Default 20 s: one poll, one download and one report fit several
   * times.
   */
  readonly timeoutMs?: number;
  /** Pause between two tries. Default 100 ms. */
  readonly everyMs?: number;
}

/**
 * Repeats an expectation about another process until it holds, and returns what it returned.
 *
 * The last failure is thrown as it is, so that jest shows the difference and not "timed out".
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 20_000, everyMs = 100 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      if (performance.now() >= deadline) {
        throw failure;
      }
    }
    await delay(everyMs);
  }
}
