import type { BenchDatabase } from './database';
import type { RoundReport } from './load';

/** Something that does the units of a scenario and is measured while it does. */
export interface Contestant {
  /** For the table. */
  readonly name: string;
  /** The Node process whose CPU and memory count; pgbench asks Postgres without one. */
  readonly pid?: number;
  /** Another process without which that one does not do this; its CPU counts as well. */
  readonly companionPid?: number;
  /** The load generator, to see whether it was the one that could do no more. */
  readonly loadPid?: number;
  /** Whose cost counts; the bare server uses none. */
  readonly database?: BenchDatabase;
  /** Whether its SQL is worth counting: not of what another contestant has done already. */
  readonly isCounted: boolean;
  /** The part of a full round that is enough to know it. */
  readonly share: number;
  /** Before the first warm-up: what makes the code hot. */
  readonly rehearse?: ((seconds: number) => Promise<void>) | undefined;
  /** Before each round, and not part of it. */
  readonly ready?: () => Promise<void>;
  drive(seconds: number): Promise<RoundReport>;
}
