import { DomainError, type RefusalKind } from '../errors/domain.error';

/** What went wrong with bytes; `code` is stable, the message never names a path of the server. */
export abstract class StorageError extends DomainError {
  protected constructor(kind: RefusalKind, code: string, message: string, cause?: unknown) {
    super(kind, code, message);
    if (cause !== undefined) this.cause = cause;
  }
}

/** No room left (ENOSPC, EDQUOT); the staged bytes are gone again, nothing else was touched. */
export class StorageFullError extends StorageError {
  constructor(cause?: unknown) {
    super('full', 'storage_full', 'There is no room left to store artifacts.', cause);
  }
}

/** The source went on past the limit it was staged with. */
export class BlobTooLargeError extends StorageError {
  constructor(readonly maxBytes: number) {
    super('invalid', 'blob_too_large', `The file is larger than the ${maxBytes} bytes allowed here.`);
  }
}

/** There is no such blob in this tenant: never stored, removed, or staged and swept before it was promoted. */
export class BlobMissingError extends StorageError {
  constructor(readonly sha256: string) {
    super('not-found', 'blob_missing', `The bytes with sha256 ${sha256} are not stored.`);
  }
}

/** A tenant id, digest or range that must not reach a path or an object key. A fault of the caller's code. */
export class InvalidBlobKeyError extends StorageError {
  constructor(noun: 'tenant id' | 'sha256' | 'range' | 'staged blob' | 'upload id') {
    super('invalid', 'invalid_blob_key', `This is not a valid ${noun}.`);
  }
}

/** The store cannot be read or written at the moment (permissions, a lost mount, an input/output error). */
export class StorageUnavailableError extends StorageError {
  constructor(cause?: unknown) {
    super('unavailable', 'storage_unavailable', 'The artifact storage cannot be used at the moment.', cause);
  }
}
