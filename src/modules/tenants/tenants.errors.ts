import { DomainError } from '../../platform/errors/domain.error';

/** The tenant has this very certificate already, under whatever name. */
export class ClientAuthorityExistsError extends DomainError {
  constructor(fingerprint: string) {
    super(
      'conflict',
      'client_authority_exists',
      `There is a client authority with this certificate (SHA-256 ${fingerprint}) already.`,
    );
  }
}

export class TooManyClientAuthoritiesError extends DomainError {
  constructor(most: number) {
    super(
      'full',
      'too_many_client_authorities',
      `A tenant may have ${most} client authorities. Remove one first.`,
    );
  }
}
