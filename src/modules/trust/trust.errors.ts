import { DomainError } from '../../platform/errors/domain.error';

/** The tenant trusts this very certificate or key already, under whatever name. */
export class TrustAnchorExistsError extends DomainError {
  constructor(name: string, fingerprint: string) {
    super(
      'conflict',
      'trust_anchor_exists',
      `The trust anchor ${name} is this certificate or key (SHA-256 ${fingerprint}) already.`,
    );
  }
}

export class TooManyTrustAnchorsError extends DomainError {
  constructor(most: number) {
    super('full', 'too_many_trust_anchors', `A tenant may have ${most} trust anchors. Remove one first.`);
  }
}
