/** Measures how long something has taken; unlike the time of day it never jumps. */
export class Stopwatch {
  private readonly startedMs = performance.now();

  get elapsedMs(): number {
    return performance.now() - this.startedMs;
  }
}
