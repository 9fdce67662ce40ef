import { Writable } from 'node:stream';
import type { Connection } from 'pg';
import { rowsOf, type CopyConnection, type CopyQuery } from './copy-connection';

type Done = (error?: Error | null) => void;

/**
 * `COPY … FROM STDIN` as a stream, at the pace of Postgres: `client.query(new CopyIn(text))`. Finished when Postgres has taken
 * everything. One that fails leaves the connection in the middle; end the client then.
 */
export class CopyIn extends Writable implements CopyQuery {
  /** Known at the end. */
  rows = 0;
  private connection: CopyConnection | undefined;
  /** What came before Postgres was ready to take it. */
  private waiting: (() => void) | undefined;
  private finished: Done | undefined;
  private isTaking = false;

  constructor(private readonly text: string) {
    super();
  }

  submit(connection: Connection): void {
    this.connection = connection as CopyConnection;
    this.connection.query(this.text);
  }

  readonly handleCopyInResponse = (): void => {
    this.isTaking = true;
    this.waiting?.();
  };

  readonly handleCommandComplete = ({ text }: { readonly text: string }): void => {
    this.rows = rowsOf(text);
  };

  readonly handleReadyForQuery = (): void => this.finished?.();

  readonly handleError = (error: Error): void => void this.destroy(error);

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.whenTaking((connection) => {
      connection.sendCopyFromChunk(chunk);
      if (connection.stream.writableNeedDrain) connection.stream.once('drain', () => done());
      else done();
    });
  }

  override _final(done: Done): void {
    this.whenTaking((connection) => {
      this.finished = done;
      connection.endCopyFrom();
    });
  }

  private whenTaking(work: (connection: CopyConnection) => void): void {
    const run = (): void => {
      if (this.connection !== undefined) work(this.connection);
    };
    if (this.isTaking) run();
    else this.waiting = run;
  }
}
