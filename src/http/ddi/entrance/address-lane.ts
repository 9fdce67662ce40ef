import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { Settings } from '../../../platform/config/settings';
import { AddressRanges, networkOf } from '../../shared/address-ranges';
import { RequestOrigin } from '../../shared/request-origin';
import { isDeviceUrl, isDownloadUrl } from '../wire/ddi-path';
import { sendEmpty } from '../wire/representation';
import { RequestRate } from './request-rate';

const READS = ['GET', 'HEAD', 'OPTIONS'];
/** The log is told once in this time, however much is refused. */
const TELL_MS = 60_000;

/**
 * hawkBit's filter against floods (contract 1.13), in front of everything a device may ask: an address that sends more
 * than the settings allow gets 429, one that is blocked 403. Counted per process and before any credential is looked at.
 */
@Injectable()
export class AddressLane {
  private readonly logger = new Logger(AddressLane.name);
  private readonly exempt: AddressRanges;
  private readonly blocked: AddressRanges;
  private readonly reads: RequestRate;
  private readonly writes: RequestRate;
  private refusals = 0;
  private toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly origin: RequestOrigin,
    private readonly clock: Clock,
    settings: Settings,
  ) {
    this.exempt = new AddressRanges(settings.ddiExempt, 'ROOKERY_DDI_EXEMPT');
    this.blocked = new AddressRanges(settings.ddiBlocked, 'ROOKERY_DDI_BLOCKED');
    this.reads = new RequestRate(settings.ddiReadsPerSecond);
    this.writes = new RequestRate(settings.ddiWritesPerSecond);
  }

  /** True when the request was refused here. An exempt address, the usual case, costs two looks into a map. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const address = this.origin.clientAddress(request);
    const isBlocked = this.blocked.has(address);
    if (!isBlocked && this.exempt.has(address)) return false;
    if (!isDeviceUrl(request.url ?? '')) return false;
    if (isBlocked) sendEmpty(response, 403, { Connection: 'close' });
    else if (this.admits(request, address)) return false;
    else sendEmpty(response, 429, { 'Retry-After': '1' });
    return true;
  }

  private admits({ url = '', method = '' }: IncomingMessage, address: string): boolean {
    const isRead = READS.includes(method);
    // RAUC streams a bundle in some ten thousand ranges: downloads are bounded by their bytes, not by their number.
    if (isRead && isDownloadUrl(url)) return true;
    const nowMs = this.clock.monotonicMs();
    const isAdmitted = (isRead ? this.reads : this.writes).admits(networkOf(address), nowMs);
    if (!isAdmitted) this.tell(address, nowMs);
    return isAdmitted;
  }

  private tell(address: string, nowMs: number): void {
    this.refusals += 1;
    if (nowMs - this.toldAtMs < TELL_MS) return;
    this.logger.warn(
      `${this.refusals} requests of devices were over the limit of their address, the last one from ${address}`,
    );
    this.refusals = 0;
    this.toldAtMs = nowMs;
  }
}
