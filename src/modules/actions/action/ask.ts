/** How long a device that has installed something is left alone before it is asked for its version. */
const FIRST_MS = 60_000;
/** A client that reports its attributes at each start by itself is not asked before that report can be told from an answer. */
const AFTER_START_MS = 15 * 60_000;
const MOST_MS = 6 * 60 * 60_000;

/** When a device that has just said that it installed a release is asked what it runs. */
export function firstAskAt(nowMs: number): { readonly others: Date; readonly startReporters: Date } {
  return { others: new Date(nowMs + FIRST_MS), startReporters: new Date(nowMs + AFTER_START_MS) };
}

/** What a poll does about a question that is due. */
export interface AskStep {
  /** Whether the link is shown now. */
  readonly isShown: boolean;
  readonly asks: number;
  readonly askAtMs: number;
}

/**
 * `asks` counts due polls: at each even one the link is shown, at the odd one after it never. SWUpdate and Zephyr do nothing
 * else as long as they see the link. The time between two questions doubles.
 */
export function askStep(asks: number, askAtMs: number, nowMs: number): AskStep {
  if (isResting(asks)) return { isShown: false, asks: asks + 1, askAtMs };
  const waitMs = Math.min(FIRST_MS * 2 ** Math.min(asks / 2 + 1, 30), MOST_MS);
  return { isShown: true, asks: asks + 1, askAtMs: nowMs + waitMs };
}

/** The last poll that could have shown the link did. */
export function isResting(asks: number): boolean {
  return asks % 2 === 1;
}
