import { HttpException } from '@nestjs/common';
import { ActionGoneError, LogFullError, TooManyMessagesError } from '../../../modules/actions/actions.errors';
import { TooManyAttributesError } from '../../../modules/devices/devices.errors';
import { AutoConfirmActiveError, NotCancellingError } from '../../../modules/updates/updates.errors';
import { BatchOverflowError } from '../../../platform/database/micro-batch';
import { isDatabaseUnavailable } from '../../../platform/database/database.errors';
import { DomainError } from '../../../platform/errors/domain.error';
import { TooManyFailuresError } from './admittance';
import { BlobMissingError } from '../../../platform/storage/storage.errors';

/** hawkBit's error body (contract 1.12). Clients log it at most; people read the message. */
export interface DdiErrorBody {
  readonly exceptionClass: string;
  readonly errorCode: string;
  readonly message: string;
}

export interface DdiError {
  readonly status: number;
  /** Absent: the answer has no body (401). */
  readonly body?: DdiErrorBody;
  readonly retryAfterSeconds?: number;
}

const EXCEPTIONS = 'org.eclipse.hawkbit.repository.exception';
const NOT_READABLE = 'org.eclipse.hawkbit.rest.exception.MessageNotReadableException';

/** A request that cannot be read; the message says what was expected. */
export class UnreadableBodyError extends DomainError {
  constructor(message: string) {
    super('invalid', 'unreadable_body', message);
  }
}

/** Attribute keys or values that are too long or hold control characters. */
export class InvalidAttributeError extends DomainError {
  constructor(message: string) {
    super('invalid', 'invalid_attribute', message);
  }
}

interface Mapping {
  readonly status: number;
  readonly exceptionClass: string;
  readonly errorCode: string;
}

const BY_CLASS: readonly (readonly [new (...args: never[]) => Error, Mapping])[] = [
  [UnreadableBodyError, mapping(400, NOT_READABLE, 'rest.body.notReadable')],
  [
    InvalidAttributeError,
    mapping(400, `${EXCEPTIONS}.InvalidTargetAttributeException`, 'repo.invalidTargetAttributes'),
  ],
  [ActionGoneError, mapping(410, `${EXCEPTIONS}.ActionGoneException`, 'action.gone')],
  [
    AutoConfirmActiveError,
    mapping(409, `${EXCEPTIONS}.AutoConfirmationAlreadyActiveException`, 'repo.autoConfAlreadyActive'),
  ],
  [NotCancellingError, mapping(405, `${EXCEPTIONS}.CancelActionNotAllowedException`, 'action.notCancelable')],
  [
    TooManyAttributesError,
    mapping(429, `${EXCEPTIONS}.AssignmentQuotaExceededException`, 'quota.tooManyEntries'),
  ],
  [
    TooManyMessagesError,
    mapping(429, `${EXCEPTIONS}.AssignmentQuotaExceededException`, 'quota.tooManyEntries'),
  ],
  [LogFullError, mapping(429, `${EXCEPTIONS}.AssignmentQuotaExceededException`, 'quota.tooManyEntries')],
  [BlobMissingError, mapping(410, `${EXCEPTIONS}.ArtifactBinaryGoneException`, 'artifact.binaryDeleted')],
];

const BY_KIND: Readonly<Partial<Record<DomainError['kind'], Mapping>>> = {
  invalid: mapping(400, `${EXCEPTIONS}.ConstraintViolationException`, 'repo.constraintViolation'),
  'not-found': mapping(404, `${EXCEPTIONS}.EntityNotFoundException`, 'repo.entityNotFound'),
};

/** How long a device is asked to wait while the database cannot answer. Spread, so that a fleet does not come at once. */
const RETRY_SECONDS = { least: 5, most: 30 };

/**
 * What a device gets for an error. `isReport`: while the database cannot answer, reports get 429 rather than 503, since
 * RAUC's updater repeats after 429 and installs everything anew after 503. Undefined: a fault of ours, a 500.
 */
export function ddiErrorOf(error: unknown, isReport: boolean): DdiError | undefined {
  if (isDatabaseUnavailable(error) || error instanceof BatchOverflowError) return busy(isReport);
  if (error instanceof HttpException) return fromNest(error);
  if (!(error instanceof DomainError)) return undefined;
  const found = BY_CLASS.find(([type]) => error instanceof type)?.[1] ?? BY_KIND[error.kind];
  if (found === undefined) return error.kind === 'unavailable' ? busy(isReport) : undefined;
  const { status, exceptionClass, errorCode } = found;
  return { status, body: { exceptionClass, errorCode, message: error.message } };
}

function mapping(status: number, exceptionClass: string, code: string): Mapping {
  return { status, exceptionClass, errorCode: `hawkbit.server.error.${code}` };
}

function busy(isReport: boolean): DdiError {
  const { least, most } = RETRY_SECONDS;
  return {
    status: isReport ? 429 : 503,
    retryAfterSeconds: least + Math.floor(Math.random() * (most - least)),
  };
}

/** 401, 403, 405, 406, 415 and 429 of the framework and the guard have no hawkBit body. */
function fromNest(error: HttpException): DdiError {
  const wait = error instanceof TooManyFailuresError ? { retryAfterSeconds: error.retryAfterSeconds } : {};
  return { status: error.getStatus(), ...wait };
}
