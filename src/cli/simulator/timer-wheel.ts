interface Entry {
  readonly dueTick: number;
  readonly ring: () => void;
}

const TICK_MS = 10;
const SLOTS = 4096;

/**
 * All timers of the fleet on one timer of the process. A timer costs one small object, setting one is a push, and none
 * is ever cancelled but with the whole wheel.
 */
export class TimerWheel {
  private readonly slots: Entry[][] = Array.from({ length: SLOTS }, () => []);
  private readonly startedMs = performance.now();
  private tick = 0;
  private timer: NodeJS.Timeout | undefined;
  private waiting = 0;

  /** How many timers are set. */
  get size(): number {
    return this.waiting;
  }

  /** Does not keep the process alive: who waits for the fleet does. */
  start(): void {
    this.timer ??= setInterval(() => this.turn(), TICK_MS).unref();
  }

  /** Forgets every timer: who sleeps on one never wakes. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    for (const slot of this.slots) slot.length = 0;
    this.waiting = 0;
  }

  after(ms: number, ring: () => void): void {
    const ticks = Math.max(1, Math.ceil(ms / TICK_MS));
    const dueTick = Math.max(this.tick, this.currentTick()) + ticks;
    this.slots[dueTick % SLOTS]?.push({ dueTick, ring });
    this.waiting += 1;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.after(ms, wake));
  }

  private currentTick(): number {
    return Math.floor((performance.now() - this.startedMs) / TICK_MS);
  }

  private turn(): void {
    const now = this.currentTick();
    // After a long pause of the process every slot is looked at once, which is enough.
    const from = Math.max(this.tick + 1, now - SLOTS + 1);
    this.tick = now;
    for (let tick = from; tick <= now; tick += 1) this.ringSlot(tick % SLOTS, now);
  }

  private ringSlot(index: number, now: number): void {
    const slot = this.slots[index];
    if (slot === undefined || slot.length === 0) return;
    const due = slot.filter((entry) => entry.dueTick <= now);
    if (due.length === 0) return;
    this.slots[index] = slot.filter((entry) => entry.dueTick > now);
    this.waiting -= due.length;
    for (const { ring } of due) ring();
  }
}
