import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { AnswerReader, type Answer } from './answer';
import type { Conversation } from './conversation';

/** What the connections of a round note down together. */
export interface Notebook {
  /** After this moment (performance.now) no unit is begun any more. */
  endAtMs: number;
  units: number;
  /** How long each unit took; once for those that came together. */
  readonly latenciesMs: number[];
  requests: number;
}

/** Reused for every read of a connection: a fresh buffer for each would keep the collector busy. */
const READ_BYTES = 256 * 1024;

/**
 * One keep-alive connection that carries one conversation: a request, its answer, the next request. A bare socket, since
 * Node's own HTTP client would cost more than the servers that are measured.
 */
export class Connection {
  private onAnswer: (answer: Answer) => void = () => undefined;
  private onTrouble: (error: Error) => void = () => undefined;
  private unitStartMs: number | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly notebook: Notebook,
  ) {}

  static async open(port: number, artifact: Buffer, notebook: Notebook): Promise<Connection> {
    const reader = new AnswerReader(artifact);
    const callback = (length: number, buffer: Buffer): boolean => {
      connection.read(reader, buffer, length);
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback };
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    const connection = new Connection(socket, notebook);
    await once(socket, 'connect');
    return connection;
  }

  /** To be called by the conversation when a unit is over, or several that came with one answer. */
  closeUnit(units = 1): void {
    if (this.unitStartMs === undefined) return;
    this.notebook.latenciesMs.push(performance.now() - this.unitStartMs);
    this.notebook.units += units;
    this.unitStartMs = undefined;
  }

  /**
   * Resolves when the time is up or the conversation over; rejects when an answer is not what it should be. A unit that
   * was begun is brought to its end, or the requests of half units would be paid for by the whole ones.
   */
  converse(conversation: Conversation): Promise<void> {
    return new Promise((resolve, reject) => {
      const say = ({ done, value }: IteratorResult<string, void>): void => {
        const now = performance.now();
        if (done === true || (this.unitStartMs === undefined && now >= this.notebook.endAtMs)) {
          resolve();
          return;
        }
        this.unitStartMs ??= now;
        this.socket.write(value, 'latin1');
      };
      this.onTrouble = reject;
      this.onAnswer = (answer) => {
        this.notebook.requests += 1;
        say(conversation.next(answer));
      };
      this.socket.on('error', reject);
      this.socket.on('close', () => reject(new Error('the server closed the connection')));
      say(conversation.next());
    });
  }

  close(): void {
    this.socket.removeAllListeners();
    this.socket.destroy();
  }

  private read(reader: AnswerReader, buffer: Buffer, length: number): void {
    try {
      const answer = reader.read(buffer, length);
      if (answer !== undefined) this.onAnswer(answer);
    } catch (error) {
      this.onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
