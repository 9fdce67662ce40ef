import type { SimulatedFleet } from '../../src/cli/simulator/fleet';
import { History } from '../../src/cli/simulator/judging/history';
import { Judge } from '../../src/cli/simulator/judging/verdict';
import { auditBooks } from './books';
import { compareReceipts, markedReports, type MarkedReport, type Receipts } from './receipts';
import type { Theatre } from './theatre';

/** What was found when all was over. */
export interface Findings {
  /** Everything that is not as it should be, in words. Has to be empty. */
  readonly faults: readonly string[];
  readonly devices: number;
  readonly actions: number;
  readonly rollouts: number;
  readonly requests: number;
  /** Answers by HTTP status; those that never came are `unanswered`. */
  readonly answers: Readonly<Record<string, number>>;
  readonly unanswered: number;
  /** 503 and 429 with Retry-After while an outage was announced. */
  readonly refusedInOutage: number;
  /** Other 5xx, and refusals that a sound request never deserves. Has to be 0. */
  readonly wrongAnswers: number;
  readonly receipts: Receipts;
}

/**
 * Judges by three independent witnesses: the oracle of the simulator (what devices did against what the management API
 * says), the receipts (each report by its own mark) and the books (the tables among themselves).
 */
export async function judge(
  theatre: Theatre,
  fleet: SimulatedFleet,
  others: readonly MarkedReport[] = [],
): Promise<Findings> {
  const { oracle, traffic } = fleet;
  const history = new History(theatre.server.url, theatre.token);
  const { mismatches, judged } = await new Judge(oracle, traffic, history).judge();
  const receipts = await compareReceipts(theatre.postgres.url, [...markedReports(oracle), ...others]);
  const books = await auditBooks(theatre.postgres.url);
  const words = mismatches.map(({ about, what }) => `${about}: ${what}`);
  return {
    faults: [...words, ...receipts.examples, ...books],
    ...judged,
    requests: traffic.requests,
    answers: Object.fromEntries([...traffic.byStatus].map(([status, times]) => [String(status), times])),
    unanswered: traffic.unanswered,
    refusedInOutage: traffic.unavailable,
    wrongAnswers: traffic.wrongAnswers,
    receipts,
  };
}
