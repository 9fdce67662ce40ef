const DIGITS = 8;

/** The devices of the bench are numbered from 1. */
export function controllerIdOf(number: number): string {
  return `bench-${String(number).padStart(DIGITS, '0')}`;
}

/** The same as an SQL expression. */
export function controllerIdSql(number: string): string {
  return `'bench-' || lpad((${number})::text, ${DIGITS}, '0')`;
}
