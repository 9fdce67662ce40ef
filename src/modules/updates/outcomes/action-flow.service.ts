import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Database, RestartTransaction, type Sql } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import { isEnded, isUnretrieved } from '../../actions/action/action';
import type { Action, ActionEvent, ActionState, FailureKind } from '../../actions/action/action';
import type { ActionNote } from '../../actions/action/action-note';
import { ActionsService } from '../../actions/actions.service';
import { LogFullError } from '../../actions/actions.errors';
import { dueAt, giveUpAt } from '../../actions/action/deadline';
import type { NewLogEntry } from '../../actions/action/log-entry';
import { isProof, transition, type Step } from '../../actions/action/transition';
import type { Deadlines } from '../../tenants/deadlines';
import { QUOTA_BOUNDS } from '../../tenants/tenant-settings';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';
import { DeviceLedgerService } from './device-ledger.service';
import { OutcomesService } from './outcomes.service';

/** In the log of an action whose device was refused its bytes by us. */
export const UNSERVED = 'unserved';
/** In the log of an action whose device has begun to download. */
export const DOWNLOAD = 'download';
/** Failures that may have come of bytes that we did not send. */
const MAY_LACK_BYTES: readonly ActionEvent[] = ['fail', 'time-out'];

/** Something that happened to an action, and who did it. */
export interface Happening {
  readonly event: ActionEvent;
  readonly entry: NewLogEntry;
  /** The tenant's quota, for what a device brings about; what operators and Rookery do has room beyond it. */
  readonly maxLogEntries?: number;
  /** The tenant's, where the caller has them at hand; else they are looked up. */
  readonly deadlines?: Deadlines;
  /** For who knows better what kind of failure it was than the transition does. */
  readonly failureKind?: FailureKind;
}

/** What came of it. */
export interface Outcome {
  readonly step: Step;
  /** As it was before. */
  readonly action: Action;
}

/** A step as it is written: where it leads and whether that is the end. */
interface Move {
  readonly to: ActionState;
  readonly endedBy: Action['endedBy'];
  readonly isCorrection: boolean;
  /** Set when `to` is a failure. */
  readonly failureKind: FailureKind | undefined;
  readonly happening: Happening;
}

/**
 * The only place where an action's state changes. One transaction holds the action, its log, the slot, the tally, the
 * attempt, the device and the event; nothing is counted that did not happen, and nothing twice.
 */
@Injectable()
export class ActionFlowService {
  constructor(
    private readonly database: Database,
    private readonly actions: ActionsService,
    private readonly ledger: DeviceLedgerService,
    private readonly settings: TenantSettingsService,
    private readonly clock: Clock,
    private readonly outcomes: OutcomesService,
  ) {}

  /** Applies `happening` to an action that the caller has just read; committed when it resolves. */
  async happen(actor: Actor, action: Action, happening: Happening): Promise<Outcome> {
    const step = transition(action, happening.event);
    if (step.kind === 'stay' && (await this.actions.note(noteOf(action, happening)))) return { step, action };
    if (step.kind === 'refuse' || step.kind === 'gone') return { step, action };
    refuseFull(action, happening, step);
    // Either the state changes, or the action was no longer as the caller read it: once more, in one transaction.
    return this.database.transaction((tx) => this.happenIn(tx, actor, action.id, happening));
  }

  /** The same as part of the caller's transaction, which may hold plan, rollout and device locks already. */
  async happenIn(tx: Sql, actor: Actor, actionId: string, happening: Happening): Promise<Outcome> {
    const action = await this.actions.findIn(tx, actor.tenantId, actionId);
    if (action === undefined) throw new RestartTransaction(`action ${actionId} is not there`);
    const step = transition(action, happening.event);
    switch (step.kind) {
      case 'stay':
        if (!(await this.actions.noteIn(tx, noteOf(action, happening)))) refuseUnlogged(action, happening);
        break;
      case 'move':
        refuseFull(action, happening, step);
        await this.write(tx, actor, action, await this.blamed(tx, action, moveOf(step, happening)));
        break;
      case 'correct':
        await this.write(tx, actor, action, moveOf(step, happening));
        break;
      case 'gone':
      case 'refuse':
        break;
    }
    return { step, action };
  }

  /** A device that could not have its bytes says no more than that it failed, or nothing any more. */
  private async blamed(tx: Sql, action: Action, move: Move): Promise<Move> {
    if (!MAY_LACK_BYTES.includes(move.happening.event) || move.failureKind === undefined) return move;
    const isOurs = (await this.actions.lastStatus(action, [UNSERVED, DOWNLOAD], tx)) === UNSERVED;
    return isOurs ? { ...move, failureKind: 'server' } : move;
  }

