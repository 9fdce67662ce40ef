/** One quantity over the rounds of a run: the middle one and how far the others lay from it. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: rounded(medianOf(sorted)),
    least: rounded(sorted[0] ?? 0),
    most: rounded(sorted.at(-1) ?? 0),
  };
}

function medianOf(sorted: readonly number[]): number {
  return (quantile(sorted, 0.5) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

/** The smallest of `sorted` that at least `share` of them do not exceed; 0 of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}

/** Four significant digits: more would only be noise in a committed file. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
