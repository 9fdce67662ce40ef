import type { Leg, NetworkLink, Way } from '../e2e/support/network-link';

/** Sees commits pass between Rookery and Postgres, and loses the answers to some: what was asked is done, and nobody knows. */
export class CommitWatch {
  lostAnswers = 0;
  /** Legs on which the answer to a COMMIT is due. */
  private readonly due = new Set<Leg>();
  private readonly unwatch: () => void;

  constructor(
    link: NetworkLink,
    private readonly isToLose: () => boolean,
  ) {
    this.unwatch = link.watch((way, bytes, leg) => this.see(way, bytes, leg));
  }

  stop(): void {
    this.unwatch();
  }

  private see(way: Way, bytes: Buffer, leg: Leg): void {
    if (way === 'there') {
      if (bytes.includes('COMMIT')) this.due.add(leg);
    } else if (this.due.delete(leg) && this.isToLose()) {
      this.lostAnswers += 1;
      leg.cut();
    }
  }
}
