import { foldCase } from './folded-text';

/** A value as it is compared: text folded, an instant in milliseconds. */
export type Scalar = string | number | boolean;

export type ScalarType = 'text' | 'number' | 'instant' | 'flag';

/** What to write, for those who wrote something else. */
export const EXPECTED: Readonly<Record<ScalarType, string>> = {
  text: 'a text',
  number: 'a number, like -7.5',
  instant: 'an instant: 2026-11-21T12:00:00Z, 2026-11-21, or milliseconds since 1970',
  flag: 'true or false',
};

const NUMBER = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/;
/** Not 2026, which is meant as a year. */
const MILLISECONDS = /^(?:0|\d{9,15})$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** What Postgres and Date write alike. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** The value that a filter means; undefined when it is none of this type. */
export function scalarOf(type: ScalarType, written: string): Scalar | undefined {
  switch (type) {
    case 'text':
      return foldCase(written);
    case 'number':
      return NUMBER.test(written) ? Number(written) : undefined;
    case 'instant':
      return instantMs(written);
    case 'flag':
      return flagOf(foldCase(written));
  }
}

function flagOf(folded: string): boolean | undefined {
  if (folded === 'true') return true;
  return folded === 'false' ? false : undefined;
}

/** A time without zone is in UTC, as all times of the API are. */
function instantMs(written: string): number | undefined {
  const ms = MILLISECONDS.test(written) ? Number(written) : calendarMs(written.toUpperCase());
  return ms >= FIRST_MS && ms <= LAST_MS ? ms : undefined;
}

function calendarMs(written: string): number {
  const [, date, time = '00:00', zone = 'Z'] = INSTANT.exec(written) ?? [];
  if (date === undefined) return NaN;
  // Date takes the 30th of February for the 2nd of March.
  const day = new Date(`${date}T00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
  return isDay ? Date.parse(`${date}T${time}${zone}`) : NaN;
}
