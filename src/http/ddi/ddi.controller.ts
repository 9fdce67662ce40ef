import { Controller, Get, HttpCode, Param, Post, Put, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { clientOfConfigData, clientOfHeaders } from '../../modules/devices/device/client';
import { DeploymentsService } from '../../modules/updates/polls/deployments.service';
import { ReportsService } from '../../modules/updates/reports/reports.service';
import { Clock } from '../../platform/clock/clock';
import { parseConfigData } from './bodies/config-data-body';
import { DdiErrorFilter } from './wire/ddi-error.filter';
import { cancelBody, deploymentBody } from './bodies/deployment-body';
import { CurrentDevice, DeviceGuard, WaitingDeviceGuard, type CallingDevice } from './entrance/device.guard';
import { cancelReport, parseFeedback } from './bodies/feedback-body';
import { historyLengthOf } from './wire/history-query';
import { mendFeedback } from './bodies/mend-feedback';
import { refuseUnacceptable, sendResource } from './wire/representation';
import { DdiBody } from './wire/request-body';

/**
 * DDI beyond the root poll and the feedback on deployments, which never get here (PollLane, FeedbackLane). Successes are exactly 200 with
 * an empty body: RAUC's updater and Zephyr take 201 and 204 for failures.
 */
@Controller(':tenant/controller/v1/:controllerId')
@UseFilters(DdiErrorFilter)
export class DdiController {
  constructor(
    private readonly deployments: DeploymentsService,
    private readonly reports: ReportsService,
    private readonly clock: Clock,
  ) {}

  @Get('deploymentBase/:actionId')
  @UseGuards(DeviceGuard)
  async deployment(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    refuseUnacceptable(request);
    const most = historyLengthOf(request);
    const { action, release } = await this.deployments.retrieve(device, actionId);
    const history = await this.deployments.history(action, most);
    const deployment = { action, release, history, deviceUrl: device.url, now: this.clock.now() };
    sendResource(request, response, deploymentBody(deployment));
  }

  @Get('cancelAction/:actionId')
  @UseGuards(DeviceGuard)
  async cancel(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    refuseUnacceptable(request);
    const action = await this.deployments.cancelled(device, actionId);
    await this.deployments.noteCancelRead(device, action);
    sendResource(request, response, cancelBody(action.id));
  }

  @Post('cancelAction/:actionId/feedback')
  @HttpCode(200)
  @UseGuards(DeviceGuard)
  async cancelFeedback(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @DdiBody(mendFeedback) body: unknown,
  ): Promise<void> {
    await this.reports.onCancel(device, actionId, cancelReport(parseFeedback(body)));
  }

  @Put('configData')
  @HttpCode(200)
  @UseGuards(WaitingDeviceGuard)
  async configData(
    @CurrentDevice() device: CallingDevice,
    @DdiBody() body: unknown,
    @Req() request: Request,
  ): Promise<void> {
    const client = clientOfHeaders(request.headers) ?? clientOfConfigData(body, device.name.controllerId);
    await this.reports.onAttributes(device, { ...parseConfigData(body), client });
  }
}
