import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { Field, type FieldOptions } from './field';

interface CountOptions extends FieldOptions {
  readonly min: number;
  readonly max: number;
  readonly fallback?: number;
}

/** A whole number in a JSON body; a number as text is none. */
export function CountField(options: CountOptions): PropertyDecorator {
  const { min, max, fallback } = options;
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;
  return Field(faultOf, options, {
    type: 'integer',
    minimum: min,
    maximum: max,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}

/** A whole number in a query, where everything is text. */
export function QueryCountField(options: CountOptions): PropertyDecorator {
  const numberOf = (value: unknown): unknown =>
    typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  return applyDecorators(
    Transform(({ value }) => numberOf(value)),
    CountField(options),
  );
}
