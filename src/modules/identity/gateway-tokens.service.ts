import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, type Repository } from 'typeorm';
import type { Actor } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { GatewayTokenEntity } from './gateway-token.entity';
import { isSameHash, newToken, tokenHash } from './token';

/** How long a set of gateway tokens is believed: a revocation reaches every replica within this time. */
const TRUST_MS = 1000;

/** A gateway token as lists show it: never the secret. */
export interface GatewayToken {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

export interface IssuedGatewayToken extends GatewayToken {
  /** Shown once; only its hash is kept. */
  readonly token: string;
}

interface Known {
  readonly hashes: Promise<readonly Buffer[]>;
  readonly readAtMs: number;
  /** The token that was found valid last: a fleet behind one gateway sends the same one thousands of times a second. */
  accepted?: Buffer;
}

/** The tokens that let a gateway speak for any device of its tenant, also for one not seen before. */
@Injectable()
export class GatewayTokensService {
  private readonly known = new Map<string, Known>();

  constructor(
    @InjectRepository(GatewayTokenEntity) private readonly tokens: Repository<GatewayTokenEntity>,
    private readonly database: Database,
  ) {}

  /** True when `token` is one of the tenant's; at most one read a second per tenant, whatever the load. */
  isValid(tenantId: string, token: string): boolean | Promise<boolean> {
    const known = this.knownOf(tenantId);
    const accepted = known.accepted;
    return (
      (accepted !== undefined && isSameHash(accepted, Buffer.from(token))) || this.isListed(known, token)
    );
  }

  private async isListed(known: Known, token: string): Promise<boolean> {
    const candidate = tokenHash(token);
    const isListed = (await known.hashes).some((hash) => isSameHash(hash, candidate));
    if (isListed) known.accepted = Buffer.from(token);
    return isListed;
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
      where: { tenantId: actor.tenantId, revokedAt: IsNull() },
      order: { id: 'ASC' },
      take: 1000,
    });
    return rows.map(({ id, name, createdAt }) => ({ id, name, createdAt }));
  }

  /** Makes one more, good until it is revoked: a fleet changes its token device by device. */
  async create(actor: Actor, name: string): Promise<IssuedGatewayToken> {
    const token = newToken('rkg');
    return this.database.transaction(async (tx) => {
      const repository = tx.manager.getRepository(GatewayTokenEntity);
      const { id, createdAt } = await repository.save(
        repository.create({ tenantId: actor.tenantId, name, tokenHash: tokenHash(token) }),
      );
      await recordEvent(tx, actor, {
        kind: 'gateway-token.created',
        subject: `gateway-token:${id}`,
        detail: { name },
      });
      return { id, name, createdAt, token };
    });
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
    const known: Known = { hashes: this.read(tenantId), readAtMs: nowMs };
    this.known.set(tenantId, known);
    // A failed read is not remembered: the next poll asks again.
    known.hashes.catch(() => this.known.delete(tenantId));
    return known;
  }

  private async read(tenantId: string): Promise<readonly Buffer[]> {
    const rows = await this.tokens.findBy({ tenantId, revokedAt: IsNull() });
    return rows.map((row) => row.tokenHash);
  }
}
