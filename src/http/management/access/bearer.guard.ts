import { Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { UnauthenticatedError } from './access.errors';
import { NEED } from './needs.decorator';

/** Lets in who has a token; the module says by which strategy. Handlers that need nobody are open. */
@Injectable()
export class BearerGuard extends AuthGuard() {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (Reflect.getMetadata(NEED, context.getHandler()) === 'nobody') return true;
    return (await super.canActivate(context)) === true;
  }

  override handleRequest<User>(error: unknown, user: User | false | undefined): User {
    // Not `instanceof`: what was thrown must not pass for a login, whatever it is.
    if (error !== undefined && error !== null) throw error as Error;
    if (user === false || user === undefined) throw new UnauthenticatedError();
    return user;
  }
}
