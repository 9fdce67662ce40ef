/** Half of the clients that are told apart in one second. When there are more, the older half begins anew. */
const HALF = 50_000;

/** How many requests each client sent in the current second; forgotten whole when the next one begins. */
export class RequestRate {
  private recent = new Map<string, number>();
  /** Two halves, since taking single entries off the front of a large map is slow. */
  private older = new Map<string, number>();
  private second = -1;

  /** `limit`: requests of one client in one second; 0: any number. */
  constructor(private readonly limit: number) {}

  /** Counts a request; false when it is one too many. `nowMs` may count from anywhere, but never goes back. */
  admits(client: string, nowMs: number): boolean {
    if (this.limit === 0) return true;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) this.begin(second);
    const before = this.recent.get(client) ?? this.older.get(client) ?? 0;
    if (this.recent.size >= HALF && !this.recent.has(client)) this.age();
    this.recent.set(client, before + 1);
    return before < this.limit;
  }

  private begin(second: number): void {
    this.second = second;
    this.recent = new Map();
    this.older = new Map();
  }

  private age(): void {
    this.older = this.recent;
    this.recent = new Map();
  }
}
