import { applyDecorators, type Type } from '@nestjs/common';
import { Type as PlainToClass } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { Field, type FieldOptions } from './field';

/** An object with fields of its own. */
export function PartField<T>(part: Type<T>, options: FieldOptions = {}): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'object' && !Array.isArray(value) ? undefined : 'must be an object';
  return applyDecorators(
    PlainToClass(() => part),
    ValidateNested(),
    Field(faultOf, options, { type: () => part }),
  );
}

/** A list of such objects. */
export function PartsField<T>(
  part: Type<T>,
  options: FieldOptions & { readonly leastItems: number; readonly mostItems: number },
): PropertyDecorator {
  const { leastItems, mostItems } = options;
  const faultOf = (value: unknown): string | undefined =>
    Array.isArray(value) && value.length >= leastItems && value.length <= mostItems
      ? undefined
      : `must be a list of ${leastItems} to ${mostItems} objects`;
  return applyDecorators(
    PlainToClass(() => part),
    ValidateNested({ each: true }),
    Field(faultOf, options, { type: () => part, isArray: true, minItems: leastItems, maxItems: mostItems }),
  );
}
