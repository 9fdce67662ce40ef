import { Body, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ClientAuthoritiesService } from '../../../modules/tenants/client-authorities.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import type { PageView } from '../page-query';
import { IdParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import {
  ClientAuthorityBody,
  ClientAuthorityPage,
  clientAuthorityView,
  ClientAuthorityView,
} from './client-authority-view';

/** Whose certificates let devices in that speak TLS to Rookery itself. */
@ManagementController('client-authorities', 'tenant')
export class ClientAuthoritiesController {
  constructor(private readonly authorities: ClientAuthoritiesService) {}

  @Get()
  @Needs('administrator')
  @ApiOperation({ summary: 'Certificate authorities of devices, oldest first' })
  @ApiOkResponse({ type: ClientAuthorityPage })
  async listClientAuthorities(@CurrentActor() actor: Actor): Promise<PageView<ClientAuthorityView>> {
    return { items: (await this.authorities.list(actor)).map(clientAuthorityView) };
  }

  @Post()
  @Needs('administrator')
  @ApiOperation({
    summary: 'Add an authority; devices with its certificates get in from the next request on',
  })
  @ApiCreatedResponse({ type: ClientAuthorityView })
  @Refuses(400, 409, 415, 422, 429)
  async addClientAuthority(
    @CurrentActor() actor: Actor,
    @Body() { name, certificate }: ClientAuthorityBody,
  ): Promise<Shown<ClientAuthorityView>> {
    return clientAuthorityView(await this.authorities.add(actor, name, certificate));
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('administrator')
  @ApiOperation({ summary: 'Remove an authority; its certificates are refused from the next request on' })
  @ApiNoContentResponse()
  @Refuses(404)
  async removeClientAuthority(
    @CurrentActor() actor: Actor,
    @IdParam('client authority') id: string,
  ): Promise<void> {
    await this.authorities.remove(actor, id);
  }
}
