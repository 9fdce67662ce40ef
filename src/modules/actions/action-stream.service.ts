import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import type { Actor } from '../../platform/actor/actor';
import { ActionsRepository } from './actions.repository';
import type { LogEntry } from './action/log-entry';

const POLL_MS = 400;

interface Watcher {
  readonly tenantId: string;
  readonly id: string;
  after: number;
  readonly subscriber: Subscriber<LogEntry>;
}

/**
 * Live logs, from whichever replica the device reports to. Entries are numbered per action in commit order, so asking
 * "what is after 7?" misses nothing and repeats nothing; one statement asks for all watched actions at once.
 */
@Injectable()
export class ActionStreamService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ActionStreamService.name);
  private readonly watchers = new Set<Watcher>();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(private readonly actions: ActionsRepository) {}

  /** The entries after `after`, those to come included. Never completes by itself but at shutdown. */
  watch(actor: Actor, id: string, after: number): Observable<LogEntry> {
    return new Observable((subscriber) => {
      if (this.isOver) {
        subscriber.complete();
        return undefined;
      }
      const watcher: Watcher = { tenantId: actor.tenantId, id, after, subscriber };
      this.watchers.add(watcher);
      this.schedule(0);
      return () => this.watchers.delete(watcher);
    });
  }

  beforeApplicationShutdown(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    for (const watcher of this.watchers) watcher.subscriber.complete();
    this.watchers.clear();
  }

  private schedule(delayMs: number): void {
    this.timer ??= setTimeout(() => void this.tick(), delayMs);
  }

  private async tick(): Promise<void> {
    try {
      await this.deliver();
    } catch (error) {
      this.logger.warn(`The live logs were not read: ${String(error)}`);
    }
    this.timer = undefined;
    if (this.watchers.size > 0) this.schedule(POLL_MS);
  }

  private async deliver(): Promise<void> {
    const watchers = [...this.watchers];
    if (watchers.length === 0) return;
    const tails = await this.actions.logTails(lowestPerAction(watchers));
    for (const { id, entry } of tails) {
      for (const watcher of watchers) {
        if (watcher.id !== id || entry.seq <= watcher.after) continue;
        watcher.after = entry.seq;
        watcher.subscriber.next(entry);
      }
    }
  }
}

/** Ids are unique over all tenants, so one row per action serves all its watchers. */
function lowestPerAction(watchers: Watcher[]): { tenantId: string; id: string; after: number }[] {
  const lowest = new Map<string, { tenantId: string; id: string; after: number }>();
  for (const { tenantId, id, after } of watchers) {
    const known = lowest.get(id);
    if (known === undefined || after < known.after) lowest.set(id, { tenantId, id, after });
  }
  return [...lowest.values()];
}
