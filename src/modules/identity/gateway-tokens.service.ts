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
}

/** The tokens that let a gateway speak for any device of its tenant, also for one not seen before. */
@Injectable()
export class GatewayTokensService {
  private readonly known = new Map<string, Known>();

  constructor(
    @InjectRepository(GatewayTokenEntity) private readonly tokens: Repository<GatewayTokenEntity>,
  ) {}

  /** True when `token` is one of the tenant's; at most one read a second per tenant, whatever the load. */
  async isValid(tenantId: string, token: string): Promise<boolean> {
    const candidate = tokenHash(token);
    const hashes = await this.hashesOf(tenantId);
    return hashes.some((hash) => isSameHash(hash, candidate));
  }

  /** Adds a token that was made elsewhere (the first start, a preset of the environment). */
  async add(tx: Sql, tenantId: string, name: string, token: string): Promise<void> {
    await tx.query(
      `INSERT INTO gateway_token (tenant_id, name, token_hash) VALUES ($1, $2, $3)
       ON CONFLICT ON CONSTRAINT gateway_token_hash_unique DO NOTHING`,
      [tenantId, name, tokenHash(token)],
    );
  }

  private hashesOf(tenantId: string): Promise<readonly Buffer[]> {
    const known = this.known.get(tenantId);
    const nowMs = performance.now();
    if (known !== undefined && nowMs - known.readAtMs < TRUST_MS) return known.hashes;
    const hashes = this.read(tenantId);
    this.known.set(tenantId, { hashes, readAtMs: nowMs });
    // A failed read is not remembered: the next poll asks again.
    hashes.catch(() => this.known.delete(tenantId));
    return hashes;
  }

  private async read(tenantId: string): Promise<readonly Buffer[]> {
    const rows = await this.tokens.findBy({ tenantId, revokedAt: IsNull() });
    return rows.map((row) => row.tokenHash);
  }
}
