import type { Request } from 'express';
import { UnreadableBodyError } from './ddi-error';

/** hawkBit's bound of an action history. */
const MOST_HISTORY = 100;

/**
 * How many messages `?actionHistory` asks for (contract 1.4): none when it is absent, bare or 0, all that are kept when it is
 * negative or large. @throws UnreadableBodyError when it is no number
 */
export function historyLengthOf({ query }: Pick<Request, 'query'>): number {
  const text = query['actionHistory'];
  if (text === undefined || text === '') return 0;
  if (typeof text !== 'string' || !/^-?\d{1,9}$/.test(text))
    throw new UnreadableBodyError('actionHistory must be a whole number.');
  const count = Number(text);
  return count < 0 ? MOST_HISTORY : Math.min(count, MOST_HISTORY);
}
