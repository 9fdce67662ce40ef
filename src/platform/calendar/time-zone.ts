import { FieldError } from '../errors/domain.error';

/** A fixed distance from UTC in minutes, or a region with its own rules for daylight saving (in croner's words). */
export type TimeZone = { readonly utcOffset: number } | { readonly timezone: string };

const MAX_OFFSET_MINUTES = 14 * 60;
const MAX_NAME_LENGTH = 64;

/** Reads `±hh:mm` or `Z`, as hawkBit does, and beyond it names of the IANA database such as Europe/Berlin. */
export function parseTimeZone(text: string): TimeZone {
  const written = text.trim();
  if (written === 'Z') return { utcOffset: 0 };
  const match = /^([+-])(\d\d):([0-5]\d)$/.exec(written);
  if (match === null) return { timezone: regionName(written) };
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (minutes > MAX_OFFSET_MINUTES)
    throw new FieldError('timezone', `has "${written}": allowed are -14:00 to +14:00`);
  return { utcOffset: match[1] === '-' ? -minutes : minutes };
}

/** The database's own spelling: names match without regard to case, and formatters are kept per spelling. */
function regionName(written: string): string {
  try {
    if (written.length > MAX_NAME_LENGTH || !/^[A-Za-z]/.test(written)) throw new RangeError();
    return new Intl.DateTimeFormat('en-US', { timeZone: written }).resolvedOptions().timeZone;
  } catch {
    const shown = JSON.stringify(written.slice(0, MAX_NAME_LENGTH));
    throw new FieldError('timezone', `has ${shown}: allowed are ±hh:mm and names such as Europe/Berlin`);
  }
}

/** As it is stored: an IANA name in the database's own spelling, or `±hh:mm`. */
export function timeZoneText(zone: TimeZone): string {
  if ('timezone' in zone) return zone.timezone;
  const minutes = Math.abs(zone.utcOffset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${zone.utcOffset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
