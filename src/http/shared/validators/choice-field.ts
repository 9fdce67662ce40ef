import { Field, type FieldOptions } from './field';

/** One of a few words. */
export function ChoiceField(
  words: readonly string[],
  options: FieldOptions & { readonly schemaName?: string } = {},
): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'string' && words.includes(value) ? undefined : `must be one of ${words.join(', ')}`;
  const named = options.schemaName === undefined ? {} : { enumName: options.schemaName };
  return Field(faultOf, options, { enum: [...words], ...named });
}
