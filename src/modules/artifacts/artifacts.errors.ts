import { DomainError } from '../../platform/errors/domain.error';

/** The file at an address is not what the caller said, or cannot be kept as the caller wishes. */
export class RemoteFileError extends DomainError {
  constructor(why: string) {
    super('unprocessable', 'unfit_remote_file', `The file at the address ${why}.`, { url: why });
  }
}

/** A file that lies on another server cannot be had at the moment. */
export class OriginAwayError extends DomainError {
  constructor(sha256: string) {
    super(
      'unavailable',
      'origin_away',
      `The server that has the bytes with sha256 ${sha256} does not answer.`,
    );
  }
}

/** What was read is not what was hashed when it came. */
export class BytesDamagedError extends DomainError {
  constructor(sha256: string) {
    super(
      'conflict',
      'bytes_damaged',
      `The bytes with sha256 ${sha256} are damaged, or others are given for them. Send the same file once more.`,
    );
  }
}

/** What was placed a moment ago was collected again, since the last release with the same content was removed just then. */
export class BlobsCollectedError extends DomainError {
  constructor() {
    super(
      'unavailable',
      'blobs_collected',
      'A release with the same files was removed meanwhile. Try again.',
    );
  }
}

/** The tenant's releases would take more room than it may have. */
export class StorageQuotaError extends DomainError {
  constructor(readonly mostBytes: number) {
    super(
      'full',
      'storage_quota',
      `The files of this tenant would take more than the ${mostBytes} bytes that it may have. Remove releases that are no longer needed, or raise quotas.storedBytes.`,
    );
  }
}
