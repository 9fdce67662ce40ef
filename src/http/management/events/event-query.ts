import { FieldError } from '../../../platform/errors/domain.error';
import { QueryCountField } from '../../shared/validators/count-field';
import { PAGE_LIMIT } from '../page-query';

/** From where a stream of events starts. */
export class EventStreamQuery {
  @QueryCountField({
    optional: true,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description: 'Only events with a greater seq.',
  })
  after?: number;
}

/** Which events to list. */
export class EventQuery extends EventStreamQuery {
  @QueryCountField({ optional: true, ...PAGE_LIMIT })
  limit?: number;
}

export function eventPage({ after = 0, limit = PAGE_LIMIT.fallback }: EventQuery): {
  after: number;
  limit: number;
} {
  return { after, limit };
}

/** What a browser sends when it reconnects stands above the URL, which still says where it began. Undefined: from now on. */
export function eventStart(lastEventId: string | undefined, { after }: EventStreamQuery): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return after;
  const seq = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN;
  if (!Number.isSafeInteger(seq)) throw new FieldError('Last-Event-ID', 'must be the seq of an event');
  return seq;
}
