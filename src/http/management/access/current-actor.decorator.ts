import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Actor } from '../../../platform/actor/actor';

/** Who is calling: what the bearer guard found. */
export const CurrentActor = createParamDecorator(
  (_unused: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<Request>().user as unknown as Actor,
);
