/** Half of what is told apart in one minute. When there is more, the older half begins anew. */
const HALF = 20_000;
const WINDOW_MS = 60_000;

/** How often each client failed in the current minute; forgotten whole when the next one begins. */
export class Failures {
  private recent = new Map<string, number>();
  /** Two halves, since taking single entries off the front of a large map is slow. */
  private older = new Map<string, number>();
  private windowEndsMs = 0;

  /** `limit`: failures of one client in one minute; 0: any number. */
  constructor(private readonly limit: number) {}

  /** Nobody has failed lately: the usual case, and cheap to ask. */
  get isQuiet(): boolean {
    return this.recent.size === 0;
  }

  /** `nowMs` may count from anywhere, but never goes back. */
  note(client: string, nowMs: number): void {
    if (this.limit === 0) return;
    this.settle(nowMs);
    if (this.isQuiet) this.windowEndsMs = nowMs + WINDOW_MS;
    const before = this.countOf(client);
    if (this.recent.size >= HALF && !this.recent.has(client)) this.age();
    this.recent.set(client, before + 1);
  }

  /** How long the client is to wait before it may try again; 0: it may. */
  waitMs(client: string, nowMs: number): number {
    this.settle(nowMs);
    return this.limit > 0 && this.countOf(client) >= this.limit ? this.windowEndsMs - nowMs : 0;
  }

  private countOf(client: string): number {
    return this.recent.get(client) ?? this.older.get(client) ?? 0;
  }

  private settle(nowMs: number): void {
    if (this.isQuiet || nowMs < this.windowEndsMs) return;
    this.recent = new Map();
    this.older = new Map();
  }

  private age(): void {
    this.older = this.recent;
    this.recent = new Map();
  }
}
