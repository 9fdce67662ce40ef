import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Request } from 'express';
import passport, { Strategy } from 'passport';
import { IdentityService } from '../../../modules/identity/identity.service';
import { CallerAttempts } from './caller-attempts.service';

/** Longer than any token made here; hashing more would be work for nothing. */
const LONGEST_TOKEN = 512;

/** `Authorization: Bearer <token>` → the actor who holds it, as `request.user`. */
@Injectable()
export class BearerStrategy extends Strategy implements OnApplicationShutdown {
  /** Passport keeps strategies per process; two applications in one process must not answer for each other. */
  override readonly name = `bearer-${randomUUID()}`;

  constructor(
    private readonly identity: IdentityService,
    private readonly attempts: CallerAttempts,
  ) {
    super();
    passport.use(this.name, this);
  }

  /** Only now: while the server drains, requests are still let in. */
  onApplicationShutdown(): void {
    passport.unuse(this.name);
  }

  override authenticate(request: Request): void {
    const token = bearerTokenOf(request.headers.authorization);
    if (token === undefined) {
      this.fail(401);
      return;
    }
    this.judge(request, token).catch((error: unknown) => this.error(error));
  }

  private async judge(request: Request, token: string): Promise<void> {
    this.attempts.check(request, token);
    const actor = await this.identity.findActor(token);
    if (actor === undefined) {
      this.attempts.failed(request, token);
      this.fail(401);
      return;
    }
    this.attempts.succeeded(token);
    this.success(actor);
  }
}

function bearerTokenOf(header: string | undefined): string | undefined {
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(header ?? '')?.[1];
  return token === undefined || token.length > LONGEST_TOKEN ? undefined : token;
}
