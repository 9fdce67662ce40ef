import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import type { Sql } from '../../platform/database/database';
import { MicroBatch } from '../../platform/database/micro-batch';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { NotFoundError } from '../../platform/errors/domain.error';
import type { Action } from './action';
import type { ActionNote } from './action-note';
import { ActionsRepository, type ActionChange, type ActionName, type NewAction } from './actions.repository';
import type { LogEntry, NewLogEntry } from './log-entry';
import { NoteBatch } from './note-batch';

/** Larger batches make single statements slow without making the sum cheaper. */
const MAX_BATCH = 500;

/** One device × one release: reading, and the single steps that `modules/updates` composes into transactions. */
@Injectable()
export class ActionsService {
  private readonly looks: MicroBatch<ActionName, Action | undefined>;
  private readonly notes: NoteBatch;

  constructor(private readonly actions: ActionsRepository) {
    this.looks = new MicroBatch((names) => actions.findAll(names), MAX_BATCH);
    this.notes = new NoteBatch((notes) => actions.noteAll(notes));
  }

  /** @throws NotFoundError */
  async get(actor: Actor, id: string): Promise<Action> {
    const action = await this.find(actor.tenantId, id);
    if (action === undefined) throw new NotFoundError('action', id);
    return action;
  }

  /** Shares one statement with whoever else looks for actions meanwhile. */
  async find(tenantId: string, id: string): Promise<Action | undefined> {
    return isActionId(id) ? this.looks.load({ tenantId, id }) : undefined;
  }

  async findIn(tx: Sql, tenantId: string, id: string): Promise<Action | undefined> {
    return isActionId(id) ? this.actions.find(tx, tenantId, id) : undefined;
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

  /**
   * Logs a report that changes no state, with one commit for all that come in together; committed when it resolves. False:
   * the action has moved on since it was read, or its log is full.
   */
  async note(note: ActionNote): Promise<boolean> {
    return this.notes.note(note);
  }

  /** The same as part of a transaction. */
  async noteIn(tx: Sql, note: ActionNote): Promise<boolean> {
    return this.actions.note(tx, note);
  }
}

function isActionId(id: string): boolean {
  return /^\d{1,10}$/.test(id);
}
