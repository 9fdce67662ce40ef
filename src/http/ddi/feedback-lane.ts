import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ReportsService } from '../../modules/updates/reports.service';
import { readText } from './body-text';
import { UnreadableBodyError } from './ddi-error';
import { parseReportPath, type ReportPath } from './ddi-path';
import { sendDdiError } from './ddi-reply';
import { DeviceEntrance } from './device-entrance.service';
import { deploymentReport, parseFeedback } from './feedback-body';
import { sendEmpty } from './representation';

/**
 * The fast lane of feedback on a deployment (contract E6), in front of the framework like the poll's: SWUpdate sends up to
 * fifty reports for one update, so they are most of what a rollout costs.
 */
@Injectable()
export class FeedbackLane {
  constructor(
    private readonly entrance: DeviceEntrance,
    private readonly reports: ReportsService,
  ) {}

  /** True when the request was such a feedback and will be answered here. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'POST') return false;
    const path = parseReportPath(request.url ?? '');
    if (path === undefined) return false;
    this.answer(request, response, path).catch((error: unknown) => sendDdiError(response, error, true));
    return true;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, path: ReportPath): Promise<void> {
    const admittance = await this.entrance.admit(request, path, false);
    if (admittance.kind === 'bad-id') throw new UnreadableBodyError(`The controllerId ${admittance.why}.`);
    if (admittance.kind !== 'in') {
      sendEmpty(response, admittance.kind === 'unknown' ? 404 : 401);
      return;
    }
    const report = deploymentReport(parseFeedback(await readText(request)), path.actionId);
    const { name, sighting, device } = admittance.entry;
    await this.reports.onDeployment(
      { tenantId: sighting.tenantId, deviceId: device.id, name },
      path.actionId,
      report,
    );
    sendEmpty(response, 200);
  }
}
