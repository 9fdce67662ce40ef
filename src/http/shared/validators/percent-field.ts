import { Field, type FieldOptions } from './field';

/** A share in percent, with two decimals at most: finer than that nothing is cut. */
export function PercentField(options: FieldOptions = {}): PropertyDecorator {
  const faultOf = (value: unknown): string | undefined =>
    typeof value === 'number' && value >= 0 && value <= 100 && isWhole(value * 100)
      ? undefined
      : 'must be a number from 0 to 100, with two decimals at most';
  return Field(faultOf, options, { type: 'number', minimum: 0, maximum: 100, multipleOf: 0.01 });
}

/** As far as a floating-point number can tell. */
function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6;
}
