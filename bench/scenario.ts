import type { Outcome } from './contest';
import type { BenchOptions } from './options';
import type { Workbench } from './workbench';

/** One thing that is worth knowing the cost of. */
export interface Scenario {
  readonly name: string;
  /** One line above the table. */
  readonly title: string;
  /** The ratio to the yardstick that we want to stay below. */
  readonly aim: number;
  run(workbench: Workbench, options: BenchOptions, tell: (text: string) => void): Promise<ScenarioRun>;
}

export interface ScenarioRun {
  readonly outcome: Outcome;
  /** What the run was made with, for whoever reads the figures later. */
  readonly conditions: Readonly<Record<string, string | number>>;
}
