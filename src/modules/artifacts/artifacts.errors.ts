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
