import { Injectable } from '@nestjs/common';
import type { Sql } from '../../platform/database/database';
import { DueActionsRepository, type DueAction, type DuePlace } from './due-actions.repository';

export type { DueAction, DuePlace } from './due-actions.repository';

/** Actions whose deadline is over. */
@Injectable()
export class DueActionsService {
  constructor(private readonly due: DueActionsRepository) {}

  /** Of all tenants, those first that have waited longest. */
  async list(now: Date, limit: number): Promise<DuePlace[]> {
    return this.due.listDue(now, limit);
  }

  /** Locks those of a tenant that are due still and that nobody else holds. */
  async lock(tx: Sql, tenantId: string, ids: readonly string[], now: Date): Promise<DueAction[]> {
    return this.due.lockDue(tx, tenantId, ids, now);
  }

  async postpone(tx: Sql, tenantId: string, id: string, due: Date): Promise<void> {
    await this.due.postpone(tx, tenantId, id, due);
  }
}
