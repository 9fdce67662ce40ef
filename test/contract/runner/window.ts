const MINUTE_MS = 60_000;

/** A maintenance window that opens once, as the management APIs take it. */
export interface Window {
  readonly schedule: string;
  readonly duration: string;
  readonly timezone: string;
}

/** The window that opens in (or opened before, when negative) so many minutes. */
export function windowFrom(
  now: Date,
  wish: { readonly startsInMinutes: number; readonly minutes: number },
): Window {
  const start = new Date(now.getTime() + wish.startsInMinutes * MINUTE_MS);
  const time = `${start.getUTCSeconds()} ${start.getUTCMinutes()} ${start.getUTCHours()}`;
  const day = `${start.getUTCDate()} ${start.getUTCMonth() + 1} ? ${start.getUTCFullYear()}`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const duration = `${two(Math.floor(wish.minutes / 60))}:${two(wish.minutes % 60)}:00`;
  return { schedule: `${time} ${day}`, duration, timezone: '+00:00' };
}
