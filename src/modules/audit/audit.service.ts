import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database } from '../../platform/database/database';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import type { AuditEntry } from './audit-entry';

interface EventRow {
  id: string;
  occurred_at: Date;
  kind: string;
  subject: string;
  actor: string;
  detail: Record<string, unknown>;
}

/** The history of a tenant. Every change writes its event in its own transaction, so nothing is missing here. */
@Injectable()
export class AuditService {
  constructor(private readonly database: Database) {}

  /** Newest first; with `subject` only what is about it. */
  async list(actor: Actor, page: PageRequest, subject?: string): Promise<Page<AuditEntry>> {
    const rows = await this.database.query<EventRow>(
      `SELECT id, occurred_at, kind, subject, actor, detail FROM event
        WHERE tenant_id = $1 AND ($2::bigint IS NULL OR id < $2) AND ($3::text IS NULL OR subject = $3)
        ORDER BY id DESC LIMIT $4`,
      [actor.tenantId, page.after ?? null, subject ?? null, page.limit + 1],
    );
    return pageOf(rows, page.limit, (row) => row.id, entryOf);
  }
}

function entryOf({ id, occurred_at: at, kind, subject, actor, detail }: EventRow): AuditEntry {
  return { id, at, kind, subject, actor, detail };
}
