import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { RolloutDevicesService } from '../../../modules/rollouts/rollout-devices.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { pageRequest, type PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import {
  deviceChoice,
  RolloutDevicePage,
  RolloutDevicesQuery,
  rolloutDeviceView,
  type RolloutDeviceView,
} from './views/rollout-device-view';

/** Whom a rollout has reached. */
@ManagementController('rollouts', 'rollouts')
export class RolloutDevicesController {
  constructor(private readonly devices: RolloutDevicesService) {}

  @Get(':id/devices')
  @Needs('viewer')
  @ApiOperation({ summary: 'The devices that a rollout has admitted; those that failed, for instance' })
  @ApiOkResponse({ type: RolloutDevicePage })
  @Refuses(400, 404)
  async listRolloutDevices(
    @CurrentActor() actor: Actor,
    @IdParam('rollout') id: string,
    @Query() query: RolloutDevicesQuery,
  ): Promise<PageView<RolloutDeviceView>> {
    const page = await this.devices.list(actor, id, deviceChoice(query), pageRequest(query, 'id'));
    return { ...page, items: page.items.map(rolloutDeviceView) };
  }
}
