import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database';
import type { SentEvent } from './audit-entry';

interface SentRow {
  id: string;
  seq: string;
  occurred_at: Date;
  kind: string;
  subject: string;
  actor: string;
  detail: Record<string, unknown>;
}

/** Events that the relay has numbered. */
@Injectable()
export class SentEventsRepository {
  constructor(private readonly database: Database) {}

  /** The number of the tenant's latest event; 0 when there was none yet. */
  async lastSeq(tenantId: string): Promise<number> {
    const [row] = await this.database.query<{ last_seq: string }>(
      'SELECT last_seq FROM event_relay WHERE tenant_id = $1',
      [tenantId],
    );
    return Number(row?.last_seq ?? 0);
  }

  /** In the order of their numbers. */
  async listAfter(tenantId: string, after: number, limit: number): Promise<SentEvent[]> {
    const rows = await this.database.query<SentRow>(
      `SELECT id, publish_seq AS seq, occurred_at, kind, subject, actor, detail FROM event
        WHERE tenant_id = $1 AND publish_seq > $2 ORDER BY publish_seq LIMIT $3`,
      [tenantId, after, limit],
    );
    return rows.map(({ id, seq, occurred_at: at, kind, subject, actor, detail }) => ({
      ...{ id, seq: Number(seq), at, kind, subject, actor, detail },
    }));
  }
}
