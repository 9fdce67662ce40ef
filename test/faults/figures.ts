/** Middle and extremes of what was measured several times, in whole units. */
export interface Spread {
  readonly times: number;
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { times: sorted.length, least: at(0), median: at(0.5), most: at(1) };
}

export function countBy<Word extends string>(words: readonly Word[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
