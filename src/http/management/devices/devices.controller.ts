import { Body, Delete, Get, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { DevicesService } from '../../../modules/devices/devices.service';
import { NewcomersService } from '../../../modules/devices/newcomers.service';
import { newToken, tokenHash } from '../../../modules/identity/token';
import { FleetService } from '../../../modules/updates/orders/fleet.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { IfMatch, TakesIfMatch } from '../if-match.decorator';
import { setLocation } from '../location';
import { ManagementController } from '../management-controller';
import { pageRequest, type PageView } from '../page-query';
import { ControllerIdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { ApprovalBody, ApprovedView, MOST_APPROVED, refuseVague } from './approval-body';
import { DeviceBody, DeviceChangeBody, DevicesQuery } from './device-body';
import type { Shown } from '../../shared/shown-field';
import { DevicePage, deviceView, DeviceView, RegisteredDeviceView } from './device-view';

/** The fleet. */
@ManagementController('devices', 'devices')
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly fleet: FleetService,
    private readonly newcomers: NewcomersService,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Devices, by controllerId' })
  @ApiOkResponse({ type: DevicePage })
  @Refuses(400)
  async listDevices(
    @CurrentActor() actor: Actor,
    @Query() query: DevicesQuery,
  ): Promise<PageView<DeviceView>> {
    const page = await this.devices.list(actor, pageRequest(query, 'name'), query);
    return { ...page, items: page.items.map(deviceView) };
  }

  @Post()
  @Needs('operator')
  @ApiOperation({ summary: 'Register a device; its token is in this answer only' })
  @ApiCreatedResponse({ type: RegisteredDeviceView })
  @Refuses(400, 409, 415)
  async createDevice(
    @CurrentActor() actor: Actor,
    @Body() body: DeviceBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Shown<RegisteredDeviceView>> {
    const targetToken = newToken('rkt');
    const { controllerId, name } = body;
    const device = await this.devices.create(actor, {
      controllerId,
      ...(name === undefined ? {} : { name }),
      tokenHash: tokenHash(targetToken),
    });
    setLocation(response, 'devices', device.controllerId);
    return { ...deviceView(device), targetToken };
  }

  @Post('approve')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Let many devices in at once' })
  @ApiOkResponse({ type: ApprovedView })
  @Refuses(400, 415)
  async approveDevices(
    @CurrentActor() actor: Actor,
    @Body() body: ApprovalBody,
  ): Promise<Shown<ApprovedView>> {
    refuseVague(body);
    const { controllerIds, q } = body;
    const approved =
      controllerIds === undefined
        ? this.newcomers.approveWaiting(actor, q, MOST_APPROVED)
        : this.newcomers.approveNamed(actor, controllerIds);
    return { approved: await approved };
  }

  @Get(':controllerId')
  @Needs('viewer')
  @ApiOperation({ summary: 'One device' })
  @ApiOkResponse({ type: DeviceView })
  @Refuses(400, 404)
  async getDevice(
    @CurrentActor() actor: Actor,
    @ControllerIdParam() controllerId: string,
  ): Promise<Shown<DeviceView>> {
    return deviceView(await this.devices.get(actor, controllerId));
  }

  @Patch(':controllerId')
  @Needs('operator')
  @ApiOperation({ summary: 'Change a device; its next poll is decided by the change' })
  @ApiOkResponse({ type: DeviceView })
  @TakesIfMatch()
  @Refuses(400, 404, 409, 415, 422)
  async changeDevice(
    @CurrentActor() actor: Actor,
    @ControllerIdParam() controllerId: string,
    @IfMatch() revision: string | undefined,
    @Body() body: DeviceChangeBody,
  ): Promise<Shown<DeviceView>> {
    return deviceView(await this.fleet.change(actor, controllerId, body, revision));
  }

  @Delete(':controllerId')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Remove a device; what is under way on it is ended' })
  @ApiNoContentResponse()
  @Refuses(400, 404)
  async removeDevice(@CurrentActor() actor: Actor, @ControllerIdParam() controllerId: string): Promise<void> {
    await this.fleet.remove(actor, controllerId);
  }
}
