import { ApiSchema } from '@nestjs/swagger';
import type {
  GatewayToken,
  IssuedGatewayToken,
  Succession,
} from '../../../modules/identity/gateway-tokens.service';
import { ShowsId, ShowsInstant, ShowsText, type Shown } from '../../shared/shown-field';
import { DurationField, durationMs } from '../../shared/validators/duration-field';
import { InstantField, instantOf } from '../../shared/validators/instant-field';
import { TextField } from '../../shared/validators/text-field';
import { pageSchema } from '../page-query';

const WEEK_MS = 7 * 86_400_000;
/** Longer than this two tokens are no rotation. */
export const MOST_OVERLAP_MS = 365 * 86_400_000;

/** A gateway token to be made. */
@ApiSchema({ name: 'NewGatewayToken' })
export class GatewayTokenBody {
  @TextField({
    most: 100,
    description: 'Which gateway or fleet has it; the audit shows it.',
    example: 'plant-2',
  })
  name!: string;

  @InstantField({ optional: true, description: 'When it ends; left out: not by itself.' })
  expiresAt?: string;
}

/** How a gateway token gives way to another one. */
@ApiSchema({ name: 'GatewayTokenRotation' })
export class GatewayTokenRotationBody {
  @DurationField({
    optional: true,
    most: MOST_OVERLAP_MS,
    description: 'How long the old one is good as well; a week when left out.',
    example: '7d',
  })
  overlap?: string;

  @InstantField({ optional: true, description: 'When the new one ends; left out: not by itself.' })
  expiresAt?: string;
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

  @ShowsInstant({ optional: true, description: 'When it ends; absent: not by itself.' })
  expiresAt?: Date | undefined;

  @ShowsInstant({
    optional: true,
    description: 'When it let a device in last, to the minute; absent: never.',
  })
  lastUsedAt?: Date | undefined;
}

/** A gateway token just made, with its secret. */
@ApiSchema({ name: 'IssuedGatewayToken' })
export class IssuedGatewayTokenView extends GatewayTokenView {
  @ShowsText({ description: 'What devices authenticate with. Shown this once.', example: 'rkg_…' })
  token!: string;
}

export const GatewayTokenPage = pageSchema('GatewayTokenPage', GatewayTokenView);

export function gatewayTokenView(token: GatewayToken): Shown<GatewayTokenView> {
  const { id, name, createdAt, expiresAt, lastUsedAt } = token;
  return { id, name, createdAt, expiresAt, lastUsedAt };
}

/** The overlap is long by itself: a fleet learns its new token device by device. */
export function successionOf({ overlap, expiresAt }: GatewayTokenRotationBody): Succession {
  return { overlapMs: durationMs(overlap) ?? WEEK_MS, expiresAt: instantOf(expiresAt) };
}

export function issuedGatewayTokenView(issued: IssuedGatewayToken): Shown<IssuedGatewayTokenView> {
  return { ...gatewayTokenView(issued), token: issued.token };
}
