import type { Role } from '../../../platform/actor/actor';
import { DomainError } from '../../../platform/errors/domain.error';

/** No token, or one that is unknown, revoked or expired: 401. */
export class UnauthenticatedError extends DomainError {
  constructor() {
    super(
      'forbidden',
      'unauthenticated',
      'This needs an API token: Authorization: Bearer <token>. The one sent is missing, unknown, revoked or expired.',
    );
  }
}

/** Too many passwords or tokens from the caller's network were wrong: 429 with the time to wait. */
export class TooManyAttemptsError extends DomainError {
  constructor(readonly retryAfterSeconds: number) {
    super(
      'full',
      'too_many_attempts',
      `Too many wrong passwords or tokens came from your network. Try again in ${retryAfterSeconds} s.`,
    );
  }
}

/** Who is calling is known, but may not do this: 403. */
export class RoleNeededError extends DomainError {
  constructor(needed: Role, has: Role) {
    super('forbidden', 'role_needed', `This needs the role ${needed}; this token has the role ${has}.`);
  }
}
