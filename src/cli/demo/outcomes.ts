import { mapSome } from '../simulator/judging/history';
import { causeOf } from './cause';
import { printable } from './drawing/line';
import type { AuditEntry, Management } from './staging/management';

/** An update that ended, by the server's account. */
export interface Outcome {
  readonly actionId: string;
  readonly controllerId: string;
  readonly state: string;
  readonly cause: string | undefined;
}

/** Something that happened, in words. */
export interface News {
  readonly text: string;
  readonly isBad: boolean;
}

const LOGS_AT_A_TIME = 8;
/** What a fleet does all the time, and what the screen shows anyway. */
const UNTOLD = /^(?:device\.registered|rollout\.created)$/;

/** Follows the audit: which updates ended and how, and for those that failed what their log says. */
export class Outcomes {
  private readonly told = new Set<string>();
  private readonly byAction = new Map<string, Outcome>();
  private highest: number;
  private floor: number;

  /** Of what happens after the event `start`. */
  constructor(
    private readonly management: Pick<Management, 'audit' | 'log'>,
    private readonly start: number,
  ) {
    this.highest = start;
    this.floor = start;
  }

  /**
   * What is new, oldest first. Numbers of events are given out before their commits, so a lower one may show up late:
   * each look goes back to where the look before began.
   */
  async catchUp(): Promise<News[]> {
    return this.read(this.floor);
  }

  /** The same from the very beginning: so nothing can be missing at the end, however late it was committed. */
  async catchUpFully(): Promise<News[]> {
    return this.read(this.start);
  }

  get failures(): Outcome[] {
    return [...this.byAction.values()].filter(({ state }) => state === 'failed');
  }

  /** The devices whose update was confirmed. */
  get confirmed(): ReadonlySet<string> {
    const confirmed = [...this.byAction.values()].filter(({ state }) => state === 'confirmed');
    return new Set(confirmed.map(({ controllerId }) => controllerId));
  }

  private async read(after: number): Promise<News[]> {
    const entries = (await this.management.audit(after)).filter(({ id }) => !this.told.has(id)).reverse();
    const outcomes = await mapSome(entries, LOGS_AT_A_TIME, (entry) => this.outcomeOf(entry));
    // Only now, so that a look that broke off is made again as a whole.
    this.floor = this.highest;
    return entries.flatMap((entry, at) => {
      const outcome = outcomes[at];
      this.told.add(entry.id);
      this.highest = Math.max(this.highest, Number(entry.id));
      if (outcome !== undefined) this.byAction.set(outcome.actionId, outcome);
      return wordsOf(entry, outcome);
    });
  }

  private async outcomeOf({ kind, subject, detail }: AuditEntry): Promise<Outcome | undefined> {
    if (kind !== 'action.ended' && kind !== 'action.corrected') return undefined;
    const actionId = subject.replace(/^action:/, '');
    const [controllerId, state] = [String(detail['controllerId']), String(detail['to'])];
    const cause = state === 'failed' ? causeOf(await this.management.log(actionId)) : undefined;
    return { actionId, controllerId, state, cause };
  }
}

function wordsOf({ kind, subject, actor, detail }: AuditEntry, outcome: Outcome | undefined): News[] {
  if (UNTOLD.test(kind)) return [];
  if (outcome === undefined) {
    const device = typeof detail['controllerId'] === 'string' ? ` of ${detail['controllerId']}` : '';
    return [{ text: printable(`${kind}: ${subject}${device}, by ${actor}`), isBad: false }];
  }
  const { controllerId, state, cause } = outcome;
  const late = kind === 'action.corrected' ? ' after all' : '';
  const why = cause === undefined ? '' : `: ${cause}`;
  return [{ text: printable(`${controllerId} ${state}${late}${why}`), isBad: state === 'failed' }];
}
