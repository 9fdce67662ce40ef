import { DomainError, NotFoundError } from '../../../platform/errors/domain.error';

/** Never begun, ended, given up because it paused for too long, or somebody else's. */
export class UnknownUploadError extends NotFoundError {
  constructor(id: string) {
    super('upload', id);
  }
}

export class TooManyUploadsError extends DomainError {
  constructor(limit: number) {
    super(
      'full',
      'too_many_uploads',
      `A tenant may have ${limit} uploads under way. End some, or make releases of them.`,
    );
  }
}

/** The caller goes on from somewhere else than where the bytes end. */
export class UploadOffsetError extends DomainError {
  constructor(receivedBytes: number) {
    super(
      'conflict',
      'upload_offset',
      `The upload goes on at byte ${receivedBytes}. Ask with HEAD, then send from there.`,
    );
  }
}

export class UnfinishedUploadError extends DomainError {
  constructor(id: string, receivedBytes: number, sizeBytes: number) {
    super(
      'conflict',
      'upload_unfinished',
      `Of upload ${id} there are ${receivedBytes} of ${sizeBytes} bytes. Send the rest first.`,
    );
  }
}

export class SpentUploadError extends DomainError {
  constructor(id: string, releaseId: string) {
    super(
      'conflict',
      'upload_spent',
      `Upload ${id} became release ${releaseId}. Send the file once more for another release.`,
    );
  }
}

/** Another request of the same upload does not end, or has come since, to another replica. */
export class UploadBusyError extends DomainError {
  constructor() {
    super('unavailable', 'upload_busy', 'Another request of this upload is still under way.');
  }
}
