import { Injectable } from '@nestjs/common';

/**
 * The only source of "now". All replicas must agree on it, so it is the database's time plus what has elapsed on this
 * machine's monotonic clock since; before the first {@link Clock.synchronise} it is the system's.
 */
@Injectable()
export class Clock {
  private anchorEpochMs = Date.now();
  private anchorMonotonicMs = performance.now();
  private skew = 0;

  now(): Date {
    return new Date(this.epochMs());
  }

  epochMs(): number {
    return this.anchorEpochMs + (performance.now() - this.anchorMonotonicMs);
  }

  /** Milliseconds since an arbitrary moment; never jumps. For measuring how long something took. */
  monotonicMs(): number {
    return performance.now();
  }

  /** Takes the database's time over. `roundTripMs` is how long asking took; half of it has passed since the answer. */
  synchronise(databaseEpochMs: number, roundTripMs: number): void {
    this.anchorEpochMs = databaseEpochMs + roundTripMs / 2;
    this.anchorMonotonicMs = performance.now();
    this.skew = Date.now() - this.anchorEpochMs;
  }

  /** How far this machine's own clock was ahead of the database's at the last synchronisation. */
  get skewMs(): number {
    return this.skew;
  }
}
