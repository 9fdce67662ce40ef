import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { Role } from '../../../platform/actor/actor';

/** What a handler asks of its caller: a role, or (`nobody`) not even a token. */
export type Need = Role | 'nobody';

/** Metadata key of the {@link Need} of a handler. */
export const NEED = 'rookery:need';

/** Who may call this handler. A handler without it cannot be called at all. */
export function Needs(role: Role): MethodDecorator {
  return applyDecorators(SetMetadata(NEED, role), ApiBearerAuth(), ApiExtension('x-needs-role', role));
}

/** Anybody may call this handler: it is how one gets a token. */
export function NeedsNobody(): MethodDecorator {
  return SetMetadata(NEED, 'nobody' satisfies Need);
}
