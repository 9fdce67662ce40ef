import { Field, type FieldOptions } from './field';

/** Some of a few words, each once however often it is said. */
export function WordsField(
  words: readonly string[],
  options: FieldOptions & { readonly schemaName?: string } = {},
): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every(isKnown)
      ? undefined
      : `must be a list of ${words.join(', ')}`;
  const isKnown = (one: unknown): boolean => typeof one === 'string' && words.includes(one);
  const { schemaName } = options;
  const named = schemaName === undefined ? {} : { enumName: schemaName };
  return Field(faultOf, options, { enum: [...words], isArray: true, ...named });
}
