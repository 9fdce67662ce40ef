import { Field, type FieldOptions } from './field';
import { faultOfText, type TextRule } from '../text-rule';

/** A text within bounds, without control characters. */
export function TextField(options: FieldOptions & TextRule): PropertyDecorator {
  return Field((value) => faultOfText(value, options), options, textSchema(options));
}

/** A list of different texts; repeats are fine and count once. */
export function TextsField(
  options: FieldOptions & TextRule & { readonly mostItems: number },
): PropertyDecorator {
  const { mostItems } = options;
  const faultOf = (value: unknown): string | undefined => {
    if (!Array.isArray(value)) return 'must be a list of texts';
    if (value.length > mostItems) return `must have at most ${mostItems} items`;
    const faults = value.map((item) => faultOfText(item, options));
    const index = faults.findIndex((fault) => fault !== undefined);
    return index < 0 ? undefined : `has an item (number ${index + 1}) that ${faults[index] ?? ''}`;
  };
  return Field(faultOf, options, {
    type: 'array',
    maxItems: mostItems,
    items: { ...textSchema(options), type: 'string' },
  });
}

/** A secret a person types: any characters, only its length is bounded. */
export function SecretField(options: FieldOptions & { readonly most: number }): PropertyDecorator {
  const { most } = options;
  const faultOf = (value: unknown): string | undefined => {
    if (typeof value !== 'string') return 'must be text';
    return value.length === 0 || value.length > most ? `must have 1 to ${most} characters` : undefined;
  };
  return Field(faultOf, options, { type: String, format: 'password', minLength: 1, maxLength: most });
}

function textSchema({ least = 1, most, shape }: TextRule): object {
  return {
    type: String,
    ...(least === 0 ? {} : { minLength: least }),
    maxLength: most,
    ...(shape === undefined ? {} : { pattern: shape.pattern.source }),
  };
}
