import { Field, type FieldOptions } from './field';

/** Ids are bigints, so in JSON they are decimal strings; 18 digits always fit. */
export const ID_PATTERN = /^[1-9]\d{0,17}$/;

/** The id of another resource. That it names one is for the domain to say (422). */
export function IdField(options: FieldOptions = {}): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'string' && ID_PATTERN.test(value)
      ? undefined
      : 'must be an id: a decimal number as text';
  return Field(faultOf, { example: '42', ...options }, { type: String, pattern: ID_PATTERN.source });
}
