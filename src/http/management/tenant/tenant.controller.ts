import { Body, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSchema } from '@nestjs/swagger';
import { TenantsService } from '../../../modules/tenants/tenants.service';
import type { Actor } from '../../../platform/actor/actor';
import { ShowsFlag, ShowsText, type Shown } from '../../shared/shown-field';
import { FlagField } from '../../shared/validators/flag-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';

const STOPPED = 'While true, no device is offered anything; what devices have fetched goes on.';

/** The tenant as the API shows it. */
@ApiSchema({ name: 'Tenant' })
export class TenantView {
  @ShowsText({ example: 'DEFAULT' })
  key!: string;

  @ShowsFlag({ description: STOPPED })
  stopped!: boolean;
}

/** A change of the tenant. */
@ApiSchema({ name: 'TenantChange' })
export class TenantChangeBody {
  @FlagField({ optional: true, description: STOPPED })
  stopped?: boolean;
}

/** The caller's tenant and its stop-all switch. */
@ManagementController('tenant', 'tenant')
export class TenantController {
  constructor(private readonly tenants: TenantsService) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'The tenant of this token' })
  @ApiOkResponse({ type: TenantView })
  async getTenant(@CurrentActor() actor: Actor): Promise<Shown<TenantView>> {
    const { key } = await this.tenants.of(actor);
    return { key, stopped: await this.tenants.isStopped(actor) };
  }

  @Patch()
  @Needs('operator')
  @ApiOperation({ summary: 'Stop all updates, or let them go on' })
  @ApiOkResponse({ type: TenantView })
  @Refuses(400, 415)
  async changeTenant(
    @CurrentActor() actor: Actor,
    @Body() body: TenantChangeBody,
  ): Promise<Shown<TenantView>> {
    if (body.stopped !== undefined) await this.tenants.setStopped(actor, body.stopped);
    return this.getTenant(actor);
  }
}
