import { DomainError } from '../../platform/errors/domain.error';

/** Streams of events are bounded: each is written every event to. */
export class TooManyReadersError extends DomainError {
  constructor(most: number) {
    super(
      'full',
      'too_many_readers',
      `${most} streams of events are open in this tenant on this server, and there may be no more. Close those that nobody reads, or ask for /events from time to time.`,
    );
  }
}
