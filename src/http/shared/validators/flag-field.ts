import { Field, type FieldOptions } from './field';

/** true or false, not the words as text. */
export function FlagField(options: FieldOptions = {}): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'boolean' ? undefined : 'must be true or false';
  return Field(faultOf, options, { type: Boolean });
}
