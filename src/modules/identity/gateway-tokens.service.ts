import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, type Repository } from 'typeorm';
import type { Sql } from '../../platform/database/database';
import { GatewayTokenEntity } from './gateway-token.entity';
import { isSameHash, tokenHash } from './token';

/** How long a set of gateway tokens is believed: a revocation reaches every replica within this time. */
const TRUST_MS = 1000;

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
