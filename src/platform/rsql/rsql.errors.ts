import { DomainError } from '../errors/domain.error';

/** A filter that cannot be used. `position` counts UTF-16 units from 1; one past the last is the end. */
export abstract class RsqlError extends DomainError {
  protected constructor(
    code: string,
    readonly position: number,
    readonly why: string,
  ) {
    super('invalid', code, `The filter is wrong at character ${position}: ${why}.`);
  }
}

/** It is not written as filters are. */
export class RsqlSyntaxError extends RsqlError {
  constructor(position: number, why: string) {
    super('rsql_syntax', position, why);
  }
}

/** It names a field that there is not. */
export class RsqlFieldError extends RsqlError {
  constructor(position: number, field: string, fields: readonly string[]) {
    super('rsql_field', position, `there is no field ${quoted(field)}; there are ${fields.join(', ')}`);
  }
}

/** The field is there, but cannot be compared so. */
export class RsqlValueError extends RsqlError {
  constructor(position: number, why: string) {
    super('rsql_value', position, why);
  }
}

const LONGEST_QUOTE = 40;

/** What somebody wrote, fit for a message: no line breaks, not too long. */
export function quoted(text: string): string {
  const letters = Array.from(text);
  return JSON.stringify(
    letters.length > LONGEST_QUOTE ? `${letters.slice(0, LONGEST_QUOTE).join('')}…` : text,
  );
}
