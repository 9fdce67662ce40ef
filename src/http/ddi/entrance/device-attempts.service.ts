import type { IncomingMessage } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import type { DeviceCredential } from '../../../modules/updates/sightings/sighting';
import { Clock } from '../../../platform/clock/clock';
import { Settings } from '../../../platform/config/settings';
import { networkOf } from '../../shared/address-ranges';
import { Failures } from '../../shared/attempts/failures';
import { GoodCredentials } from '../../shared/attempts/good-credentials';
import { RefusalLog } from '../../shared/attempts/refusal-log';
import { RequestOrigin } from '../../shared/request-origin';
import type { DdiPath } from '../wire/ddi-path';

const NONE = { secret: '', subject: '' };

/**
 * Who guesses is slowed down: per network and device that is claimed to be, and per network. Counted in this process alone,
 * and before anything is read. As long as nobody fails it costs a look at whether that is so, and a mark for each success.
 */
@Injectable()
export class DeviceAttempts {
  private readonly byDevice: Failures;
  private readonly byNetwork: Failures;
  private readonly good = new GoodCredentials();
  private latest = NONE;
  private readonly log = new RefusalLog(
    new Logger(DeviceAttempts.name),
    'attempts of devices to get in were refused, since too many before them had failed',
  );

  constructor(
    private readonly origin: RequestOrigin,
    private readonly clock: Clock,
    settings: Settings,
  ) {
    this.byDevice = new Failures(settings.ddiFailuresPerDevice);
    this.byNetwork = new Failures(settings.ddiFailuresPerNetwork);
  }

  /** How many seconds the device is to wait before its credential is looked at; 0: it is looked at now. */
  waitSeconds(request: IncomingMessage, path: DdiPath, credential: DeviceCredential): number {
    if (this.byDevice.isQuiet && this.byNetwork.isQuiet) return 0;
    const network = networkOf(this.origin.clientAddress(request));
    const nowMs = this.clock.monotonicMs();
    const waitMs = Math.max(
      this.byDevice.waitMs(claimOf(network, path), nowMs),
      this.byNetwork.waitMs(network, nowMs),
    );
    if (waitMs === 0 || this.good.has(secretOf(credential), subjectOf(path, credential))) return 0;
    this.log.note(network, nowMs);
    return Math.ceil(waitMs / 1000);
  }

  succeeded(path: DdiPath, credential: DeviceCredential): void {
    const [secret, subject] = [secretOf(credential), subjectOf(path, credential)];
    // A fleet behind one gateway sends the same one thousands of times a second.
    if (secret === this.latest.secret && subject === this.latest.subject) return;
    this.good.remember(secret, subject);
    this.latest = { secret, subject };
  }

  failed(request: IncomingMessage, path: DdiPath, credential: DeviceCredential): void {
    const network = networkOf(this.origin.clientAddress(request));
    const nowMs = this.clock.monotonicMs();
    this.good.forget(secretOf(credential), subjectOf(path, credential));
    this.latest = NONE;
    this.byDevice.note(claimOf(network, path), nowMs);
    this.byNetwork.note(network, nowMs);
  }
}

/** Cut, so that nobody fills the memory with long names: who shares a beginning shares a limit. */
function claimOf(network: string, { tenant, controllerId }: DdiPath): string {
  return `${network} ${tenant.slice(0, 64).toUpperCase()} ${controllerId.slice(0, 256)}`;
}

/** A gateway's token is good for any device of its tenant, and everything else for one. */
function subjectOf({ tenant, controllerId }: DdiPath, { kind }: DeviceCredential): string {
  return kind === 'gateway' ? tenant : `${tenant}/${controllerId}`;
}

function secretOf(credential: DeviceCredential): string {
  if (credential.kind === 'gateway' || credential.kind === 'target') return credential.token;
  if (credential.kind === 'presented') return credential.certificate.fingerprint;
  return credential.kind === 'certificate' ? credential.authorities.join() : '';
}
