import {
  All,
  Controller,
  Get,
  HttpCode,
  MethodNotAllowedException,
  NotAcceptableException,
  Param,
  Post,
  Put,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { DeploymentsService } from '../../modules/updates/deployments.service';
import { ReportsService } from '../../modules/updates/reports.service';
import { BodyText } from './body-text';
import { parseConfigData } from './config-data-body';
import { DdiErrorFilter } from './ddi-error.filter';
import { cancelBody, deploymentBody } from './deployment-body';
import { CurrentDevice, DeviceGuard, type CallingDevice } from './device.guard';
import { cancelReport, parseFeedback } from './feedback-body';
import { chooseRepresentation, sendJson } from './representation';

/**
 * DDI beyond the root poll and the feedback on deployments, which never get here (PollLane, FeedbackLane). Successes are exactly 200 with
 * an empty body: RAUC's updater and Zephyr take 201 and 204 for failures.
 */
@Controller(':tenant/controller/v1/:controllerId')
@UseGuards(DeviceGuard)
@UseFilters(DdiErrorFilter)
export class DdiController {
  constructor(
    private readonly deployments: DeploymentsService,
    private readonly reports: ReportsService,
  ) {}

  @Get('deploymentBase/:actionId')
  async deployment(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const representation = chooseRepresentation(request.headers.accept);
    if (representation === undefined) throw new NotAcceptableException();
    const { release } = await this.deployments.retrieve(device, actionId);
    sendJson(response, representation, deploymentBody(actionId, release, device.url));
  }

  @Get('cancelAction/:actionId')
  async cancel(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const representation = chooseRepresentation(request.headers.accept);
    if (representation === undefined) throw new NotAcceptableException();
    const action = await this.deployments.cancelled(device, actionId);
    sendJson(response, representation, cancelBody(action.id));
  }

  @Post('cancelAction/:actionId/feedback')
  @HttpCode(200)
  async cancelFeedback(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @BodyText() body: string,
  ): Promise<void> {
    await this.reports.onCancel(device, actionId, cancelReport(parseFeedback(body), actionId));
  }

  @Put('configData')
  @HttpCode(200)
  async configData(@CurrentDevice() device: CallingDevice, @BodyText() body: string): Promise<void> {
    await this.reports.onAttributes(device, parseConfigData(body));
  }

  /** A known path with another method is 405, not 404 (contract 1.1). */
  @All([
    '',
    'deploymentBase/:actionId',
    'deploymentBase/:actionId/feedback',
    'cancelAction/:actionId',
    'cancelAction/:actionId/feedback',
    'configData',
    'softwaremodules/:moduleId/artifacts/:fileName',
  ])
  wrongMethod(): never {
    throw new MethodNotAllowedException();
  }
}
