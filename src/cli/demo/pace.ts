interface Sample {
  readonly atMs: number;
  readonly polls: number;
  readonly reports: number;
}

/** Rates over the last seconds, from counters that only grow. */
export class Pace {
  private samples: Sample[] = [];

  constructor(private readonly windowMs = 3000) {}

  note(sample: Sample): void {
    this.samples = this.samples.filter(({ atMs }) => sample.atMs - atMs <= this.windowMs);
    this.samples.push(sample);
  }

  get perSecond(): { polls: number; reports: number } {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return { polls: 0, reports: 0 };
    const seconds = (last.atMs - first.atMs) / 1000;
    return {
      polls: Math.round((last.polls - first.polls) / seconds),
      reports: Math.round((last.reports - first.reports) / seconds),
    };
  }
}
