import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../platform/actor/actor';
import type { Sql } from '../../platform/database/database';
import type { AnchorFacts, AnchorKind, AnchorPurpose, TrustAnchor } from './trust-anchor';

interface TrustAnchorRow {
  id: string;
  name: string;
  kind: AnchorKind;
  pem: string;
  fingerprint: string;
  algorithm: string;
  purpose: AnchorPurpose;
  subject: string | null;
  not_before: Date | null;
  not_after: Date | null;
  created_at: Date;
  created_by: string;
}

const FIELDS =
  'id, name, kind, pem, fingerprint, algorithm, purpose, subject, not_before, not_after, created_at, created_by';

@Injectable()
export class TrustAnchorsRepository {
  /** Oldest first. */
  async list(sql: Sql, tenantId: string): Promise<TrustAnchor[]> {
    const rows = await sql.query<TrustAnchorRow>(
      `SELECT ${FIELDS} FROM trust_anchor WHERE tenant_id = $1 ORDER BY id`,
      [tenantId],
    );
    return rows.map(anchorOfRow);
  }

  async find(sql: Sql, tenantId: string, id: string): Promise<TrustAnchor | undefined> {
    const [row] = await sql.query<TrustAnchorRow>(
      `SELECT ${FIELDS} FROM trust_anchor WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id],
    );
    return row === undefined ? undefined : anchorOfRow(row);
  }

  async add(sql: Sql, actor: Actor, anchor: AnchorFacts & { readonly name: string }): Promise<TrustAnchor> {
    const { name, kind, pem, fingerprint, algorithm, purpose, subject, notBefore, notAfter } = anchor;
    const rows = await sql.query<TrustAnchorRow>(
      `INSERT INTO trust_anchor (tenant_id, name, kind, pem, fingerprint, algorithm, purpose, subject, not_before, not_after,
                                 created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING ${FIELDS}`,
      [
        ...[actor.tenantId, name, kind, pem, fingerprint, algorithm, purpose],
        ...[subject ?? null, notBefore ?? null, notAfter ?? null, actorLabel(actor)],
      ],
    );
    return rows.map(anchorOfRow)[0] as TrustAnchor;
  }

  async remove(sql: Sql, tenantId: string, id: string): Promise<TrustAnchor | undefined> {
    const [row] = await sql.query<TrustAnchorRow>(
      `DELETE FROM trust_anchor WHERE tenant_id = $1 AND id = $2 RETURNING ${FIELDS}`,
      [tenantId, id],
    );
    return row === undefined ? undefined : anchorOfRow(row);
  }
}

function anchorOfRow(row: TrustAnchorRow): TrustAnchor {
  const { id, name, kind, pem, fingerprint, algorithm, purpose } = row;
  return {
    ...{ id, name, kind, pem, fingerprint, algorithm, purpose },
    subject: row.subject ?? undefined,
    notBefore: row.not_before ?? undefined,
    notAfter: row.not_after ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
