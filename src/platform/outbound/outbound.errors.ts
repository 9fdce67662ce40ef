import { DomainError } from '../errors/domain.error';

/** What stood in the way. `refused`: the other server said no (4xx); `failed`: it could not (5xx, or nonsense). */
export type OutboundFault =
  | 'bad_url'
  | 'forbidden'
  | 'unresolved'
  | 'unreachable'
  | 'timeout'
  | 'too_many_redirects'
  | 'refused'
  | 'failed'
  | 'too_large'
  | 'broken_off';

/**
 * Another server's file could not be had. The message names scheme and host at most: paths and queries of addresses may be
 * secrets, and to which address a name resolves is nobody's business.
 */
export class OutboundError extends DomainError {
  constructor(
    readonly fault: OutboundFault,
    why: string,
    /** What the other server answered, if it did. */
    readonly status?: number,
  ) {
    super('unprocessable', `outbound_${fault}`, `The address ${why}.`, { url: why });
  }
}
