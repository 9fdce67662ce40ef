import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import { Database } from '../../platform/database/database';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { MAX_CLIENT_AUTHORITIES, readAuthority, type ClientAuthority } from './client-authority';
import { ClientAuthorityExistsError, TooManyClientAuthoritiesError } from './tenants.errors';
import { TenantsService } from './tenants.service';

interface ClientAuthorityRow {
  id: string;
  name: string;
  subject: string;
  fingerprint: string;
  not_after: Date;
  created_at: Date;
}

const FIELDS = 'id, name, subject, fingerprint, not_after, created_at';

/**
 * Whose certificates let devices of a tenant in that speak TLS to Rookery itself. They are part of the plan: once a change
 * resolves, the next request of every device goes by it, on every replica, also on a connection that was open before.
 */
@Injectable()
export class ClientAuthoritiesService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly clock: Clock,
  ) {}

  /** All of them, oldest first; a tenant has few. */
  async list(actor: Actor): Promise<ClientAuthority[]> {
    const rows = await this.database.query<ClientAuthorityRow>(
      `SELECT ${FIELDS} FROM client_authority WHERE tenant_id = $1 ORDER BY id`,
      [actor.tenantId],
    );
    return rows.map(clientAuthorityOf);
  }

  /** @throws FieldError, ClientAuthorityExistsError, TooManyClientAuthoritiesError */
  async add(actor: Actor, name: string, pem: string): Promise<ClientAuthority> {
    const { tenantId } = actor;
    const { x509, fingerprint, subject, notAfterMs } = readAuthority(pem, this.clock.epochMs());
    return this.tenants.changePlan(tenantId, async (tx) => {
      const [count] = await tx.query<{ authorities: number }>(
        'SELECT count(*)::int AS authorities FROM client_authority WHERE tenant_id = $1',
        [tenantId],
      );
      if ((count?.authorities ?? 0) >= MAX_CLIENT_AUTHORITIES)
        throw new TooManyClientAuthoritiesError(MAX_CLIENT_AUTHORITIES);
      const [row] = await tx.query<ClientAuthorityRow>(
        `INSERT INTO client_authority (tenant_id, name, pem, fingerprint, subject, not_after) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT ON CONSTRAINT client_authority_fingerprint_unique DO NOTHING RETURNING ${FIELDS}`,
        [tenantId, name, x509.toString(), fingerprint, subject, new Date(notAfterMs)],
      );
      if (row === undefined) throw new ClientAuthorityExistsError(fingerprint);
      const detail = { name, subject, fingerprint };
      await recordEvent(tx, actor, {
        kind: 'client-authority.added',
        subject: `client-authority:${row.id}`,
        detail,
      });
      return clientAuthorityOf(row);
    });
  }

  /** What it has issued lets nobody in any more, unless another authority of the tenant stands behind it. @throws NotFoundError */
  async remove(actor: Actor, id: string): Promise<void> {
    await this.tenants.changePlan(actor.tenantId, async (tx) => {
      const [row] = await tx.query<{ name: string; fingerprint: string }>(
        'DELETE FROM client_authority WHERE tenant_id = $1 AND id = $2 RETURNING name, fingerprint',
        [actor.tenantId, id],
      );
      if (row === undefined) throw new NotFoundError('client authority', id);
      await recordEvent(tx, actor, {
        kind: 'client-authority.removed',
        subject: `client-authority:${id}`,
        detail: { ...row },
      });
    });
  }
}

function clientAuthorityOf(row: ClientAuthorityRow): ClientAuthority {
  const { id, name, subject, fingerprint, not_after: notAfter, created_at: createdAt } = row;
  return { id, name, subject, fingerprint, notAfter, createdAt };
}
