import { Clock } from '../../src/platform/clock/clock';
import type { TestRookery } from './rookery-app';

/** Runs `work` while the clocks of these servers are ahead by so much: what ends by itself ends without anybody waiting. */
export async function later<T>(
  servers: readonly TestRookery[],
  byMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const spies = servers.map(({ app }) => {
    const clock = app.get(Clock);
    const epochMs = clock.epochMs.bind(clock);
    return jest.spyOn(clock, 'epochMs').mockImplementation(() => epochMs() + byMs);
  });
  try {
    return await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
