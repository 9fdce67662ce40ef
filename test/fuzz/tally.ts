import { standingOf, type Exchanged } from './plea';

/** How often something was; the keys in order. */
export type Counts = Readonly<Record<string, number>>;

/** The figures of a run. */
export interface Figures {
  readonly requests: number;
  readonly byRoute: Counts;
  /** By the status of the answer, several joined; and by how it ended when there was none. */
  readonly byAnswer: Counts;
  readonly byMutation: Counts;
  readonly byStanding: Counts;
}

/** Counts what was exchanged. */
export class Tally {
  private requests = 0;
  private readonly routes = new Map<string, number>();
  private readonly answers = new Map<string, number>();
  private readonly mutations = new Map<string, number>();
  private readonly standings = new Map<string, number>();

  count(batch: readonly Exchanged[]): void {
    this.requests += batch.length;
    for (const exchanged of batch) {
      const { mutant, outcome } = exchanged;
      add(this.routes, mutant.route);
      add(this.answers, outcome.answers.map(({ status }) => status).join('+') || `none, ${outcome.ending}`);
      for (const mutation of mutant.mutations.length === 0 ? ['none'] : mutant.mutations)
        add(this.mutations, mutation);
      add(this.standings, standingOf(exchanged));
    }
  }

  get figures(): Figures {
    return {
      requests: this.requests,
      byRoute: sorted(this.routes),
      byAnswer: sorted(this.answers),
      byMutation: sorted(this.mutations),
      byStanding: sorted(this.standings),
    };
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): Counts {
  const order = new Intl.Collator('en', { numeric: true });
  return Object.fromEntries([...counts].sort(([a], [b]) => order.compare(a, b)));
}
