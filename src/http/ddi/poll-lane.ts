import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, NotAcceptableException } from '@nestjs/common';
import { PollingService } from '../../modules/updates/polls/polling.service';
import { PollsService } from '../../modules/updates/polls/polls.service';
import { RequestOrigin } from '../shared/request-origin';
import { refusalError, type Refusal } from './wire/admittance';
import { chooseRepresentation } from './wire/accept';
import { sendDdiError } from './wire/ddi-reply';
import { deviceUrl, parsePollPath, type DdiPath } from './wire/ddi-path';
import { DeviceEntrance } from './entrance/device-entrance.service';
import { pollBody, sleepText } from './bodies/poll-body';
import { sendEmpty, sendJson } from './wire/representation';

/**
 * The fast lane of the root poll (contract E1). It stands in front of the framework, since for a request that mostly
 * says "nothing new" the framework was nine tenths of the cost. Everything that is no root poll falls through.
 */
@Injectable()
export class PollLane {
  constructor(
    private readonly entrance: DeviceEntrance,
    private readonly polls: PollsService,
    private readonly polling: PollingService,
    private readonly origin: RequestOrigin,
  ) {}

  /** True when the request was a root poll and will be answered here. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const path = parsePollPath(request.url ?? '');
    if (path === undefined) return false;
    this.answer(request, response, path).catch((error: unknown) => sendDdiError(response, error, false));
    return true;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, path: DdiPath): Promise<void> {
    const representation = chooseRepresentation(request.headers.accept);
    // A device is made by a poll that is answered, not by one that is refused.
    const admittance = await this.entrance.admit(request, path, representation !== undefined);
    if (admittance.kind !== 'in') {
      refuse(response, admittance, { path, isAcceptable: representation !== undefined });
      return;
    }
    if (representation === undefined) throw new NotAcceptableException();
    const { name, sighting, device, plan } = admittance.entry;
    const directive = await this.polls.answer(name, sighting, device);
    const sleep = this.polling.sleepMs(plan, device, directive.opensAtMs);
    const sleepMs = typeof sleep === 'number' ? sleep : await sleep;
    const json = pollBody(sleepText(sleepMs), this.resourceUrl(request, path), directive);
    sendJson(request, response, representation, json);
  }

  private resourceUrl(request: IncomingMessage, path: DdiPath): string {
    return deviceUrl(this.origin.baseUrl(request), path);
  }
}

/** Strangers may be many, and an exception costs more than they are worth. */
function refuse(
  response: ServerResponse,
  refusal: Refusal,
  { path, isAcceptable }: { path: DdiPath; isAcceptable: boolean },
): void {
  if (refusal.kind === 'stranger') sendEmpty(response, 401);
  else if (refusal.kind === 'throttled') sendEmpty(response, 429, { 'Retry-After': String(refusal.seconds) });
  else if (refusal.kind === 'unknown' && !isAcceptable) throw new NotAcceptableException();
  else throw refusalError(refusal, path);
}
