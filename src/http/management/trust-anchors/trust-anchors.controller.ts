import { Body, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { TrustAnchorsService } from '../../../modules/trust/trust-anchors.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import type { PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { TrustAnchorBody, TrustAnchorPage, trustAnchorView, TrustAnchorView } from './trust-anchor-view';

/** Whose signatures under bundles this tenant believes. */
@ManagementController('trust-anchors', 'tenant')
export class TrustAnchorsController {
  constructor(private readonly anchors: TrustAnchorsService) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Certificates and public keys whose signatures are believed, oldest first' })
  @ApiOkResponse({ type: TrustAnchorPage })
  async listTrustAnchors(@CurrentActor() actor: Actor): Promise<PageView<TrustAnchorView>> {
    return { items: (await this.anchors.list(actor)).map(trustAnchorView) };
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ summary: 'One trust anchor' })
  @ApiOkResponse({ type: TrustAnchorView })
  @Refuses(404)
  async getTrustAnchor(
    @CurrentActor() actor: Actor,
    @IdParam('trust anchor') id: string,
  ): Promise<Shown<TrustAnchorView>> {
    return trustAnchorView(await this.anchors.get(actor, id));
  }

  @Post()
  @Needs('administrator')
  @ApiOperation({
    summary: 'Trust a certificate or public key; what is uploaded from now on is judged by it',
  })
  @ApiCreatedResponse({ type: TrustAnchorView })
  @Refuses(400, 409, 415, 422, 429)
  async addTrustAnchor(
    @CurrentActor() actor: Actor,
    @Body() body: TrustAnchorBody,
  ): Promise<Shown<TrustAnchorView>> {
    return trustAnchorView(await this.anchors.add(actor, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('administrator')
  @ApiOperation({ summary: 'Trust it no longer; what was judged before stays as it is' })
  @ApiNoContentResponse()
  @Refuses(404)
  async removeTrustAnchor(@CurrentActor() actor: Actor, @IdParam('trust anchor') id: string): Promise<void> {
    await this.anchors.remove(actor, id);
  }
}
