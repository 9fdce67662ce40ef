import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { hasRole, type Actor } from '../../../platform/actor/actor';
import { RoleNeededError } from './access.errors';
import { NEED, type Need } from './needs.decorator';

/** Holds callers to the role that the handler names. */
@Injectable()
export class RoleGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const need = Reflect.getMetadata(NEED, context.getHandler()) as Need | undefined;
    if (need === undefined) throw new Error(`${context.getHandler().name} does not say whom it needs`);
    if (need === 'nobody') return true;
    const actor = context.switchToHttp().getRequest<Request>().user as Actor | undefined;
    if (actor === undefined) throw new Error('the role was asked for before the token');
    if (!hasRole(actor, need)) throw new RoleNeededError(need, actor.role);
    return true;
  }
}
