import type { Duplex } from 'node:stream';
import type { Connection, Submittable } from 'pg';

/** What of a connection of `pg` its types leave out: the messages of COPY. */
export interface CopyConnection extends Connection {
  readonly stream: Duplex;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** What a client calls on the query that is under way, under the names that it has for that. */
export interface CopyQuery extends Submittable {
  readonly handleError: (error: Error) => void;
  readonly handleReadyForQuery: () => void;
  readonly handleCommandComplete: (message: { readonly text: string }) => void;
}

/** From "COPY 12". */
export function rowsOf(commandTag: string): number {
  return Number(commandTag.split(' ')[1] ?? 0);
}
