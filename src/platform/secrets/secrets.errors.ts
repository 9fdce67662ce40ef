import { DomainError } from '../errors/domain.error';

/** A stored secret cannot be read. The message goes to operators and holds neither secret nor key. */
export class SecretKeyError extends DomainError {
  constructor(why: string) {
    const way =
      'Bring back the key it was sealed with (ROOKERY_SECRET_KEY, or secret.key in the data folder)';
    super('unavailable', 'secret_key', `A stored secret ${why}. ${way}, or give the secret anew.`);
  }
}
