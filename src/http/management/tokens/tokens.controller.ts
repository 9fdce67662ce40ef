import { Body, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { IdentityService } from '../../../modules/identity/identity.service';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import type { PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { TokenBody } from './token-body';
import type { Shown } from '../../shared/shown-field';
import { issuedTokenView, IssuedTokenView, TokenPage, tokenView, type TokenView } from './token-view';

/** Tokens of machines: CI, scripts, other servers. */
@ManagementController('tokens', 'identity')
export class TokensController {
  constructor(private readonly identity: IdentityService) {}

  @Get()
  @Needs('administrator')
  @ApiOperation({ summary: 'API tokens in force, without their secrets' })
  @ApiOkResponse({ type: TokenPage })
  async listTokens(@CurrentActor() actor: Actor): Promise<PageView<TokenView>> {
    const tokens = await this.identity.listTokens(actor);
    return { items: tokens.map(tokenView) };
  }

  @Post()
  @Needs('administrator')
  @ApiOperation({ summary: 'Make an API token; its secret is in this answer only' })
  @ApiCreatedResponse({ type: IssuedTokenView })
  @Refuses(400, 415)
  async createToken(@CurrentActor() actor: Actor, @Body() body: TokenBody): Promise<Shown<IssuedTokenView>> {
    return issuedTokenView(await this.identity.createToken(actor, body.name, body.role));
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('administrator')
  @ApiOperation({ summary: 'Revoke a token; it is refused from the next request on' })
  @ApiNoContentResponse()
  @Refuses(404)
  async revokeToken(@CurrentActor() actor: Actor, @IdParam('token') id: string): Promise<void> {
    await this.identity.revokeToken(actor, id);
  }
}
