import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { argon2id, hash, verify } from 'argon2';
import { IsNull, type Repository } from 'typeorm';
import type { Actor, Role } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import { Database, type Sql } from '../../platform/database/database';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { ApiTokenEntity } from './api-token.entity';
import { TooManyLoginsError, WrongCredentialsError } from './identity.errors';
import { newToken, tokenHash } from './token';
import { UserEntity } from './user.entity';

/** OWASP's parameters: 37 ms of CPU, 19 MiB. */
const ARGON2 = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const SESSION_MS = 12 * 3_600_000;
/** A login costs 37 ms of a core: more at once would starve the devices. */
const MAX_LOGINS_AT_ONCE = 4;

/** A token as lists show it: never the secret. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
}

export interface IssuedToken extends ApiToken {
  /** Shown once; only its hash is kept. */
  readonly token: string;
}

@Injectable()
export class IdentityService {
  private loginsUnderWay = 0;
  /** Verified against when there is no such user, so that both cases take equally long. */
  private readonly decoy = hash('no such user', ARGON2);

  constructor(
    @InjectRepository(ApiTokenEntity) private readonly tokens: Repository<ApiTokenEntity>,
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Who holds this bearer token; undefined when it is unknown, revoked or expired. */
  async findActor(token: string): Promise<Actor | undefined> {
    const row = await this.tokens.findOneBy({ tokenHash: tokenHash(token), revokedAt: IsNull() });
    if (row === null) return undefined;
    if (row.expiresAt !== null && row.expiresAt.getTime() <= this.clock.epochMs()) return undefined;
    return {
      kind: row.userId === null ? 'token' : 'user',
      tenantId: row.tenantId,
      name: row.name,
      role: row.role,
    };
  }

  /** Trades name and password for a token that lasts twelve hours. @throws WrongCredentialsError */
  async logIn(tenantId: string, name: string, password: string): Promise<IssuedToken> {
    if (this.loginsUnderWay >= MAX_LOGINS_AT_ONCE) throw new TooManyLoginsError();
    this.loginsUnderWay += 1;
    try {
      const user = await this.users
        .createQueryBuilder('user')
        .where('user.tenantId = :tenantId AND lower(user.name) = lower(:name)', { tenantId, name })
        .getOne();
      const isRight = await verify(user?.passwordHash ?? (await this.decoy), password);
      if (user === null || !isRight) throw new WrongCredentialsError();
      const actor: Actor = { kind: 'user', tenantId, name: user.name, role: user.role };
      return await this.issue(actor, user.name, user.role, { userId: user.id, lifetimeMs: SESSION_MS });
    } finally {
      this.loginsUnderWay -= 1;
    }
  }

  async listTokens(actor: Actor): Promise<ApiToken[]> {
    const rows = await this.tokens.find({
      where: { tenantId: actor.tenantId, revokedAt: IsNull(), userId: IsNull() },
      order: { id: 'ASC' },
      take: 1000,
    });
    return rows.map(tokenOf);
  }

  /** A token for a machine, until it is revoked. */
  async createToken(actor: Actor, name: string, role: Role): Promise<IssuedToken> {
    return this.issue(actor, name, role, {});
  }

  /** From the next request on the token is refused. */
  async revokeToken(actor: Actor, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const revoked = await tx.execute(
        'UPDATE api_token SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL',
        [actor.tenantId, id],
      );
      if (revoked === 0) throw new NotFoundError('token', id);
      await recordEvent(tx, actor, { kind: 'token.revoked', subject: `token:${id}` });
    });
  }

  /** Stores a user with this password in the caller's transaction. */
  async addUser(
    tx: Sql,
    tenantId: string,
    user: { name: string; password: string; role: Role },
  ): Promise<void> {
    await tx.query(
      'INSERT INTO user_account (tenant_id, name, password_hash, role) VALUES ($1, $2, $3, $4)',
      [tenantId, user.name, await hash(user.password, ARGON2), user.role],
    );
  }

  private async issue(
    actor: Actor,
    name: string,
    role: Role,
    as: { userId?: string; lifetimeMs?: number },
  ): Promise<IssuedToken> {
    const token = newToken('rk');
    const expiresAt = as.lifetimeMs === undefined ? null : new Date(this.clock.epochMs() + as.lifetimeMs);
    return this.database.transaction(async (tx) => {
      const repository = tx.manager.getRepository(ApiTokenEntity);
      const row = await repository.save(
        repository.create({
          tenantId: actor.tenantId,
          userId: as.userId ?? null,
          name,
          role,
          tokenHash: tokenHash(token),
          expiresAt,
        }),
      );
      const kind = as.userId === undefined ? 'token.created' : 'user.logged-in';
      await recordEvent(tx, actor, { kind, subject: `token:${row.id}`, detail: { name, role } });
      return { ...tokenOf(row), token };
    });
  }
}

function tokenOf(row: ApiTokenEntity): ApiToken {
  const { id, name, role, createdAt, expiresAt } = row;
  return { id, name, role, createdAt, expiresAt: expiresAt ?? undefined };
}
