import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import { Database } from '../../platform/database/database';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
import { TenantsService } from '../tenants/tenants.service';
import { MAX_TRUST_ANCHORS, readAnchor, type AnchorPurpose, type TrustAnchor } from './trust-anchor';
import { TrustAnchorsRepository } from './trust-anchors.repository';
import { TooManyTrustAnchorsError, TrustAnchorExistsError } from './trust.errors';

/** What is to be trusted from now on. */
export interface NewTrustAnchor {
  readonly name: string;
  /** One certificate or public key. */
  readonly pem: string;
  /** Default: emailProtection, as swupdate and rauc have it. */
  readonly purpose?: AnchorPurpose | undefined;
}

/**
 * Whose signatures a tenant believes. A change counts for what is judged from then on, and raises the revision of the plan, so
 * that nobody decides by an older one. What was judged before stays as it was judged, but what a removed anchor vouched for is trusted no longer.
 */
@Injectable()
export class TrustAnchorsService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly settings: TenantSettingsService,
    private readonly repository: TrustAnchorsRepository,
    private readonly clock: Clock,
  ) {}

  /** All of them, oldest first; a tenant has few. */
  async list(actor: Actor): Promise<TrustAnchor[]> {
    return this.repository.list(this.database, actor.tenantId);
  }

  /** @throws NotFoundError */
  async get(actor: Actor, id: string): Promise<TrustAnchor> {
    const anchor = await this.repository.find(this.database, actor.tenantId, id);
    if (anchor === undefined) throw new NotFoundError('trust anchor', id);
    return anchor;
  }

  /** @throws FieldError, TrustAnchorExistsError, TooManyTrustAnchorsError */
  async add(actor: Actor, { name, pem, purpose = 'emailProtection' }: NewTrustAnchor): Promise<TrustAnchor> {
    const { signatures } = await this.settings.get(actor);
    const nowMs = signatures.expiry === 'now' ? this.clock.epochMs() : undefined;
    const facts = readAnchor(pem, { purpose, nowMs });
    return this.tenants.changePlan(actor.tenantId, async (tx) => {
      const there = await this.repository.list(tx, actor.tenantId);
      const same = there.find(({ fingerprint }) => fingerprint === facts.fingerprint);
      if (same !== undefined) throw new TrustAnchorExistsError(same.name, same.fingerprint);
      if (there.length >= MAX_TRUST_ANCHORS) throw new TooManyTrustAnchorsError(MAX_TRUST_ANCHORS);
      const anchor = await this.repository.add(tx, actor, { ...facts, name });
      await recordEvent(tx, actor, {
        kind: 'trust-anchor.added',
        subject: `trust-anchor:${anchor.id}`,
        detail: detailOf(anchor),
      });
      return anchor;
    });
  }

  /** @throws NotFoundError */
  async remove(actor: Actor, id: string): Promise<void> {
    await this.tenants.changePlan(actor.tenantId, async (tx) => {
      const anchor = await this.repository.remove(tx, actor.tenantId, id);
      if (anchor === undefined) throw new NotFoundError('trust anchor', id);
      await recordEvent(tx, actor, {
        kind: 'trust-anchor.removed',
        subject: `trust-anchor:${id}`,
        detail: detailOf(anchor),
      });
    });
  }
}

function detailOf({ name, kind, fingerprint, purpose, subject }: TrustAnchor): Record<string, unknown> {
  return { name, kind, fingerprint, purpose, ...(subject !== undefined && { subject }) };
}
