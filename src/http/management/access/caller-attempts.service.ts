import type { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { Settings } from '../../../platform/config/settings';
import { networkOf } from '../../shared/address-ranges';
import { Failures } from '../../shared/attempts/failures';
import { GoodCredentials } from '../../shared/attempts/good-credentials';
import { RefusalLog } from '../../shared/attempts/refusal-log';
import { RequestOrigin } from '../../shared/request-origin';
import { TooManyAttemptsError } from './access.errors';

/**
 * Slows down a network from which wrong passwords or tokens come. Counted in this process alone, before anything is read or
 * hashed. A token that was right lately is heard all the same; of passwords nothing is remembered.
 */
@Injectable()
export class CallerAttempts {
  private readonly failures: Failures;
  private readonly good = new GoodCredentials();
  private readonly log = new RefusalLog(
    new Logger(CallerAttempts.name),
    'logins and calls of the management API were refused, since too many before them had failed',
  );

  constructor(
    private readonly origin: RequestOrigin,
    private readonly clock: Clock,
    settings: Settings,
  ) {
    this.failures = new Failures(settings.apiFailuresPerNetwork);
  }

  /** Throws while the caller's network has to wait. `token` is undefined for a login. @throws TooManyAttemptsError */
  check(request: IncomingMessage, token?: string): void {
    if (this.failures.isQuiet) return;
    const network = this.networkOf(request);
    const nowMs = this.clock.monotonicMs();
    const waitMs = this.failures.waitMs(network, nowMs);
    if (waitMs === 0 || (token !== undefined && this.good.has(token))) return;
    this.log.note(network, nowMs);
    throw new TooManyAttemptsError(Math.ceil(waitMs / 1000));
  }

  succeeded(token: string): void {
    this.good.remember(token);
  }

  failed(request: IncomingMessage, token?: string): void {
    if (token !== undefined) this.good.forget(token);
    this.failures.note(this.networkOf(request), this.clock.monotonicMs());
  }

  private networkOf(request: IncomingMessage): string {
    return networkOf(this.origin.clientAddress(request));
  }
}
