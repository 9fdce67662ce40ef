import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../src/cli/simulator/random';
import type { Postgres } from './postgres';
import type { ReportWatch, Strike } from './report-watch';

/** When to strike, as drawn. */
export type Moment =
  | { readonly kind: 'any-time'; readonly afterMs: number }
  /** So long after the n-th report went to the server: somewhere in its transaction. */
  | { readonly kind: 'report-arrives'; readonly count: number; readonly afterMs: number }
  /** After the commit, before the device hears of it. */
  | { readonly kind: 'answer-lost'; readonly count: number }
  /** With the answer on its way. */
  | { readonly kind: 'answer-sent'; readonly count: number }
  /** While some transaction has written and not committed. */
  | { readonly kind: 'transaction-open'; readonly afterMs: number };

type ReportedMoment = Extract<Moment, { count: number }>;

/** A moment that does not come by then is not waited for. */
const PATIENCE_MS = 20_000;

/** How often each kind is drawn, of all: most strikes are to hit a transaction. */
const KINDS: readonly [Moment['kind'], ...Moment['kind'][]] = [
  'any-time',
  'report-arrives',
  'report-arrives',
  'transaction-open',
  'transaction-open',
  'answer-lost',
  'answer-sent',
];

/** Strikes at random moments that a seed repeats: the same seed draws the same moments in the same order. */
export class Saboteur {
  private readonly random: Random;

  constructor(
    seed: number,
    private readonly watch: ReportWatch,
    private readonly postgres: Postgres,
  ) {
    this.random = new Random(seed, 'saboteur');
  }

  draw(): Moment {
    const kind = this.random.pick(KINDS);
    const [time, count] = [this.random.next(), 1 + Math.floor(this.random.next() * 80)];
    switch (kind) {
      case 'any-time':
        return { kind, afterMs: Math.round(time * 2_500) };
      case 'report-arrives':
        return { kind, count, afterMs: Math.round(time * 8) };
      case 'transaction-open':
        return { kind, afterMs: Math.round(time * 1_000) };
      case 'answer-lost':
      case 'answer-sent':
        return { kind, count };
    }
  }

  /** From 0 up to `most`. */
  upTo(most: number): number {
    return this.random.next() * most;
  }

  /** Waits for the moment and strikes; tells whether it came. */
  async strikeAt(moment: Moment, strike: Strike): Promise<boolean> {
    const hasStruck = await this.attempt(moment, strike);
    this.watch.forget();
    if (!hasStruck) strike();
    return hasStruck;
  }

  private async attempt(moment: Moment, strike: Strike): Promise<boolean> {
    switch (moment.kind) {
      case 'any-time':
        await delay(moment.afterMs);
        strike();
        return true;
      case 'transaction-open':
        await delay(moment.afterMs);
        return this.postgres.atOpenTransaction(strike, PATIENCE_MS);
      case 'report-arrives':
      case 'answer-lost':
      case 'answer-sent':
        return this.untilReport(moment, strike);
    }
  }

  private untilReport(moment: ReportedMoment, strike: Strike): Promise<boolean> {
    return new Promise((resolve) => {
      const patience = setTimeout(() => resolve(false), PATIENCE_MS);
      const act = (): void => {
        clearTimeout(patience);
        strike();
        resolve(true);
      };
      const { kind, count } = moment;
      if (kind === 'report-arrives') {
        const soon = moment.afterMs === 0 ? act : (): void => void setTimeout(act, moment.afterMs);
        this.watch.await({ at: 'arrives', count, strike: soon });
      } else {
        this.watch.await({ at: 'answered', count, losesAnswer: kind === 'answer-lost', strike: act });
      }
    });
  }
}

export function momentText(moment: Moment): string {
  switch (moment.kind) {
    case 'any-time':
      return `after ${moment.afterMs} ms`;
    case 'report-arrives':
      return `${moment.afterMs} ms after report ${moment.count}`;
    case 'answer-lost':
      return `at answer ${moment.count}, which is lost`;
    case 'answer-sent':
      return `at answer ${moment.count}`;
    case 'transaction-open':
      return 'within a transaction';
  }
}
