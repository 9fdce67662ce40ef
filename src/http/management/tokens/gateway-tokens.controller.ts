import { Body, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { GatewayTokensService } from '../../../modules/identity/gateway-tokens.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { instantOf } from '../../shared/validators/instant-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import type { PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import {
  GatewayTokenBody,
  GatewayTokenPage,
  GatewayTokenRotationBody,
  gatewayTokenView,
  IssuedGatewayTokenView,
  issuedGatewayTokenView,
  successionOf,
  type GatewayTokenView,
} from './gateway-token-view';

/** The tokens by which devices come in that have none of their own. */
@ManagementController('gateway-tokens', 'identity')
export class GatewayTokensController {
  constructor(private readonly tokens: GatewayTokensService) {}

  @Get()
  @Needs('administrator')
  @ApiOperation({ summary: 'Gateway tokens in force, without their secrets' })
  @ApiOkResponse({ type: GatewayTokenPage })
  async listGatewayTokens(@CurrentActor() actor: Actor): Promise<PageView<GatewayTokenView>> {
    return { items: (await this.tokens.list(actor)).map(gatewayTokenView) };
  }

  @Post()
  @Needs('administrator')
  @ApiOperation({ summary: 'Make a gateway token; its secret is in this answer only' })
  @ApiCreatedResponse({ type: IssuedGatewayTokenView })
  @Refuses(400, 415)
  async createGatewayToken(
    @CurrentActor() actor: Actor,
    @Body() { name, expiresAt }: GatewayTokenBody,
  ): Promise<Shown<IssuedGatewayTokenView>> {
    const wish = { name, expiresAt: instantOf(expiresAt) };
    return issuedGatewayTokenView(await this.tokens.create(actor, wish));
  }

  @Post(':id/rotate')
  @Needs('administrator')
  @ApiOperation({ summary: 'Make the successor of a gateway token; the old one ends after the overlap' })
  @ApiCreatedResponse({ type: IssuedGatewayTokenView })
  @Refuses(400, 404, 415)
  async rotateGatewayToken(
    @CurrentActor() actor: Actor,
    @IdParam('gateway token') id: string,
    @Body() body: GatewayTokenRotationBody,
  ): Promise<Shown<IssuedGatewayTokenView>> {
    return issuedGatewayTokenView(await this.tokens.rotate(actor, id, successionOf(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('administrator')
  @ApiOperation({ summary: 'Revoke a gateway token; it is refused everywhere within a second' })
  @ApiNoContentResponse()
  @Refuses(404)
  async revokeGatewayToken(
    @CurrentActor() actor: Actor,
    @IdParam('gateway token') id: string,
  ): Promise<void> {
    await this.tokens.revoke(actor, id);
  }
}
