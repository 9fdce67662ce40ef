import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { readAnswer } from './answer';
import type { Conversation } from './conversation';

/** What the connections of a round note down together. */
export interface Notebook {
  /** After this moment (performance.now) no request is sent any more. */
  readonly endAtMs: number;
  readonly latenciesMs: number[];
}

/**
 * One keep-alive connection that carries one conversation: a request, its answer, the next request. A bare socket, since
 * Node's own HTTP client would cost more than the servers that are measured.
 */
export class Connection {
  private rest = '';
  private sentAtMs = 0;

  private constructor(private readonly socket: Socket) {}

  static async open(port: number): Promise<Connection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.setEncoding('latin1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Resolves when the time is up or the conversation over; rejects when an answer is not what it should be. */
  converse(conversation: Conversation, notebook: Notebook): Promise<void> {
    return new Promise((resolve, reject) => {
      const say = (request: string | undefined): void => {
        if (request === undefined || performance.now() >= notebook.endAtMs) return resolve();
        this.sentAtMs = performance.now();
        this.socket.write(request, 'latin1');
      };
      this.socket.on('error', reject);
      this.socket.on('close', () => reject(new Error('the server closed the connection')));
      this.socket.on('data', (text: string) => {
        try {
          this.rest += text;
          const read = readAnswer(this.rest);
          if (read === undefined) return;
          this.rest = this.rest.slice(read.end);
          notebook.latenciesMs.push(performance.now() - this.sentAtMs);
          say(nextRequest(conversation.next(read.answer)));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      say(nextRequest(conversation.next()));
    });
  }

  close(): void {
    this.socket.removeAllListeners();
    this.socket.destroy();
  }
}

function nextRequest(step: IteratorResult<string, void>): string | undefined {
  return step.done === true ? undefined : step.value;
}
