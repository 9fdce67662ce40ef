import { Body, Delete, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import { DeviceTokensService } from '../../../modules/updates/sightings/device-tokens.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { ControllerIdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import {
  IssuedTargetTokenView,
  issuedTargetTokenView,
  TargetTokenBody,
  tokenTerms,
} from './device-token-body';

/** The tokens that devices hold themselves. */
@ManagementController('devices/:controllerId/token', 'devices')
export class DeviceTokensController {
  constructor(private readonly tokens: DeviceTokensService) {}

  @Post()
  @Needs('operator')
  @ApiOperation({ summary: 'Give a device a token, or another one; it is in this answer only' })
  @ApiCreatedResponse({ type: IssuedTargetTokenView })
  @Refuses(400, 404, 415)
  async issueTargetToken(
    @CurrentActor() actor: Actor,
    @ControllerIdParam() controllerId: string,
    @Body() body: TargetTokenBody,
  ): Promise<Shown<IssuedTargetTokenView>> {
    return issuedTargetTokenView(await this.tokens.issue(actor, controllerId, tokenTerms(body)));
  }

  @Delete()
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Take the token of a device away, and the one before it' })
  @ApiNoContentResponse()
  @Refuses(400, 404)
  async removeTargetToken(
    @CurrentActor() actor: Actor,
    @ControllerIdParam() controllerId: string,
  ): Promise<void> {
    await this.tokens.remove(actor, controllerId);
  }
}
