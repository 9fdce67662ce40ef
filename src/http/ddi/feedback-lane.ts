import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ReportsService } from '../../modules/updates/reports/reports.service';
import { refusalError, waitingError } from './wire/admittance';
import { parseReportPath, type ReportPath } from './wire/ddi-path';
import { sendDdiError } from './wire/ddi-reply';
import { DeviceEntrance } from './entrance/device-entrance.service';
import { deploymentReport, parseFeedback } from './bodies/feedback-body';
import { mendFeedback } from './bodies/mend-feedback';
import { sendEmpty } from './wire/representation';
import { readBody } from './wire/request-body';

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
    if (admittance.kind !== 'in') throw refusalError(admittance, path);
    if (admittance.entry.device.approval === 'waiting') throw waitingError(path);
    const report = deploymentReport(parseFeedback(await readBody(request, mendFeedback)));
    const { name, sighting, device, plan } = admittance.entry;
    await this.reports.onDeployment(
      {
        ...{ tenantId: sighting.tenantId, deviceId: device.id, name, settings: plan.settings },
        isQuiet: device.quietUntilMs !== undefined,
      },
      path.actionId,
      report,
    );
    sendEmpty(response, 200);
  }
}
