import { StorageError, StorageFullError, StorageUnavailableError } from '../../storage.errors';
import type { S3Options } from './s3-options';
import { S3Trouble } from './s3-trouble';

const TRANSIENT = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'InternalError',
  'SlowDown',
  'ServiceUnavailable',
  'RequestTimeout',
  'OperationAborted',
]);
const FULL = new Set(['XMinioStorageFull', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded']);
const UNREACHABLE = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);
const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const UNTRUSTED = /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED|ERR_TLS)/;

/** What a failure calls itself: a code of S3 or of the network. Some are no `Error` but the parsed answer. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('Code' in error && typeof error.Code === 'string') return error.Code;
  // Several addresses of one host that all refused.
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
  return '';
}

/** May the next try go better? */
export function isTransient(error: unknown): boolean {
  return (error instanceof S3Trouble && !isFull(error)) || TRANSIENT.has(codeOf(error));
}

export function isMissingKey(error: unknown): boolean {
  return codeOf(error) === 'NoSuchKey';
}

function isFull(error: unknown): boolean {
  return (error instanceof S3Trouble && error.status === 507) || FULL.has(codeOf(error));
}

/** For the caller, what it may act on; for the operator, as the cause, what to mend. Neither names a secret. */
export function storageErrorOf(error: unknown, options: S3Options): StorageError {
  if (error instanceof StorageError) return error;
  if (isFull(error)) return new StorageFullError(error);
  return new StorageUnavailableError(new Error(diagnosis(error, options), { cause: error }));
}

function diagnosis(error: unknown, options: S3Options): string {
  const code = codeOf(error);
  const { endpoint, bucket, region } = options;
  const known: Record<string, string> = {
    NoSuchBucket: `${endpoint} has no bucket "${bucket}": make it, or see ROOKERY_S3_BUCKET`,
    InvalidAccessKeyId: `${endpoint} does not know the access key: see ROOKERY_S3_ACCESS_KEY`,
    SignatureDoesNotMatch: 'the secret key does not belong to the access key: see ROOKERY_S3_SECRET_KEY',
    AccessDenied: `the access key may not read, write and delete in the bucket "${bucket}"`,
    AuthorizationHeaderMalformed: `"${region}" is not the region of the bucket: see ROOKERY_S3_REGION`,
    PermanentRedirect: `the bucket "${bucket}" lies elsewhere: see ROOKERY_S3_ENDPOINT and ROOKERY_S3_REGION`,
    RequestTimeTooSkewed: `the clocks of this machine and of ${endpoint} differ too much`,
  };
  const told = known[code];
  if (told !== undefined) return told;
  if (code === 'ABORT_ERR') return `${endpoint} does not answer in time`;
  if (UNREACHABLE.has(code)) return `${endpoint} cannot be reached (${code})`;
  if (UNKNOWN_HOST.has(code)) return `${endpoint} names a host that is not known (${code})`;
  if (UNTRUSTED.test(code))
    return `the certificate of ${endpoint} is not trusted (${code}): see ROOKERY_S3_CA`;
  return `${endpoint} answers: ${[code, messageOf(error)].filter((part) => part !== '').join(', ')}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
