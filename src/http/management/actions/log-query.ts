import { QueryCountField } from '../../shared/validators/count-field';
import { PageQuery, pageRequest } from '../page-query';
import { FieldError } from '../../../platform/errors/domain.error';

/** The largest seq that Postgres can hold. */
const MAX_SEQ = 2_147_483_647;

/** Which entries of a log to list. */
export class LogQuery extends PageQuery {
  @QueryCountField({ optional: true, min: 0, max: MAX_SEQ, description: 'Only entries with a greater seq.' })
  after?: number;
}

/** From where a stream starts. */
export class LogStreamQuery {
  @QueryCountField({ optional: true, min: 0, max: MAX_SEQ, description: 'Only entries with a greater seq.' })
  after?: number;
}

/** The seq after which a page of the log begins: its cursor, or else `after`. */
export function logPage(query: LogQuery): { after: number; limit: number } {
  const { after, limit } = pageRequest(query, 'id');
  return { after: after === undefined ? (query.after ?? 0) : seqOf('cursor', after), limit };
}

/** What a browser sends when it reconnects stands above the URL, which still says where it began. */
export function streamStart(lastEventId: string | undefined, query: LogStreamQuery): number {
  return lastEventId === undefined || lastEventId === ''
    ? (query.after ?? 0)
    : seqOf('Last-Event-ID', lastEventId);
}

function seqOf(field: string, text: string): number {
  const seq = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seq <= MAX_SEQ)) throw new FieldError(field, 'must be the number of a log entry');
  return seq;
}
