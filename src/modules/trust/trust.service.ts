import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock';
import { Database, type Sql } from '../../platform/database/database';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
import type { Judgement } from './judgement';
import { TenantTrust } from './tenant-trust';
import { anchorOf } from './trust-anchor';
import { TrustAnchorsRepository } from './trust-anchors.repository';

/** Judges signatures by what a tenant trusts. Nothing is asked of the network, whatever a certificate names. */
@Injectable()
export class TrustService {
  constructor(
    private readonly database: Database,
    private readonly settings: TenantSettingsService,
    private readonly repository: TrustAnchorsRepository,
    private readonly clock: Clock,
  ) {}

  /** Whom the tenant believes as of now: for the files of one release, which are all judged alike. */
  async trustOf(tenantId: string): Promise<TenantTrust> {
    const { signatures } = await this.settings.read(this.database, tenantId);
    const stored = await this.repository.list(this.database, tenantId);
    return new TenantTrust({
      anchors: stored.map(anchorOf).filter((anchor) => anchor !== undefined),
      expiry: signatures.expiry,
      nowMs: this.clock.epochMs(),
    });
  }

  /**
   * Judgements as they may be stored: one by an anchor that was removed while it was made holds no longer. Hold the plan's lock,
   * as each change of the anchors does.
   */
  async standing(tx: Sql, tenantId: string, judgements: readonly Judgement[]): Promise<Judgement[]> {
    const stored = await this.repository.list(tx, tenantId);
    const there = new Set(stored.map(({ fingerprint }) => fingerprint));
    return judgements.map((judgement) =>
      judgement.kind !== 'signed' || judgement.anchors.every((anchor) => there.has(anchor))
        ? judgement
        : { kind: 'untrusted', signers: judgement.signers, reason: REMOVED },
    );
  }
}

const REMOVED = 'the trust anchor that vouched for it was removed while it was judged';
