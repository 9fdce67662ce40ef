import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import type { Actor } from '../../platform/actor/actor';
import type { SentEvent } from './audit-entry';
import { TooManyReadersError } from './audit.errors';
import { SentEventsRepository } from './sent-events.repository';

const POLL_MS = 500;
/** Of one tenant in one look; what is left comes with the next, at once. */
const MOST_AT_ONCE = 500;
/** Each holds a connection and is written every event to. */
const MOST_READERS = 100;

interface Reader {
  readonly tenantId: string;
  after: number;
  readonly subscriber: Subscriber<SentEvent>;
}

/**
 * What happens in a tenant, to whoever listens, from whichever replica it came. At least once: a reader that comes back goes on
 * after the last number that it has seen. One statement asks for all readers of a tenant that are equally far.
 */
@Injectable()
export class EventStreamService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(EventStreamService.name);
  private readonly readers = new Set<Reader>();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(private readonly events: SentEventsRepository) {}

  /** A page of what happened after `after`, for readers that ask from time to time. */
  async list(actor: Actor, after: number, limit: number): Promise<SentEvent[]> {
    return this.events.listAfter(actor.tenantId, after, limit);
  }

  /**
   * The events after `after`, those to come included; without it only those to come. Never completes by itself but at shutdown.
   *
   * @throws TooManyReadersError
   */
  async watch(actor: Actor, after: number | undefined): Promise<Observable<SentEvent>> {
    const { tenantId } = actor;
    const theirs = [...this.readers].filter((reader) => reader.tenantId === tenantId);
    if (theirs.length >= MOST_READERS) throw new TooManyReadersError(MOST_READERS);
    const start = after ?? (await this.events.lastSeq(tenantId));
    return new Observable((subscriber) => {
      if (this.isOver) {
        subscriber.complete();
        return undefined;
      }
      const reader: Reader = { tenantId, after: start, subscriber };
      this.readers.add(reader);
      this.schedule(0);
      return () => this.readers.delete(reader);
    });
  }

  beforeApplicationShutdown(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    for (const reader of this.readers) reader.subscriber.complete();
    this.readers.clear();
  }

  private schedule(delayMs: number): void {
    this.timer ??= setTimeout(() => void this.tick(), delayMs);
  }

  private async tick(): Promise<void> {
    let isMore = false;
    try {
      isMore = await this.deliver();
    } catch (error) {
      this.logger.warn(`Events were not read for those who listen: ${String(error)}`);
    }
    this.timer = undefined;
    if (this.readers.size > 0 && !this.isOver) this.schedule(isMore ? 0 : POLL_MS);
  }

  /** True when somebody has still more to read. */
  private async deliver(): Promise<boolean> {
    let isMore = false;
    for (const readers of equallyFar(this.readers)) {
      const [{ tenantId, after }] = readers;
      const events = await this.events.listAfter(tenantId, after, MOST_AT_ONCE);
      isMore ||= events.length === MOST_AT_ONCE;
      for (const reader of readers) for (const event of events) tell(reader, event);
    }
    return isMore;
  }
}

function tell(reader: Reader, event: SentEvent): void {
  reader.after = event.seq;
  reader.subscriber.next(event);
}

type Group = [Reader, ...Reader[]];

function equallyFar(readers: Iterable<Reader>): Group[] {
  const groups = new Map<string, Group>();
  for (const reader of readers) {
    const key = `${reader.tenantId} ${reader.after}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [reader]);
    else group.push(reader);
  }
  return [...groups.values()];
}
