import type { Outcome } from './exchange';
import type { Mutant } from './request';

/** A request and what came of it. */
export interface Exchanged {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
}

/**
 * What a request may have changed. `refused`: nothing, since each of its answers says so, or since we broke it off before it
 * was whole. `accepted`: something was taken. `unheard`: nobody knows, for an answer did not come.
 */
export type Standing = 'accepted' | 'refused' | 'unheard';

export function standingOf({ mutant, outcome }: Exchanged): Standing {
  if (outcome.answers.some(({ status }) => status < 400)) return 'accepted';
  return outcome.answers.length >= mutant.requests || mutant.framing === 'broken-off' ? 'refused' : 'unheard';
}

const ESCAPES = /(?:%[0-9a-f]{2})+/gi;

/** All that a request says, as bytes and with its percent escapes read, twice: it may name a device in any of these ways. */
export function wordsOf({ pieces }: Mutant): string {
  const raw = Buffer.concat(pieces).toString('latin1');
  if (!raw.includes('%')) return raw;
  const once = unescaped(raw);
  return `${raw}\n${once}\n${unescaped(once)}`;
}

function unescaped(text: string): string {
  return text.replace(ESCAPES, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** A request for a person to read, and to send again. */
export function quoted({ pieces }: Mutant, most = 600): string {
  return JSON.stringify(Buffer.concat(pieces).toString('latin1').slice(0, most));
}
