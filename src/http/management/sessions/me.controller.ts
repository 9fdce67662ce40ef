import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSchema } from '@nestjs/swagger';
import { TenantsService } from '../../../modules/tenants/tenants.service';
import { ROLES, type Actor, type Role } from '../../../platform/actor/actor';
import { ShowsText, ShowsWord, type Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';

/** Whose token this is. */
@ApiSchema({ name: 'Me' })
export class MeView {
  @ShowsText({ description: 'user: a person who logged in; token: a machine', example: 'token' })
  kind!: string;

  @ShowsText()
  name!: string;

  @ShowsWord(ROLES, { schemaName: 'Role' })
  role!: Role;

  @ShowsText({ example: 'DEFAULT' })
  tenant!: string;
}

/** Asking who one is. */
@ManagementController('me', 'identity')
export class MeController {
  constructor(private readonly tenants: TenantsService) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Whose token this is and what it may do' })
  @ApiOkResponse({ type: MeView })
  async getMe(@CurrentActor() actor: Actor): Promise<Shown<MeView>> {
    const { kind, name, role } = actor;
    return { kind, name, role, tenant: (await this.tenants.of(actor)).key };
  }
}
