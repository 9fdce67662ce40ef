import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PollsService } from '../../modules/updates/polls.service';
import { Settings } from '../../platform/config/settings';
import { RequestOrigin } from '../shared/request-origin';
import { sendDdiError } from './ddi-reply';
import { parsePollPath, type DdiPath } from './ddi-path';
import { DeviceEntrance } from './device-entrance.service';
import { UnreadableBodyError } from './ddi-error';
import { pollBody, sleepText } from './poll-body';
import { chooseRepresentation, sendEmpty, sendJson } from './representation';

/**
 * The fast lane of the root poll (contract E1). It stands in front of the framework, since for a request that mostly
 * says "nothing new" the framework was nine tenths of the cost. Everything that is no root poll falls through.
 */
@Injectable()
export class PollLane {
  private readonly sleep: string;

  constructor(
    private readonly entrance: DeviceEntrance,
    private readonly polls: PollsService,
    private readonly origin: RequestOrigin,
    settings: Settings,
  ) {
    this.sleep = sleepText(settings.pollIntervalMs);
  }

  /** True when the request was a root poll and will be answered here. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET') return false;
    const path = parsePollPath(request.url ?? '');
    if (path === undefined) return false;
    this.answer(request, response, path).catch((error: unknown) => sendDdiError(response, error, false));
    return true;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, path: DdiPath): Promise<void> {
    const admittance = await this.entrance.admit(request, path, true);
    if (admittance.kind === 'bad-id') throw new UnreadableBodyError(`The controllerId ${admittance.why}.`);
    if (admittance.kind !== 'in') {
      sendEmpty(response, 401);
      return;
    }
    const representation = chooseRepresentation(request.headers.accept);
    if (representation === undefined) {
      sendEmpty(response, 406);
      return;
    }
    const { name, sighting, device } = admittance.entry;
    const directive = await this.polls.answer(name, sighting, device);
    sendJson(response, representation, pollBody(this.sleep, this.resourceUrl(request, path), directive));
  }

  private resourceUrl(request: IncomingMessage, path: DdiPath): string {
    return deviceUrl(this.origin.baseUrl(request), path);
  }
}

/** `{base}/{tenant}/controller/v1/{controllerId}`: what every link of a device begins with. */
export function deviceUrl(baseUrl: string, path: DdiPath): string {
  return `${baseUrl}/${encodeURIComponent(path.tenant)}/controller/v1/${encodeURIComponent(path.controllerId)}`;
}
