import { Controller, Get, Param, Put, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DeploymentsService } from '../../modules/updates/polls/deployments.service';
import { InstalledService } from '../../modules/updates/reports/installed.service';
import { Clock } from '../../platform/clock/clock';
import { installedNames } from './bodies/confirmation-body';
import { DdiErrorFilter } from './wire/ddi-error.filter';
import { deploymentBody } from './bodies/deployment-body';
import { CurrentDevice, DeviceGuard, type CallingDevice } from './entrance/device.guard';
import { historyLengthOf } from './wire/history-query';
import { DdiBody } from './wire/request-body';
import { refuseUnacceptable, sendEmpty, sendResource } from './wire/representation';

/** What a device has installed (contract E10 and E11). */
@Controller(':tenant/controller/v1/:controllerId/installedBase')
@UseGuards(DeviceGuard)
@UseFilters(DdiErrorFilter)
export class InstalledController {
  constructor(
    private readonly installed: InstalledService,
    private readonly deployments: DeploymentsService,
    private readonly clock: Clock,
  ) {}

  @Get(':actionId')
  async past(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    refuseUnacceptable(request);
    const most = historyLengthOf(request);
    const { action, release } = await this.installed.past(device, actionId);
    const history = await this.deployments.history(action, most);
    const deployment = { action, release, history, deviceUrl: device.url, now: this.clock.now() };
    sendResource(request, response, deploymentBody(deployment));
  }

  /** 201 when it is news, 200 when we knew: the one success of DDI that is not always 200. */
  @Put()
  async report(
    @CurrentDevice() device: CallingDevice,
    @DdiBody() body: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const isNews = await this.installed.report(device, installedNames(body));
    sendEmpty(response, isNews ? 201 : 200);
  }
}
