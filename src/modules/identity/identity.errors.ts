import { DomainError } from '../../platform/errors/domain.error';

/** Name or password is wrong; which of the two is not told. */
export class WrongCredentialsError extends DomainError {
  constructor() {
    super('forbidden', 'wrong_credentials', 'The name or the password is wrong.');
  }
}

export class TooManyLoginsError extends DomainError {
  constructor() {
    super('unavailable', 'too_many_logins', 'Too many logins are under way. Try again in a moment.');
  }
}
