const DAY_SECONDS = 86_400;

/** `HH:MM:SS` below 24 hours → milliseconds; undefined when the text is nothing of the kind. */
export function parseClockSpanMs(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(text);
  if (match === null) return undefined;
  return (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])) * 1000;
}

/** Milliseconds → `HH:MM:SS`, rounded to seconds and held between 00:00:00 and 23:59:59. */
export function clockSpanText(spanMs: number): string {
  const seconds = Math.min(Math.max(Math.round(spanMs / 1000), 0), DAY_SECONDS - 1);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
