/** One entry of an action's log: one report of the device, or one thing the server did. */
export interface LogEntry {
  /** 1, 2, 3 … per action without gaps, in commit order: also the Last-Event-ID of the stream. */
  readonly seq: number;
  readonly at: Date;
  readonly source: 'device' | 'server';
  /** The device's own word (`proceeding`, `closed/failure`) or what the server did (`offered`, `retrieved`). */
  readonly status: string;
  readonly code: number | undefined;
  readonly messages: readonly string[];
}

/** An entry about to be written. */
export type NewLogEntry = Omit<LogEntry, 'seq' | 'at' | 'code'> & { readonly code?: number | undefined };

/** hawkBit splits messages into pieces of this many characters. */
const MESSAGE_LENGTH = 512;
/** More pieces than this come of no client that exists; what is beyond is dropped with a note. */
const MAX_PIECES = 200;

/** Cuts long messages into pieces and removes what Postgres cannot store in text. */
export function storableMessages(messages: readonly string[]): string[] {
  const pieces: string[] = [];
  for (const message of messages) {
    const text = message.replaceAll('\u0000', ' ').trim();
    let start = 0;
    while (start < text.length) {
      if (pieces.length === MAX_PIECES) return [...pieces, '… (the rest was too long to keep)'];
      const end = endOfPiece(text, start);
      pieces.push(text.slice(start, end));
      start = end;
    }
  }
  return pieces;
}

/** A character of two UTF-16 units is not cut in two: neither half could be stored. */
function endOfPiece(text: string, start: number): number {
  const end = start + MESSAGE_LENGTH;
  return end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff ? end - 1 : end;
}

/** Server's words for the log. */
export function serverEntry(status: string, message: string): NewLogEntry {
  return { source: 'server', status, messages: [message] };
}
