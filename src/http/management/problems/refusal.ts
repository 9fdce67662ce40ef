import { HttpException } from '@nestjs/common';
import { StorageQuotaError } from '../../../modules/artifacts/artifacts.errors';
import { WrongCredentialsError } from '../../../modules/identity/identity.errors';
import { isDatabaseFull, isDatabaseUnavailable } from '../../../platform/database/database.errors';
import { BatchOverflowError } from '../../../platform/database/micro-batch';
import { DomainError, type RefusalKind } from '../../../platform/errors/domain.error';
import { RsqlError } from '../../../platform/rsql/rsql.errors';
import { BlobTooLargeError, StorageFullError } from '../../../platform/storage/storage.errors';
import { MultipartError } from '../../shared/multipart/multipart.error';
import { TooManyAttemptsError, UnauthenticatedError } from '../access/access.errors';
import { codeOfStatus, type Refusal } from './problem';

const STATUS: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  stale: 412,
  unprocessable: 422,
  unread: 428,
  full: 429,
  unavailable: 503,
};

/** Long enough for a failover, short enough for a person. */
const RETRY = { 'Retry-After': '5' };

/** What an error means to a caller; undefined for a fault of ours, of which callers learn nothing. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof DomainError) return refusalOfDomain(error);
  if (error instanceof MultipartError)
    return { status: error.status, code: error.code, detail: error.message };
  if (isDatabaseFull(error))
    return { status: 507, code: 'storage_full', detail: 'The disk of the database has no room left.' };
  if (error instanceof BatchOverflowError || isDatabaseUnavailable(error)) {
    const detail = 'The database does not answer at the moment. Try again in a moment.';
    return { status: 503, code: 'database_unavailable', detail, headers: RETRY };
  }
  return error instanceof HttpException ? refusalOfNest(error) : refusalOfParser(error);
}

function refusalOfDomain(error: DomainError): Refusal {
  const status = statusOf(error);
  return {
    status,
    code: error.code,
    detail: error.message,
    ...errorsOf(error),
    ...headersOf(error, status),
  };
}

function headersOf(error: DomainError, status: number): Pick<Refusal, 'headers'> {
  if (error instanceof TooManyAttemptsError)
    return { headers: { 'Retry-After': String(error.retryAfterSeconds) } };
  if (status === 503) return { headers: RETRY };
  return status === 401 ? { headers: { 'WWW-Authenticate': 'Bearer' } } : {};
}

/** Every list calls its filter `q`. */
function errorsOf(error: DomainError): Pick<Refusal, 'errors'> {
  const errors =
    error instanceof RsqlError
      ? { q: `is wrong at character ${error.position}: ${error.why}` }
      : error.fields;
  return errors === undefined ? {} : { errors };
}

function statusOf(error: DomainError): number {
  if (error instanceof WrongCredentialsError || error instanceof UnauthenticatedError) return 401;
  if (error instanceof BlobTooLargeError) return 413;
  if (error instanceof StorageFullError || error instanceof StorageQuotaError) return 507;
  return STATUS[error.kind];
}

/** Nest itself refuses bodies that are no JSON and paths that are no UTF-8. */
function refusalOfNest(error: HttpException): Refusal {
  const status = error.getStatus();
  const detail = status === 400 ? `The request cannot be read: ${error.message}` : error.message;
  return { status, code: codeOfStatus(status), detail };
}

/** Express' body parser throws errors with a status; those it calls exposable are meant for the client. */
function refusalOfParser(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, expose, limit } = error as { status?: unknown; expose?: unknown; limit?: unknown };
  if (expose !== true || typeof status !== 'number' || status < 400 || status > 499) return undefined;
  const detail =
    status === 413 && typeof limit === 'number' ? `The body is larger than ${limit} bytes.` : error.message;
  return { status, code: codeOfStatus(status), detail };
}
