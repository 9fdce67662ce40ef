import type { FormatFuzzer, LoopFuzzer } from './format-fuzzer';

/** How many inputs of a run each fuzzer gets. */
export interface Share {
  readonly name: string;
  readonly inputs: number;
}

/**
 * Shares the inputs out; what does not divide goes to the first.
 * @param only the one fuzzer that gets all of them
 */
export function sharesOf(
  fuzzers: readonly Pick<FormatFuzzer | LoopFuzzer, 'name' | 'share'>[],
  inputs: number,
  only?: string,
): Share[] {
  const chosen = only === undefined ? fuzzers : fuzzers.filter(({ name }) => name === only);
  if (chosen.length === 0) throw new Error(`there is no fuzzer ${String(only)}`);
  const whole = chosen.reduce((sum, { share }) => sum + share, 0);
  const shares = chosen.map(({ name, share }) => ({ name, inputs: Math.floor((inputs * share) / whole) }));
  const left = inputs - shares.reduce((sum, share) => sum + share.inputs, 0);
  return shares.map((share, at) => (at === 0 ? { ...share, inputs: share.inputs + left } : share));
}
