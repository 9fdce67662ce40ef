import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { DomainError } from '../../../platform/errors/domain.error';
import { FIELD_RULE } from './field';

/** Fields of the request that do not hold, each with its reason. */
export class FieldsError extends DomainError {
  constructor(faults: Readonly<Record<string, string>>) {
    const sentences = Object.entries(faults).map(([field, why]) => `${field} ${why}`);
    super('invalid', 'invalid_fields', `${sentences.join('; ')}.`, faults);
  }
}

/** More faults than this help nobody, and a hostile body could hold millions. */
const MOST_FAULTS = 50;
const LONGEST_NAME = 100;

/** Checks bodies and queries against the class that the handler names; what the class does not name is refused. */
export function fieldsPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
    exceptionFactory: (errors) => new FieldsError(faultsOf(errors)),
  });
}

function faultsOf(errors: readonly ValidationError[]): Record<string, string> {
  const faults = new Map<string, string>();
  const collect = (error: ValidationError, path: string): void => {
    if (faults.size >= MOST_FAULTS) return;
    if (error.constraints !== undefined) faults.set(path, sentenceOf(error.constraints));
    for (const child of error.children ?? []) collect(child, `${path}${step(child.property)}`);
  };
  for (const error of errors) collect(error, cut(error.property));
  return Object.fromEntries(faults);
}

/** Items of lists are numbered as in JavaScript: `waves[1].gate`. */
function step(property: string): string {
  return /^\d+$/.test(property) ? `[${property}]` : `.${cut(property)}`;
}

function sentenceOf(constraints: Readonly<Record<string, string>>): string {
  if (constraints['whitelistValidation'] !== undefined) return 'is not known here';
  return constraints[FIELD_RULE] ?? 'must be a JSON object';
}

function cut(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
