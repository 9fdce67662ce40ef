/** What a device may deliver about one of its actions. */
export type Delivery = 'work' | 'remark' | 'success' | 'failure';

/**
 * What has to become of an action, by a model of its own: written from the rules, not from the server's table. The device's
 * first word that ends it counts, a success only after work on this very action; what the server ended is corrected once.
 */
export class Expectation {
  state: 'open' | 'confirmed' | 'lapsed' | 'failed' | 'cancelled' = 'open';
  private isProven = false;
  private hasSpoken = false;

  deliver(delivery: Delivery): void {
    if (delivery === 'remark') return;
    if (delivery === 'work') {
      this.isProven ||= this.state === 'open';
      return;
    }
    const isLate = this.state === 'cancelled';
    if ((this.state === 'open' || isLate) && !this.hasSpoken) this.conclude(delivery, isLate);
    this.hasSpoken = true;
  }

  /** An operator ends it without asking the device. */
  cancel(): void {
    if (this.state === 'open') this.state = 'cancelled';
  }

  private conclude(delivery: 'success' | 'failure', isLate: boolean): void {
    if (delivery === 'failure') this.state = 'failed';
    else if (this.isProven) this.state = 'confirmed';
    else if (!isLate) this.state = 'lapsed';
  }
}
