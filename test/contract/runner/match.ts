/**
 * Compares a value with what a case expects. An object of `$…` keys is a matcher; all of its keys have to hold:
 * `$match` a regular expression, `$absent` nothing is there, `$any` a value of that kind, `$not` anything else,
 * `$atLeast`/`$below` numbers or texts in their order, `$unordered` a list in any order, `$some`/`$none` of a list's items.
 */
export type MatchMode = 'exact' | 'partial';

type Fault = string;
type Judge = (actual: unknown, wanted: unknown, place: Place) => Fault[];

interface Place {
  readonly path: string;
  readonly mode: MatchMode;
}

const ABSENT: unknown = undefined;

/** What is wrong with `actual`; empty when it is as expected. */
export function faultsOf(actual: unknown, expected: unknown, mode: MatchMode, path = ''): Fault[] {
  return compare(actual, expected, { path, mode });
}

function compare(actual: unknown, expected: unknown, place: Place): Fault[] {
  if (isMatcher(expected)) {
    return Object.entries(expected).flatMap(([name, wanted]) => judgeOf(name)(actual, wanted, place));
  }
  if (Array.isArray(expected)) return compareLists(actual, expected, place);
  if (isRecord(expected)) return compareRecords(actual, expected, place);
  return Object.is(actual, expected) ? [] : [differs(place, actual, expected)];
}

function compareLists(actual: unknown, expected: readonly unknown[], place: Place): Fault[] {
  if (!Array.isArray(actual) || actual.length !== expected.length) return [differs(place, actual, expected)];
  return expected.flatMap((item, index) => compare(actual[index], item, at(place, index)));
}

function compareRecords(actual: unknown, expected: Record<string, unknown>, place: Place): Fault[] {
  if (!isRecord(actual)) return [differs(place, actual, expected)];
  const faults = Object.entries(expected).flatMap(([key, value]) =>
    compare(Object.hasOwn(actual, key) ? actual[key] : ABSENT, value, at(place, key)),
  );
  if (place.mode === 'partial') return faults;
  const surplus = Object.keys(actual).filter((key) => !Object.hasOwn(expected, key));
  return [...faults, ...surplus.map((key) => `${at(place, key).path} is there: ${show(actual[key])}`)];
}

const JUDGES: Readonly<Record<string, Judge>> = {
  $absent: (actual, _wanted, place) =>
    actual === ABSENT ? [] : [`${nameOf(place)} is there: ${show(actual)}`],
  $any: (actual, kind, place) =>
    kindOf(actual) === kind ? [] : [`${nameOf(place)} is no ${String(kind)}: ${show(actual)}`],
  $match: (actual, pattern, place) =>
    typeof actual === 'string' && new RegExp(String(pattern)).test(actual)
      ? []
      : [`${nameOf(place)} is ${show(actual)}, expected to match ${String(pattern)}`],
  $not: (actual, unwanted, place) =>
    compare(actual, unwanted, place).length > 0 ? [] : [`${nameOf(place)} must not be ${show(unwanted)}`],
  $atLeast: (actual, least, place) =>
    inOrder(least, actual) ? [] : [`${nameOf(place)} is ${show(actual)}, expected at least ${show(least)}`],
  $below: (actual, limit, place) =>
    inOrder(actual, limit) && actual !== limit
      ? []
      : [`${nameOf(place)} is ${show(actual)}, expected less than ${show(limit)}`],
  $unordered: (actual, wanted, place) => compareUnordered(actual, wanted as unknown[], place),
  $some: (actual, wanted, place) =>
    hasItem(actual, wanted, place)
      ? []
      : [`${nameOf(place)} is ${show(actual)}, expected ${show(wanted)} among them`],
  $none: (actual, unwanted, place) =>
    Array.isArray(actual) && !hasItem(actual, unwanted, place)
      ? []
      : [`${nameOf(place)} is ${show(actual)}, expected none like ${show(unwanted)}`],
};

function judgeOf(name: string): Judge {
  const judge = JUDGES[name];
  if (judge === undefined) throw new Error(`there is no matcher ${name}`);
  return judge;
}

/** Each wanted item has to be found once; an item is taken by the first that fits it. */
function compareUnordered(actual: unknown, wanted: readonly unknown[], place: Place): Fault[] {
  if (!Array.isArray(actual) || actual.length !== wanted.length) return [differs(place, actual, wanted)];
  const left: unknown[] = [...(actual as unknown[])];
  return wanted.flatMap((item) => {
    const index = left.findIndex((candidate) => compare(candidate, item, place).length === 0);
    if (index < 0) return [`${nameOf(place)} has no ${show(item)}; left are ${show(left)}`];
    left.splice(index, 1);
    return [];
  });
}

function hasItem(actual: unknown, wanted: unknown, place: Place): boolean {
  return Array.isArray(actual) && actual.some((item) => compare(item, wanted, place).length === 0);
}

/** Texts in their order as well: instants and times of day are written so that it is that of time. */
function inOrder(lower: unknown, upper: unknown): boolean {
  if (typeof lower === 'number' && typeof upper === 'number') return lower <= upper;
  return typeof lower === 'string' && typeof upper === 'string' && lower <= upper;
}

function isMatcher(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith('$'));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) ? 'list' : typeof value;
}

function at(place: Place, key: string | number): Place {
  return { mode: place.mode, path: place.path === '' ? String(key) : `${place.path}.${key}` };
}

const nameOf = ({ path }: Place): string => (path === '' ? 'it' : path);

function differs(place: Place, actual: unknown, expected: unknown): Fault {
  return `${nameOf(place)} is ${show(actual)}, expected ${show(expected)}`;
}

export function show(value: unknown): string {
  const text = value === undefined ? 'not there' : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
