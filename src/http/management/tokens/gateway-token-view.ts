import { ApiSchema } from '@nestjs/swagger';
import type { GatewayToken, IssuedGatewayToken } from '../../../modules/identity/gateway-tokens.service';
import { ShowsId, ShowsInstant, ShowsText, type Shown } from '../../shared/shown-field';
import { TextField } from '../../shared/validators/text-field';
import { pageSchema } from '../page-query';

/** A gateway token to be made. */
@ApiSchema({ name: 'NewGatewayToken' })
export class GatewayTokenBody {
  @TextField({
    most: 100,
    description: 'Which gateway or fleet has it; the audit shows it.',
    example: 'plant-2',
  })
  name!: string;
}

/** A gateway token without its secret. */
@ApiSchema({ name: 'GatewayToken' })
export class GatewayTokenView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'plant-2' })
  name!: string;

  @ShowsInstant()
  createdAt!: Date;
}

/** A gateway token just made, with its secret. */
@ApiSchema({ name: 'IssuedGatewayToken' })
export class IssuedGatewayTokenView extends GatewayTokenView {
  @ShowsText({ description: 'What devices authenticate with. Shown this once.', example: 'rkg_…' })
  token!: string;
}

export const GatewayTokenPage = pageSchema('GatewayTokenPage', GatewayTokenView);

export function gatewayTokenView({ id, name, createdAt }: GatewayToken): Shown<GatewayTokenView> {
  return { id, name, createdAt };
}

export function issuedGatewayTokenView(issued: IssuedGatewayToken): Shown<IssuedGatewayTokenView> {
  return { ...gatewayTokenView(issued), token: issued.token };
}
