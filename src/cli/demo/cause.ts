import { printable } from './drawing/line';
import type { LogEntry } from './staging/management';
import type { Cause } from './model';

/** Why an update failed, as its log tells: the first line of the report that ended it, or else what the server wrote. */
export function causeOf(log: readonly LogEntry[]): string {
  const end =
    log.findLast(({ source, status }) => source === 'device' && status === 'closed/failure') ?? log.at(-1);
  if (end === undefined) return 'nobody said why';
  const [line = ''] = end.messages.map(printable).filter((text) => text !== '');
  return line === '' ? `${end.status}, without a word` : line;
}

/** Equal causes together, the most frequent first and equally frequent ones by their text: so rows do not jump about. */
export function countCauses(texts: Iterable<string>): Cause[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .map(([text, devices]) => ({ text, devices }))
    .sort((one, other) => other.devices - one.devices || (one.text < other.text ? -1 : 1));
}
