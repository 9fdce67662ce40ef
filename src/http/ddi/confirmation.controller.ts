import { Controller, Get, HttpCode, Param, Post, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ConfirmationsService } from '../../modules/updates/reports/confirmations.service';
import { DeploymentsService } from '../../modules/updates/polls/deployments.service';
import { deviceActor } from '../../modules/updates/sightings/known-device';
import { Clock } from '../../platform/clock/clock';
import { confirmationBody, confirmationWord, consentWish } from './bodies/confirmation-body';
import { DdiErrorFilter } from './wire/ddi-error.filter';
import { deploymentBody } from './bodies/deployment-body';
import {
  CurrentDevice,
  DeviceGuard,
  RegisteringDeviceGuard,
  type CallingDevice,
} from './entrance/device.guard';
import { historyLengthOf } from './wire/history-query';
import { DdiBody, OptionalDdiBody } from './wire/request-body';
import { refuseUnacceptable, sendResource } from './wire/representation';

/** The consent of a device's user (contract E12 to E16). */
@Controller(':tenant/controller/v1/:controllerId/confirmationBase')
@UseFilters(DdiErrorFilter)
export class ConfirmationController {
  constructor(
    private readonly confirmations: ConfirmationsService,
    private readonly deployments: DeploymentsService,
    private readonly clock: Clock,
  ) {}

  /** Like the root poll this makes a device that was never seen. */
  @Get()
  @UseGuards(RegisteringDeviceGuard)
  async standing(
    @CurrentDevice() device: CallingDevice,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    refuseUnacceptable(request);
    const standing = await this.confirmations.standing(device);
    const shown = device.isWaiting ? { ...standing, waiting: undefined } : standing;
    sendResource(request, response, confirmationBody(shown, device.url));
  }

  @Get(':actionId')
  @UseGuards(DeviceGuard)
  async waiting(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    refuseUnacceptable(request);
    const most = historyLengthOf(request);
    const { action, release } = await this.confirmations.waiting(device, actionId);
    const history = await this.deployments.history(action, most);
    const deployment = { action, release, history, deviceUrl: device.url, now: this.clock.now() };
    sendResource(request, response, deploymentBody(deployment, 'confirmation'));
  }

  @Post(':actionId/feedback')
  @HttpCode(200)
  @UseGuards(DeviceGuard)
  async answer(
    @CurrentDevice() device: CallingDevice,
    @Param('actionId') actionId: string,
    @DdiBody() body: unknown,
  ): Promise<void> {
    await this.confirmations.answer(device, actionId, confirmationWord(body));
  }

  @Post('activateAutoConfirm')
  @HttpCode(200)
  @UseGuards(DeviceGuard)
  async activate(@CurrentDevice() device: CallingDevice, @OptionalDdiBody() body: unknown): Promise<void> {
    const { deviceId, name } = device;
    await this.confirmations.activate(
      deviceActor(device),
      { deviceId, controllerId: name.controllerId },
      consentWish(body),
    );
  }

  @Post('deactivateAutoConfirm')
  @HttpCode(200)
  @UseGuards(DeviceGuard)
  async deactivate(@CurrentDevice() device: CallingDevice): Promise<void> {
    const { deviceId, name } = device;
    await this.confirmations.deactivate(deviceActor(device), { deviceId, controllerId: name.controllerId });
  }
}
