import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../clock/clock';
import { isTransient } from './s3-failure';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 4000;

/** Repeats what may be repeated, with growing pauses, until it goes well or the time for it is over. */
export class Patience {
  constructor(
    private readonly clock: Clock,
    private readonly boundMs: number,
  ) {}

  async for<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const endsAt = this.clock.monotonicMs() + this.boundMs;
    for (let turn = 0; ; turn += 1) {
      try {
        return await attempt();
      } catch (error) {
        const pauseMs = pause(turn);
        if (signal?.aborted === true || !isTransient(error)) throw error;
        if (this.clock.monotonicMs() + pauseMs > endsAt) throw error;
        await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
      }
    }
  }
}

/** Random by half, so that those whom one fault hit do not come back together. */
function pause(turn: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** turn, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}
