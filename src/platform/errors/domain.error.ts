/** How an expected refusal is to be understood; each audience maps it to its own status (RFC 9457, hawkBit). */
export type RefusalKind =
  | 'invalid'
  | 'unprocessable'
  | 'not-found'
  | 'conflict'
  | 'stale'
  | 'unread'
  | 'forbidden'
  | 'full'
  | 'unavailable';

/**
 * Something a caller may run into and can act on. `code` is stable and part of the API; the message is for the person
 * who reads it at 3 a.m. Anything that is not a DomainError is a fault of ours: 500, request id, no detail.
 */
export class DomainError extends Error {
  constructor(
    readonly kind: RefusalKind,
    readonly code: string,
    message: string,
    /** Which fields were wrong and why, when the caller sent fields. */
    readonly fields?: Readonly<Record<string, string>>,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** There is no such thing, or not in this tenant (the two are not told apart). */
export class NotFoundError extends DomainError {
  constructor(noun: string, name: string) {
    super('not-found', `${noun.replaceAll(' ', '_')}_not_found`, `There is no ${noun} ${name}.`);
  }
}

/** One field of the request does not hold. */
export class FieldError extends DomainError {
  constructor(field: string, why: string, kind: RefusalKind = 'invalid') {
    super(kind, 'invalid_field', `${field} ${why}`, { [field]: why });
  }
}

/** The caller does not say what he has read (If-Match), and would decide on something else if it has changed (RFC 6585 3). */
export class UnreadError extends DomainError {
  constructor(why: string) {
    super('unread', 'unread', `${why} Send what you read: its ETag as If-Match.`);
  }
}

/** The caller's copy is out of date (If-Match); read again and decide anew. */
export class StaleError extends DomainError {
  constructor(noun: string) {
    super(
      'stale',
      'stale',
      `The ${noun} has changed since you read it. Read it again, then repeat the change.`,
    );
  }
}
