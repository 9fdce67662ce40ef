import type { Leg, NetworkLink, Way } from '../e2e/support/network-link';

/** What is done at a moment, in the same turn of the event loop. */
export type Strike = () => void;

/** A moment in the life of reports: the n-th from now on that passes there. */
export interface ReportMoment {
  /** `arrives`: it is on its way to the server. `answered`: the server has answered, so it has committed. */
  readonly at: 'arrives' | 'answered';
  readonly count: number;
  /** The answer never reaches the device: it cannot know that its report was taken. */
  readonly losesAnswer?: boolean;
  readonly strike: Strike;
}

/** Sees the reports of devices pass through their links, and strikes at the chosen one. */
export class ReportWatch {
  /** Answers that were lost on purpose. */
  lostAnswers = 0;
  private readonly unwatch: (() => void)[];
  /** Legs on which the answer to a report is due. */
  private readonly due = new Set<Leg>();
  private moment: ReportMoment | undefined;
  private passed = 0;
  private lossShare = 0;
  private random: () => number = () => 1;

  constructor(links: readonly NetworkLink[]) {
    this.unwatch = links.map((link) => link.watch((way, bytes, leg) => this.see(way, bytes, leg)));
  }

  /** Strikes once. A later call takes the place of an earlier one that has not struck. */
  await(moment: ReportMoment): void {
    this.moment = moment;
    this.passed = 0;
  }

  forget(): void {
    this.moment = undefined;
  }

  /** From now on this share of the answers to reports is lost, with the connection. */
  loseAnswers(share: number, random: () => number): void {
    this.lossShare = share;
    this.random = random;
  }

  stop(): void {
    for (const unwatch of this.unwatch) unwatch();
  }

  private see(way: Way, bytes: Buffer, leg: Leg): void {
    if (way === 'there') {
      if (!isRequest(bytes)) return;
      if (!isReport(bytes)) {
        this.due.delete(leg);
        return;
      }
      this.due.add(leg);
      this.pass('arrives', leg);
    } else if (this.due.delete(leg)) {
      this.pass('answered', leg);
      if (this.lossShare > 0 && this.random() < this.lossShare) this.lose(leg);
    }
  }

  private pass(at: ReportMoment['at'], leg: Leg): void {
    const { moment } = this;
    if (moment?.at !== at) return;
    this.passed += 1;
    if (this.passed < moment.count) return;
    this.moment = undefined;
    if (moment.losesAnswer === true) this.lose(leg);
    moment.strike();
  }

  private lose(leg: Leg): void {
    this.lostAnswers += 1;
    leg.cut();
  }
}

/** Clients send their head in one piece; what begins otherwise is the rest of a body. */
function isRequest(bytes: Buffer): boolean {
  return /^(?:GET|HEAD|POST|PUT) /.test(bytes.subarray(0, 5).toString('latin1'));
}

function isReport(bytes: Buffer): boolean {
  const firstLine = bytes.subarray(0, 300).toString('latin1').split('\r\n')[0] ?? '';
  return firstLine.startsWith('POST ') && firstLine.includes('/feedback');
}