  /** Lock order: rollout, release, device, action, lane and tally. */
  private async write(tx: Sql, actor: Actor, action: Action, move: Move): Promise<void> {
    const { event, entry } = move.happening;
    const isEnd = isEnded(move.to);
    const now = this.clock.now();
    const deadlines = await this.deadlinesOf(tx, actor.tenantId, move.happening);
    await this.outcomes.lock(tx, action, move.to);
    if (isEnd || move.to === 'installed')
      await this.ledger.settle(tx, actor.tenantId, action, { ...move, event, now, deadlines });
    const isWritten = await this.actions.advance(tx, actor.tenantId, action.id, {
      from: action.state,
      to: move.to,
      hasProof: isProof(action, event),
      endedBy: move.endedBy,
      deviceVerdict: verdictOf(event),
      isCorrection: move.isCorrection,
      failureKind: move.failureKind,
      ...termsAfter(action, move.to, deadlines, now),
      entry,
    });
    if (!isWritten) throw new RestartTransaction(`action ${action.id} has moved on`);
    if (!move.isCorrection && (isEnd || move.to === 'queued'))
      await this.actions.exposeNext(tx, actor.tenantId, action.deviceId, deadlines);
    await this.record(tx, actor, action, move);
    // Last: many devices count on the same few rows, and nobody else can until this is committed.
    const { to, isCorrection, failureKind } = move;
    await this.outcomes.count(tx, actor.tenantId, action, { to, isCorrection, failureKind });
  }

  private async deadlinesOf(tx: Sql, tenantId: string, { deadlines }: Happening): Promise<Deadlines> {
    return deadlines ?? (await this.settings.read(tx, tenantId)).deadlines;
  }

  private async record(tx: Sql, actor: Actor, action: Action, move: Move): Promise<void> {
    const kind = eventKind(move);
    if (kind === undefined) return;
    const { controllerId, releaseId, rolloutId } = action;
    await recordEvent(tx, actor, {
      kind,
      subject: `action:${action.id}`,
      detail: {
        from: action.state,
        to: move.to,
        controllerId,
        releaseId,
        ...(rolloutId === undefined ? {} : { rolloutId }),
        ...(move.failureKind === undefined ? {} : { failureKind: move.failureKind }),
      },
    });
  }
}

/** `failureKind` of who knows better counts only where something fails. */
function moveOf(step: Extract<Step, { to: ActionState }>, happening: Happening): Move {
  const { to, failureKind } = step;
  return {
    to,
    endedBy: step.kind === 'move' ? step.endedBy : undefined,
    isCorrection: step.kind === 'correct',
    failureKind: failureKind === undefined ? undefined : (happening.failureKind ?? failureKind),
    happening,
  };
}

/** The deadlines of the state that the action comes to; none of an end. */
function termsAfter(
  action: Action,
  to: ActionState,
  deadlines: Deadlines,
  now: Date,
): { dueAt: Date | undefined; giveUpAt: Date | undefined } {
  if (isEnded(to)) return { dueAt: undefined, giveUpAt: undefined };
  const { window, assignmentId } = action;
  const isFetched = to !== 'cancelling' && !isUnretrieved(to);
  const giveUp = action.giveUpAt ?? (isFetched ? giveUpAt(window, now.getTime(), deadlines) : undefined);
  const pending = { state: to, assignmentId, window, giveUpAt: giveUp, sinceMs: now.getTime() };
  return { dueAt: dueAt(pending, deadlines), giveUpAt: giveUp };
}

function noteOf(action: Action, happening: Happening): ActionNote {
  const { event, entry } = happening;
  return {
    tenantId: action.tenantId,
    actionId: action.id,
    state: action.state,
    hasProof: isProof(action, event),
    deviceVerdict: verdictOf(event),
    entry,
    maxLogEntries: maxLogEntries(happening),
  };
}

function maxLogEntries(happening: Happening): number {
  return happening.maxLogEntries ?? QUOTA_BOUNDS.logEntries.max;
}

/** What goes into the audit: ends, corrections, and who wished to cancel. The steps between are in the action's log. */
function eventKind(move: Move): string | undefined {
  if (move.isCorrection) return 'action.corrected';
  if (isEnded(move.to)) return 'action.ended';
  return move.to === 'cancelling' ? 'action.cancelling' : undefined;
}

/** A report that could not be logged: the log is full, or the action has moved on under us. */
function refuseUnlogged(action: Action, happening: Happening): void {
  const most = maxLogEntries(happening);
  if (action.logCount < most) throw new RestartTransaction(`action ${action.id} has moved on`);
  // What is over is over: a device that goes on talking about it must not be kept from its next update by a 429.
  if (!isEnded(action.state)) throw new LogFullError(action.id, most);
}

/** What a device tells along the way; everything else decides something and is written whatever the log holds. */
const INTERMEDIATE: ReadonlySet<ActionEvent> = new Set([
  'begin-download',
  'finish-download',
  'progress',
  'remark',
]);

/** A full log takes no more steps along the way either (hawkBit counts those as it counts the others). */
function refuseFull(action: Action, happening: Happening, step: Step): void {
  const most = maxLogEntries(happening);
  if (
    step.kind === 'move' &&
    step.endedBy === undefined &&
    INTERMEDIATE.has(happening.event) &&
    action.logCount >= most
  )
    throw new LogFullError(action.id, most);
}

function verdictOf(event: ActionEvent): Action['deviceVerdict'] {
  if (event === 'succeed') return 'success';
  return event === 'fail' ? 'failure' : undefined;
}
