import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';

/** What an answer described by the class `T` holds, as a plain object: these classes are never constructed. */
export type Shown<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Shown<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Shown<T[K]> }
      : T;

/** How a field of an answer is described in the OpenAPI document. */
interface ShownOptions {
  readonly description?: string;
  readonly example?: unknown;
  /** Left out when there is nothing to say. */
  readonly optional?: boolean;
  readonly isList?: boolean;
}

/** Types are named rather than read from the compiler's metadata, which differs between tsc and swc for unions. */
function shown(options: ShownOptions, schema: object): PropertyDecorator {
  const { description, example } = options;
  return ApiProperty({
    ...schema,
    required: options.optional !== true,
    isArray: options.isList === true,
    ...(description === undefined ? {} : { description }),
    ...(example === undefined ? {} : { example }),
  });
}

/** Text. */
export function ShowsText(options: ShownOptions = {}): PropertyDecorator {
  return shown(options, { type: String });
}

/** One of a few words. */
export function ShowsWord(
  words: readonly string[],
  options: ShownOptions & { schemaName?: string } = {},
): PropertyDecorator {
  return shown(options, {
    enum: [...words],
    ...(options.schemaName === undefined ? {} : { enumName: options.schemaName }),
  });
}

/** An id: a decimal number as text. */
export function ShowsId(options: ShownOptions = {}): PropertyDecorator {
  return shown({ example: '42', ...options }, { type: String });
}

/** A whole number. */
export function ShowsCount(options: ShownOptions = {}): PropertyDecorator {
  return shown(options, { type: 'integer' });
}

/** A share in percent, with two decimals at most. */
export function ShowsPercent(options: ShownOptions = {}): PropertyDecorator {
  return shown({ example: 12.5, ...options }, { type: 'number' });
}

/** How long something lasts, with its unit. */
export function ShowsDuration(options: ShownOptions = {}): PropertyDecorator {
  return shown({ example: '90m', ...options }, { type: String });
}

/** true or false. */
export function ShowsFlag(options: ShownOptions = {}): PropertyDecorator {
  return shown(options, { type: Boolean });
}

/** A moment, ISO 8601 in UTC. */
export function ShowsInstant(options: ShownOptions = {}): PropertyDecorator {
  return shown(options, { type: String, format: 'date-time' });
}

/** An object with fields of its own. */
export function ShowsPart<T>(part: Type<T>, options: ShownOptions = {}): PropertyDecorator {
  return shown(options, { type: () => part });
}

/** An object whose keys are not known beforehand. */
export function ShowsMap(
  valueType: 'string' | 'integer' | undefined,
  options: ShownOptions = {},
): PropertyDecorator {
  const additionalProperties = valueType === undefined ? true : { type: valueType };
  return shown(options, { type: 'object', additionalProperties });
}
