import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../embedded-postgres.errors';
import type { Log } from '../log';
import type { Postmaster } from './postmaster';
import { Stopwatch } from '../stopwatch';

const STEADY_AFTER_MS = 60_000;
const LONGEST_PAUSE_MS = 10_000;

/** Starts the server again when it ends by itself: at once, then after longer and longer pauses, for ever. */
export class Supervisor {
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;
  private failures = 0;

  constructor(
    private postmaster: Postmaster,
    private readonly relaunch: () => Promise<Postmaster>,
    private readonly log: Log,
  ) {
    this.watching = this.watch();
  }

  /** Stops watching, and the server. Waits for a restart that is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const stopped = this.postmaster.stop();
    await Promise.all([stopped, this.watching]);
    // A restart may have finished at the last moment.
    if (!this.postmaster.isGone) await this.postmaster.stop();
  }

  private hasStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async watch(): Promise<void> {
    while (!this.hasStopped()) {
      const { pid, port } = this.postmaster;
      const stopwatch = new Stopwatch();
      const reason = await this.postmaster.gone;
      if (this.hasStopped()) return;
      if (stopwatch.elapsedMs > STEADY_AFTER_MS) this.failures = 0;
      this.log(
        'error',
        `Postgres (pid ${pid}) ended by itself (${reason}); starting it again on port ${port}.`,
      );
      await this.restart();
    }
  }

  private async restart(): Promise<void> {
    while (!this.hasStopped()) {
      const pauseMs = this.failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 250 * 2 ** (this.failures - 1));
      this.failures += 1;
      await pause(pauseMs, undefined, { ref: false, signal: this.stopping.signal }).catch(() => undefined);
      if (this.hasStopped()) return;
      try {
        this.postmaster = await this.relaunch();
        this.log('info', `Postgres runs again (pid ${this.postmaster.pid}, port ${this.postmaster.port}).`);
        return;
      } catch (error) {
        if (!this.hasStopped()) this.log('error', `${messageOf(error)}\nTrying again.`);
      }
    }
  }
}
