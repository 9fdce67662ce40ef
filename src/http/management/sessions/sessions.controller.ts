import { Body, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { IdentityService } from '../../../modules/identity/identity.service';
import { DEFAULT_TENANT_KEY, tenantKeyOf } from '../../../modules/tenants/tenant';
import { TenantsService } from '../../../modules/tenants/tenants.service';
import { NeedsNobody } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';
import { issuedTokenView, IssuedTokenView } from '../tokens/token-view';
import type { Shown } from '../../shared/shown-field';
import { SessionBody } from './session-body';

/** Never given out as an id: logging in to a tenant that is not there takes as long as a wrong password. */
const NO_TENANT = '0';

/** Logging in. */
@ManagementController('sessions', 'identity')
export class SessionsController {
  constructor(
    private readonly identity: IdentityService,
    private readonly tenants: TenantsService,
  ) {}

  @Post()
  @NeedsNobody()
  @ApiOperation({ summary: 'Trade name and password for a token that lasts twelve hours' })
  @ApiCreatedResponse({ type: IssuedTokenView })
  @Refuses(400, 401, 415, 503)
  async createSession(@Body() body: SessionBody): Promise<Shown<IssuedTokenView>> {
    const key = tenantKeyOf(body.tenant ?? DEFAULT_TENANT_KEY);
    const tenant = key === undefined ? undefined : await this.tenants.find(key);
    return issuedTokenView(await this.identity.logIn(tenant?.id ?? NO_TENANT, body.name, body.password));
  }
}
