import type { Logger } from '@nestjs/common';

/** The log is told once in this time, however much is refused. */
const TELL_MS = 60_000;

/** Tells how many were refused, at most once a minute; never what they sent. */
export class RefusalLog {
  private count = 0;
  private toldAtMs = Number.NEGATIVE_INFINITY;

  /** `what` goes on from a number: "attempts … were refused". */
  constructor(
    private readonly logger: Logger,
    private readonly what: string,
  ) {}

  note(network: string, nowMs: number): void {
    this.count += 1;
    if (nowMs - this.toldAtMs < TELL_MS) return;
    this.logger.warn(`${this.count} ${this.what}, the last one from ${network}`);
    this.count = 0;
    this.toldAtMs = nowMs;
  }
}
