import type { IncomingHttpHeaders } from 'node:http';

/** Answers that no request of a device ever deserves: its requests are sound, and the server is to hold. */
const NEVER: ReadonlySet<number> = new Set([400, 401, 403, 406, 413, 415, 429]);
/** "Come back": while its database is away the server says it with 503 to polls and with 429 to reports. */
const BUSY: ReadonlySet<number> = new Set([429, 503]);
const KEPT = 20;

/** What the server answered, counted over the whole fleet. */
export class Traffic {
  readonly byStatus = new Map<number, number>();
  requests = 0;
  polls = 0;
  reports = 0;
  /** Connections refused, cut or timed out, not counting those that a device cut itself. */
  unanswered = 0;
  /** 503 and 429 with Retry-After while an outage was announced. */
  unavailable = 0;
  /** When the last of them came, as `performance.now()`; 0: none yet. */
  lastUnavailableMs = 0;
  wrongAnswers = 0;
  /** The first wrong answers, in words. */
  readonly examples: string[] = [];
  private isOutage = false;

  /** While an outage is announced, 503 and 429 with Retry-After are no fault. */
  announceOutage(isOutage: boolean): void {
    this.isOutage = isOutage;
  }

  note(request: string, status: number, headers: IncomingHttpHeaders): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    if (BUSY.has(status) && headers['retry-after'] !== undefined && this.isOutage) {
      this.unavailable += 1;
      this.lastUnavailableMs = performance.now();
      return;
    }
    if (status >= 500 || NEVER.has(status)) this.complain(`${request} was answered ${status}`);
  }

  /** Something the server did that it must never do. */
  complain(what: string): void {
    this.wrongAnswers += 1;
    if (this.examples.length < KEPT) this.examples.push(what);
  }
}
