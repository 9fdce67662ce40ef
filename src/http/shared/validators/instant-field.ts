import { Field, type FieldOptions } from './field';

/** The moment that such a field says, if any. */
export function instantOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

/** With a zone: a time without one would mean another instant on another server. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** A moment as ISO 8601 text. */
export function InstantField(options: FieldOptions = {}): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value))
      ? undefined
      : 'must be a moment such as 2030-01-31T12:00:00Z, with its zone';
  return Field(
    faultOf,
    { example: '2030-01-31T12:00:00Z', ...options },
    { type: String, format: 'date-time' },
  );
}
