import { DomainError } from '../../platform/errors/domain.error';

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
