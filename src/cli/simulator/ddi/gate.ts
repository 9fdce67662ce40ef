/** Lets so many in at a time; the others wait in order. Cheaper per waiter than a request queued in an agent. */
export class Gate {
  private waiting: (() => void)[] = [];
  private next = 0;

  constructor(private free: number) {}

  async enter(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  leave(): void {
    const first = this.waiting[this.next];
    if (first === undefined) {
      this.free += 1;
      return;
    }
    this.next += 1;
    if (this.next > 1024 && this.next * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.next);
      this.next = 0;
    }
    first();
  }
}
