import { Body, Post, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import { WrongCredentialsError } from '../../../modules/identity/identity.errors';
import { IdentityService } from '../../../modules/identity/identity.service';
import { DEFAULT_TENANT_KEY, tenantKeyOf } from '../../../modules/tenants/tenant';
import { TenantsService } from '../../../modules/tenants/tenants.service';
import { CallerAttempts } from '../access/caller-attempts.service';
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
    private readonly attempts: CallerAttempts,
  ) {}

  @Post()
  @NeedsNobody()
  @ApiOperation({ summary: 'Trade name and password for a token that lasts twelve hours' })
  @ApiCreatedResponse({ type: IssuedTokenView })
  @Refuses(400, 401, 415, 429, 503)
  async createSession(@Req() request: Request, @Body() body: SessionBody): Promise<Shown<IssuedTokenView>> {
    this.attempts.check(request);
    const key = tenantKeyOf(body.tenant ?? DEFAULT_TENANT_KEY);
    const tenant = key === undefined ? undefined : await this.tenants.find(key);
    try {
      return issuedTokenView(await this.identity.logIn(tenant?.id ?? NO_TENANT, body.name, body.password));
    } catch (error) {
      if (error instanceof WrongCredentialsError) this.attempts.failed(request);
      throw error;
    }
  }
}
