import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { NotFoundError } from '../../platform/errors/domain.error';
import type { Action } from './action';
import { ActionsRepository, type ActionChange, type ActionNote, type NewAction } from './actions.repository';
import type { LogEntry, NewLogEntry } from './log-entry';

/** One device × one release: reading, and the single steps that `modules/updates` composes into transactions. */
@Injectable()
export class ActionsService {
  constructor(
    private readonly actions: ActionsRepository,
    private readonly database: Database,
  ) {}

  /** @throws NotFoundError */
  async get(actor: Actor, id: string): Promise<Action> {
    const action = await this.find(actor.tenantId, id);
    if (action === undefined) throw new NotFoundError('action', id);
    return action;
  }

  async find(tenantId: string, id: string, sql: Sql = this.database): Promise<Action | undefined> {
    return /^\d{1,10}$/.test(id) ? this.actions.find(sql, tenantId, id) : undefined;
  }

  async findLatest(tx: Sql, tenantId: string, deviceId: string): Promise<Action | undefined> {
    return this.actions.findLatest(tx, tenantId, deviceId);
  }

  async listOpen(tx: Sql, tenantId: string, deviceId: string): Promise<Action[]> {
    return this.actions.listOpen(tx, tenantId, deviceId);
  }

  /** The actions of a device, newest first. */
  async list(actor: Actor, controllerId: string, page: PageRequest): Promise<Page<Action>> {
    const rows = await this.actions.list(actor.tenantId, controllerId, page);
    return pageOf(
      rows,
      page.limit,
      (action) => action.id,
      (action) => action,
    );
  }

  /** Entries after `after` (0: from the start), oldest first. */
  async log(actor: Actor, id: string, after: number, limit: number): Promise<LogEntry[]> {
    await this.get(actor, id);
    return this.actions.log(actor.tenantId, id, after, limit);
  }

  /** Makes the action of an admitted offer. Part of the admitting transaction. */
  async offer(tx: Sql, tenantId: string, action: NewAction, entry: NewLogEntry): Promise<string> {
    return this.actions.insertOffered(tx, tenantId, action, entry);
  }

  /** False: the action has moved on since it was read; the caller reads again and decides anew. */
  async advance(tx: Sql, tenantId: string, id: string, change: ActionChange): Promise<boolean> {
    return this.actions.advance(tx, tenantId, id, change);
  }

  /** False: the action has moved on since it was read, or its log is full. */
  async note(sql: Sql, tenantId: string, id: string, note: ActionNote): Promise<boolean> {
    return this.actions.note(sql, tenantId, id, note);
  }
}
