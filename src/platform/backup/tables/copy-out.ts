import { Readable } from 'node:stream';
import type { Connection } from 'pg';
import { rowsOf, type CopyConnection, type CopyQuery } from './copy-connection';

/** Postgres sends a message for each row; so many bytes of them are handed on at once. */
const BLOCK_BYTES = 64 * 1024;

/**
 * `COPY … TO STDOUT` as a stream, at the pace of whoever reads it: `client.query(new CopyOut(text))`. One that is not read to
 * its end leaves the connection in the middle of the answer; end the client then.
 */
export class CopyOut extends Readable implements CopyQuery {
  /** Known at the end. */
  rows = 0;
  private connection: CopyConnection | undefined;
  private block: Buffer[] = [];
  private blockBytes = 0;

  constructor(private readonly text: string) {
    super({ highWaterMark: 2 * BLOCK_BYTES });
  }

  submit(connection: Connection): void {
    this.connection = connection as CopyConnection;
    this.connection.query(this.text);
  }

  readonly handleCopyData = ({ chunk }: { readonly chunk: Buffer }): void => {
    // A copy, because the parser uses the memory again.
    this.block.push(Buffer.from(chunk));
    this.blockBytes += chunk.length;
    if (this.blockBytes >= BLOCK_BYTES && !this.flush()) this.connection?.stream.pause();
  };

  readonly handleCommandComplete = ({ text }: { readonly text: string }): void => {
    this.rows = rowsOf(text);
  };

  readonly handleReadyForQuery = (): void => {
    this.flush();
    this.push(null);
  };

  readonly handleError = (error: Error): void => void this.destroy(error);

  override _read(): void {
    this.connection?.stream.resume();
  }

  private flush(): boolean {
    const block = Buffer.concat(this.block);
    this.block = [];
    this.blockBytes = 0;
    return block.length === 0 || this.push(block);
  }
}
