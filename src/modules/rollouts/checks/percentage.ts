/** Hundredths of a percent, as shares and buckets are kept → percent, as people read them. */
export function percentOf(share: number): number {
  return share / 100;
}

/** Percent with up to two decimals → hundredths of a percent. */
export function shareOf(percent: number): number {
  return Math.round(percent * 100);
}

/** `2500` → `25 %`. */
export function percentText(share: number): string {
  return `${percentOf(share)} %`;
}
