import { Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ActionsService } from '../../../modules/actions/actions.service';
import { DevicesService } from '../../../modules/devices/devices.service';
import { ExplainService } from '../../../modules/updates/explain/explain.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ActionPage, actionView, type ActionView } from '../actions/action-view';
import { ManagementController } from '../management-controller';
import { PageQuery, pageRequest, type PageView } from '../page-query';
import { ControllerIdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import type { Shown } from '../../shared/shown-field';
import { ExplanationView, explanationView } from './explanation-view';

/** What a device was told to do and why, and what it is asked. */
@ManagementController('devices/:controllerId', 'devices')
export class DeviceUpdatesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly actions: ActionsService,
    private readonly explanations: ExplainService,
  ) {}

  @Get('actions')
  @Needs('viewer')
  @ApiOperation({ summary: 'The actions of a device, newest first' })
  @ApiOkResponse({ type: ActionPage })
  @Refuses(400, 404)
  async listDeviceActions(
    @CurrentActor() actor: Actor,
    @ControllerIdParam() controllerId: string,
    @Query() query: PageQuery,
  ): Promise<PageView<ActionView>> {
    const request = pageRequest(query, 'id');
    await this.devices.get(actor, controllerId);
    const page = await this.actions.list(actor, controllerId, request);
    return { ...page, items: page.items.map(actionView) };
  }

  @Post('request-attributes')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Have the device asked for its attributes when it polls next' })
  @ApiNoContentResponse()
  @Refuses(400, 404)
  async requestDeviceAttributes(
    @CurrentActor() actor: Actor,
    @ControllerIdParam() controllerId: string,
  ): Promise<void> {
    await this.devices.requestAttributes(actor, controllerId);
  }

  @Get('explain')
  @Needs('viewer')
  @ApiOperation({ summary: 'Why the device gets what it gets: the decision and every rule that was tried' })
  @ApiOkResponse({ type: ExplanationView })
  @Refuses(400, 404)
  async explainDevice(
    @CurrentActor() actor: Actor,
    @ControllerIdParam() controllerId: string,
  ): Promise<Shown<ExplanationView>> {
    return explanationView(await this.explanations.explain(actor, controllerId));
  }
}
