import type { IncomingHttpHeaders } from 'node:http';

/** Answers that no request of a device ever deserves: its requests are sound, and the server is to hold. */
const NEVER: ReadonlySet<number> = new Set([400, 401, 403, 406, 413, 415]);
const KEPT = 20;

/** What the server answered, counted over the whole fleet. */
export class Traffic {
  readonly byStatus = new Map<number, number>();
  requests = 0;
  polls = 0;
  reports = 0;
  /** Connections refused, cut or timed out, not counting those that a device cut itself. */
  unanswered = 0;
  /** 503 with Retry-After while an outage was announced. */
  unavailable = 0;
  wrongAnswers = 0;
  /** The first wrong answers, in words. */
  readonly examples: string[] = [];
  private isOutage = false;

  /** While an outage is announced, 503 with Retry-After is no fault. */
  announceOutage(isOutage: boolean): void {
    this.isOutage = isOutage;
  }

  note(request: string, status: number, headers: IncomingHttpHeaders): void {
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    if (status === 503 && headers['retry-after'] !== undefined && this.isOutage) {
      this.unavailable += 1;
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
