import { Injectable } from '@nestjs/common';
import type { Deadlines } from '../tenants/deadlines';
import type { Sql } from '../../platform/database/database';
import { isUnretrieved, type Action } from './action/action';
import { dueAt, giveUpAt } from './action/deadline';
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

  /** Open actions of all tenants that no deadline was ever given: of before there were any. */
  async listUndated(limit: number): Promise<Action[]> {
    return this.due.listUndated(limit);
  }

  /** Its state began now, as far as its deadline is concerned. */
  async date(action: Action, deadlines: Deadlines, now: Date): Promise<void> {
    const { state, window, retrievedAt } = action;
    const isFetched = retrievedAt !== undefined && !isUnretrieved(state);
    const giveUp = isFetched ? giveUpAt(window, now.getTime(), deadlines) : undefined;
    const due = dueAt({ ...action, giveUpAt: giveUp, sinceMs: now.getTime() }, deadlines);
    if (due !== undefined) await this.due.date(action, { due, giveUp });
  }

  async postpone(tx: Sql, tenantId: string, id: string, due: Date): Promise<void> {
    await this.due.postpone(tx, tenantId, id, due);
  }
}
