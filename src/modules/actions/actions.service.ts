import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Clock } from '../../platform/clock/clock';
import type { Sql } from '../../platform/database/database';
import { MicroBatch } from '../../platform/database/micro-batch';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { NotFoundError } from '../../platform/errors/domain.error';
import type { Deadlines } from '../tenants/deadlines';
import type { Action } from './action/action';
import type { ActionNote } from './action/action-note';
import type { ActionChange } from './action/action-change';
import { ActionsRepository, type ActionName } from './actions.repository';
import { dueAt, exposedDue } from './action/deadline';
import { serverEntry, type LogEntry, type NewLogEntry } from './action/log-entry';
import type { EndedAction, NewActions } from './action/new-action';
import { NoteBatch } from './note-batch';

/** Larger batches make single statements slow without making the sum cheaper. */
const MAX_BATCH = 500;

/** One device × one release: reading, and the single steps that `modules/updates` composes into transactions. */
@Injectable()
export class ActionsService {
  private readonly looks: MicroBatch<ActionName, Action | undefined>;
  private readonly notes: NoteBatch;

  constructor(
    private readonly actions: ActionsRepository,
    private readonly clock: Clock,
  ) {
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

  /** What a version that the device reports may prove: at most the action that it sees and the newest that is over. */
  async listProvable(tx: Sql, tenantId: string, deviceId: string): Promise<Action[]> {
    return this.actions.listProvable(tx, tenantId, deviceId);
  }

  /** Whether the device took the success of something else for one of this origin before. */
  async hasDisproved(tx: Sql, tenantId: string, action: Action): Promise<boolean> {
    return this.actions.hasDisproved(tx, tenantId, action);
  }

  async listOpen(tx: Sql, tenantId: string, deviceId: string): Promise<Action[]> {
    return this.actions.listOpen(tx, tenantId, deviceId);
  }

  /** Ids of the open actions on a release, oldest first. */
  async listOpenOf(
    tenantId: string,
    releaseId: string,
    page: { after: string; limit: number },
  ): Promise<string[]> {
    return this.actions.listOpenOf(tenantId, releaseId, page);
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

  async hasEntry(tenantId: string, id: string, status: string): Promise<boolean> {
    return (await this.actions.lastStatus({ tenantId, id }, [status])) !== undefined;
  }

  /** Which of these its log had last; undefined: none. `tx`: as part of a transaction. */
  async lastStatus(action: Action, statuses: readonly string[], tx?: Sql): Promise<string | undefined> {
    return this.actions.lastStatus(action, statuses, tx);
  }

  /** Makes actions, each told to its device from now on unless it is queued. Part of the caller's transaction. */
  async make(
    tx: Sql,
    tenantId: string,
    actions: NewActions,
    { entry, deadlines }: { entry: NewLogEntry; deadlines: Deadlines },
  ): Promise<{ id: string; deviceId: string }[]> {
    const { assignmentId, terms, devices } = actions;
    const pending = {
      ...{ assignmentId, window: terms.window, giveUpAt: undefined },
      sinceMs: this.clock.epochMs(),
    };
    const due = devices.map(({ state }) => dueAt({ ...pending, state }, deadlines));
    return this.actions.insert(tx, tenantId, actions, { entry, due });
  }

  /** An action that is over as it is made. Part of the caller's transaction, which also changes the device. */
  async record(tx: Sql, tenantId: string, action: EndedAction): Promise<string> {
    return this.actions.insertEnded(tx, tenantId, action);
  }

  /** The action in which the device said before that it runs the release, if it ever did. */
  async findSaid(
    tx: Sql,
    tenantId: string,
    deviceId: string,
    releaseId: string,
  ): Promise<string | undefined> {
    return this.actions.findSaid(tx, tenantId, deviceId, releaseId);
  }

  /** The device's own messages on an action, newest first: what hawkBit calls its action history. */
  async history(tenantId: string, id: string, most: number): Promise<string[]> {
    const entries = await this.actions.spoken(tenantId, id, most);
    const messages = entries.flatMap(({ messages: said, code }) =>
      code === null ? said : [...said, `Device reported status code: ${code}`],
    );
    return messages.slice(0, most);
  }

  /** False when there is nothing to change: it is forced already, or over. */
  async force(tx: Sql, tenantId: string, id: string): Promise<boolean> {
    return this.actions.force(tx, tenantId, id);
  }

  /** Devices of all tenants that have queued actions and see none: a hundred at most. */
  async listLeftBehind(): Promise<{ tenantId: string; deviceId: string }[]> {
    return this.actions.listLeftBehind();
  }

  /** Shows a device that sees no open action its next one, if it has one. */
  async exposeNext(tx: Sql, tenantId: string, deviceId: string, deadlines: Deadlines): Promise<void> {
    const entry = serverEntry('offered', 'Its turn has come.');
    const due = exposedDue(deadlines, this.clock.now());
    await this.actions.exposeNext(tx, tenantId, deviceId, { entry, due });
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
