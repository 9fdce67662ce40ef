/** What a run of one fuzzer has shown so far. */
export interface FuzzFigures {
  inputs: number;
  accepted: number;
  refused: number;
  /** How many inputs each way of spoiling made. */
  byHow: Record<string, number>;
  /** How many refusals differ in more than their numbers and quotations. */
  refusals: number;
  /** Of the processor, for the slowest input. */
  slowestMs: number;
  slowestHow: string;
  /** At the most, since the first inputs were read. */
  growthMiB: number;
  /** Of objects, at the most, that were still held behind a batch. */
  keptMiB: number;
  /** Has to be empty. */
  faults: string[];
}

/** What a process is asked for. */
export interface FuzzErrand {
  readonly fuzzer: string;
  readonly seed: number;
  readonly firstBatch: number;
  readonly inputs: number;
}

/** After each batch a process says what it has seen since its start. */
export interface BatchReport {
  readonly batch: number;
  readonly figures: FuzzFigures;
}

export const BATCH = 100;
/** A run that has found so much is broken off. */
export const ENOUGH_FAULTS = 20;
/** The bounds that readers keep, whatever they read. */
export const MOST_MS = 1000;
export const MOST_GROWTH_MIB = 64;
/** Behind any number of inputs. */
export const MOST_KEPT_MIB = 4;

export function noFigures(): FuzzFigures {
  return {
    ...{ inputs: 0, accepted: 0, refused: 0, byHow: {}, refusals: 0 },
    ...{ slowestMs: 0, slowestHow: '', growthMiB: 0, keptMiB: 0, faults: [] },
  };
}
