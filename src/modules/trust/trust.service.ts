import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock';
import { Database } from '../../platform/database/database';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
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
}
