const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** `5m` → 300000. Units: ms, s, m, h, d. Returns undefined when the text is no duration. */
export function parseDurationMs(text: string): number | undefined {
  return parseWithUnit(text, DURATION_MS);
}

/** 300000 → `5m`: in the largest unit that holds it exactly. */
export function durationText(durationMs: number): string {
  const [unit, ms] = Object.entries(DURATION_MS)
    .reverse()
    .find(([, one]) => durationMs % one === 0) ?? ['ms', 1];
  return durationMs === 0 ? '0s' : `${durationMs / ms}${unit}`;
}

/** `64MiB` → 67108864. Units: B, KiB, MiB, GiB, TiB. Returns undefined when the text is no size. */
export function parseSizeBytes(text: string): number | undefined {
  return parseWithUnit(text, SIZE_BYTES);
}

function parseWithUnit(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d{1,12})([A-Za-z]+)$/.exec(text.trim());
  const unit = match?.[2] ?? '';
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (match?.[1] === undefined || factor === undefined) return undefined;
  return Number(match[1]) * factor;
}
