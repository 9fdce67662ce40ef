import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';

/** What every kind of field can say about itself. */
export interface FieldOptions {
  readonly description?: string;
  readonly example?: unknown;
  /** May be left out. */
  readonly optional?: boolean;
  /** May be null, which clears. */
  readonly nullable?: boolean;
}

/** Why a value does not hold, as the end of a sentence that begins with the field's name. */
export type Judge = (value: unknown) => string | undefined;

/** The name under which class-validator reports what a {@link Judge} said. */
export const FIELD_RULE = 'fieldRule';

/** One rule, one sentence, and the same facts in the OpenAPI document: the base of every field decorator. */
export function Field(judge: Judge, options: FieldOptions, schema: object): PropertyDecorator {
  const isOptional = options.optional === true;
  const isNullable = options.nullable === true;
  const faultOf = (value: unknown): string | undefined => {
    if (value === undefined) return 'is missing';
    return value === null ? 'must not be null' : judge(value);
  };
  return applyDecorators(
    ValidateIf((_body, value) => !((value === undefined && isOptional) || (value === null && isNullable))),
    ValidateBy({
      name: FIELD_RULE,
      validator: {
        validate: (value: unknown) => faultOf(value) === undefined,
        defaultMessage: (failed) => faultOf(failed?.value) ?? 'does not hold',
      },
    }),
    ApiProperty({
      ...schema,
      required: !isOptional,
      ...(isNullable ? { nullable: true } : {}),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(options.example === undefined ? {} : { example: options.example }),
    }),
  );
}
