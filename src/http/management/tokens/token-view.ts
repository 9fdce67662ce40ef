import { ApiSchema } from '@nestjs/swagger';
import type { ApiToken, IssuedToken } from '../../../modules/identity/identity.service';
import { ROLES, type Role } from '../../../platform/actor/actor';
import { ShowsId, ShowsInstant, ShowsText, ShowsWord, type Shown } from '../../shared/shown-field';
import { pageSchema } from '../page-query';

/** A token without its secret. */
@ApiSchema({ name: 'Token' })
export class TokenView {
  @ShowsId()
  id!: string;

  @ShowsText()
  name!: string;

  @ShowsWord(ROLES, { schemaName: 'Role' })
  role!: Role;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsInstant({ optional: true, description: 'Absent: until it is revoked.' })
  expiresAt?: Date | undefined;
}

/** A token just made, with its secret. */
@ApiSchema({ name: 'IssuedToken' })
export class IssuedTokenView extends TokenView {
  @ShowsText({ description: 'Shown this once.', example: 'rk_…' })
  token!: string;
}

export const TokenPage = pageSchema('TokenPage', TokenView);

export function tokenView({ id, name, role, createdAt, expiresAt }: ApiToken): Shown<TokenView> {
  return { id, name, role, createdAt, expiresAt };
}

export function issuedTokenView(issued: IssuedToken): Shown<IssuedTokenView> {
  return { ...tokenView(issued), token: issued.token };
}
