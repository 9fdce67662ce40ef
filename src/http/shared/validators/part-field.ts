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
