import { UnreadableBodyError } from '../wire/ddi-error';

/** A field of a body that was sent by a stranger: what it inherits is none of its own. */
export function field(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UnreadableBodyError(`${name} must be an object.`);
}

export function word<const T extends string>(words: readonly T[], value: unknown, name: string): T {
  const found = words.find((candidate) => candidate === value);
  if (found === undefined) throw new UnreadableBodyError(`${name} must be one of ${words.join(', ')}.`);
  return found;
}

export function codeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value;
  throw new UnreadableBodyError('status.code must be a whole number.');
}

/** A list of strings; one bare string counts as a list of it (contract 1.7). */
export function detailsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.filter((item) => item !== '');
  }
  throw new UnreadableBodyError('status.details must be a list of strings.');
}
