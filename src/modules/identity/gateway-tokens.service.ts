import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, MoreThan, type FindOptionsWhere, type Repository } from 'typeorm';
import type { Actor } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import { Database, type Sql, type Transaction } from '../../platform/database/database';
import { FieldError, NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { GatewayTokenEntity } from './gateway-token.entity';
import { GatewayTokenUseService } from './gateway-token-use.service';
import { isSameHash, newToken, tokenHash } from './token';

/** How long a set of gateway tokens is believed: a revocation reaches every replica within this time. */
const TRUST_MS = 1000;

/** A gateway token as lists show it: never the secret. */
export interface GatewayToken {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Undefined: good until it is revoked. */
  readonly expiresAt: Date | undefined;
  /** To the minute; undefined: it never let anybody in. */
  readonly lastUsedAt: Date | undefined;
}

export interface IssuedGatewayToken extends GatewayToken {
  /** Shown once; only its hash is kept. */
  readonly token: string;
}

/** A token to be made. */
export interface GatewayTokenWish {
  readonly name: string;
  readonly expiresAt?: Date | undefined;
}

/** How a token gives way to another one. */
export interface Succession {
  /** How long both are good. */
  readonly overlapMs: number;
  /** When the new one ends. */
  readonly expiresAt?: Date | undefined;
}

interface KnownToken {
  readonly tenantId: string;
  readonly id: string;
  readonly hash: Buffer;
  readonly expiresAtMs: number;
  /** Noted since it was read, which is often enough. */
  isNoted: boolean;
}

interface Known {
  readonly tokens: Promise<readonly KnownToken[]>;
  readonly readAtMs: number;
  /** The token that was found valid last: a fleet behind one gateway sends the same one thousands of times a second. */
  accepted?: { readonly text: Buffer; readonly token: KnownToken };
}

/** The tokens that let a gateway speak for any device of its tenant, also for one not seen before. */
@Injectable()
export class GatewayTokensService {
  private readonly known = new Map<string, Known>();

  constructor(
    @InjectRepository(GatewayTokenEntity) private readonly tokens: Repository<GatewayTokenEntity>,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly use: GatewayTokenUseService,
  ) {}

  /**
   * True when `text` is one of the tenant's tokens and has not ended; at most one read a second per tenant, whatever the load.
   * That a token ends is seen at each look, by the clock that all replicas share.
   */
  isValid(tenantId: string, text: string): boolean | Promise<boolean> {
    const known = this.knownOf(tenantId);
    const accepted = known.accepted;
    return accepted !== undefined && isSameHash(accepted.text, Buffer.from(text))
      ? this.isInForce(accepted.token)
      : this.isListed(known, text);
  }

  private async isListed(known: Known, text: string): Promise<boolean> {
    const candidate = tokenHash(text);
    const token = (await known.tokens).find(({ hash }) => isSameHash(hash, candidate));
    if (token === undefined || !this.isInForce(token)) return false;
    known.accepted = { text: Buffer.from(text), token };
    return true;
  }

  private isInForce(token: KnownToken): boolean {
    if (token.expiresAtMs <= this.clock.epochMs()) return false;
    if (!token.isNoted) {
      token.isNoted = true;
      this.use.note(token.tenantId, token.id);
    }
    return true;
  }

  /** Adds a token that was made elsewhere (the first start, a preset of the environment). */
  async add(tx: Sql, tenantId: string, name: string, token: string): Promise<void> {
    await tx.query(
      `INSERT INTO gateway_token (tenant_id, name, token_hash) VALUES ($1, $2, $3)
       ON CONFLICT ON CONSTRAINT gateway_token_hash_unique DO NOTHING`,
      [tenantId, name, tokenHash(token)],
    );
  }

  /** Those in force, oldest first; a tenant has few. */
  async list(actor: Actor): Promise<GatewayToken[]> {
    const rows = await this.tokens.find({
      where: this.inForce(actor.tenantId),
      order: { id: 'ASC' },
      take: 1000,
    });
    return rows.map(gatewayTokenOf);
  }

  /** Makes one more, good until it ends or is revoked: a fleet changes its token device by device. @throws FieldError */
  async create(actor: Actor, wish: GatewayTokenWish): Promise<IssuedGatewayToken> {
    this.refusePast(wish.expiresAt);
    const made = await this.database.transaction((tx) => this.make(tx, actor, wish, {}));
    this.known.delete(actor.tenantId);
    return made;
  }

  /**
   * Makes the token's successor, of the same name; the old one ends when both have been good for `overlapMs`, unless it ends
   * before. @throws NotFoundError for one that is not in force, FieldError
   */
  async rotate(actor: Actor, id: string, { overlapMs, expiresAt }: Succession): Promise<IssuedGatewayToken> {
    this.refusePast(expiresAt);
    const now = this.clock.now();
    const ends = new Date(now.getTime() + overlapMs);
    const successor = await this.database.transaction(async (tx) => {
      const [old] = await tx.query<{ name: string }>(
        `SELECT name FROM gateway_token WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > $3) FOR UPDATE`,
        [actor.tenantId, id, now],
      );
      if (old === undefined) throw new NotFoundError('gateway token', id);
      await tx.query(
        'UPDATE gateway_token SET expires_at = least(expires_at, $3) WHERE tenant_id = $1 AND id = $2',
        [actor.tenantId, id, ends],
      );
      const subject = `gateway-token:${id}`;
      const made = await this.make(tx, actor, { name: old.name, expiresAt }, { follows: id });
      const detail = { successor: made.id, ends: ends.toISOString() };
      await recordEvent(tx, actor, { kind: 'gateway-token.rotated', subject, detail });
      return made;
    });
    this.known.delete(actor.tenantId);
    return successor;
  }

  /** Refused by this replica at once and by the others within {@link TRUST_MS}. @throws NotFoundError */
  async revoke(actor: Actor, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const revoked = await tx.execute(
        'UPDATE gateway_token SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL',
        [actor.tenantId, id],
      );
      if (revoked === 0) throw new NotFoundError('gateway token', id);
      await recordEvent(tx, actor, { kind: 'gateway-token.revoked', subject: `gateway-token:${id}` });
    });
    this.known.delete(actor.tenantId);
  }

  private knownOf(tenantId: string): Known {
    const before = this.known.get(tenantId);
    const nowMs = performance.now();
    if (before !== undefined && nowMs - before.readAtMs < TRUST_MS) return before;
    const known: Known = { tokens: this.read(tenantId), readAtMs: nowMs };
    this.known.set(tenantId, known);
    // A failed read is not remembered: the next poll asks again.
    known.tokens.catch(() => this.known.delete(tenantId));
    return known;
  }

  private async read(tenantId: string): Promise<readonly KnownToken[]> {
    const rows = await this.tokens.findBy(this.inForce(tenantId));
    return rows.map(({ id, tokenHash: hash, expiresAt }) => ({
      ...{ tenantId, id, hash, isNoted: false },
      expiresAtMs: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
    }));
  }

  private inForce(tenantId: string): FindOptionsWhere<GatewayTokenEntity>[] {
    const unrevoked = { tenantId, revokedAt: IsNull() };
    return [
      { ...unrevoked, expiresAt: IsNull() },
      { ...unrevoked, expiresAt: MoreThan(this.clock.now()) },
    ];
  }

  private refusePast(expiresAt: Date | undefined): void {
    if (expiresAt !== undefined && expiresAt <= this.clock.now())
      throw new FieldError('expiresAt', 'must lie ahead');
  }

  private async make(
    tx: Transaction,
    actor: Actor,
    { name, expiresAt }: GatewayTokenWish,
    detail: Record<string, string>,
  ): Promise<IssuedGatewayToken> {
    const token = newToken('rkg');
    const repository = tx.manager.getRepository(GatewayTokenEntity);
    const hash = tokenHash(token);
    const row = await repository.save(
      repository.create({ tenantId: actor.tenantId, name, tokenHash: hash, expiresAt: expiresAt ?? null }),
    );
    await recordEvent(tx, actor, {
      kind: 'gateway-token.created',
      subject: `gateway-token:${row.id}`,
      detail: { name, ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }), ...detail },
    });
    return { ...gatewayTokenOf(row), token };
  }
}

function gatewayTokenOf(row: GatewayTokenEntity): GatewayToken {
  const { id, name, createdAt, expiresAt, lastUsedAt } = row;
  return { id, name, createdAt, expiresAt: expiresAt ?? undefined, lastUsedAt: lastUsedAt ?? undefined };
}
