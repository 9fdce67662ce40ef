import {
  Agent,
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Gate } from './gate';
import type { Instances } from './instances';
import type { Traffic } from './traffic';

export interface DdiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The device is gone before the answer comes: whether the server took it is not known. */
  readonly hangsUp?: boolean;
  /** Not on one that was kept open. */
  readonly onNewConnection?: boolean;
}

export interface DdiAnswer {
  /** 0: there was no answer. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Where the bytes of a download go, and after how many of them the line is cut. */
export interface Sink {
  readonly write: (chunk: Buffer) => void;
  readonly stopAfterBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NO_ANSWER: DdiAnswer = { status: 0, headers: {}, body: '' };
/** Longer than the server waits for its database on a download. */
const TIMEOUT_MS = 60_000;

interface Delivery {
  readonly answer: DdiAnswer;
  /** On a connection that was kept open, and closed just then. */
  readonly isStale: boolean;
  /** Nobody listens there. */
  readonly isRefused: boolean;
}

/** HTTP/1.1 with keep-alive for a whole fleet: so many sockets, shared. It never throws: no answer is status 0. */
export class DdiClient {
  private readonly agent: Agent;
  private readonly freshAgent = new Agent();
  private readonly gate: Gate;

  constructor(
    readonly traffic: Traffic,
    maxSockets: number,
    private readonly instances: Instances,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets });
    this.gate = new Gate(maxSockets);
  }

  /** A GET on a connection that the server was just closing is sent once more, on a new one, as every HTTP client does. */
  async ask(wish: DdiRequest): Promise<DdiAnswer> {
    const first = await this.deliver(wish);
    const { answer } =
      first.isStale && wish.method !== 'POST'
        ? await this.deliver({ ...wish, onNewConnection: true })
        : first;
    if (answer.status === 0 && wish.hangsUp !== true) this.traffic.unanswered += 1;
    return answer;
  }

  /** The body goes to `sink` as it comes; the answer's own body stays empty. */
  async download(wish: DdiRequest, sink: Sink): Promise<DdiAnswer> {
    const first = await this.deliver(wish, sink);
    const { answer } = first.isStale ? await this.deliver({ ...wish, onNewConnection: true }, sink) : first;
    if (answer.status === 0 && sink.signal?.aborted !== true) this.traffic.unanswered += 1;
    return answer;
  }

  close(): void {
    this.agent.destroy();
    this.freshAgent.destroy();
  }

  /** To the next instance when one lets nobody in, as a load balancer does: nothing was sent, so nothing can happen twice. */
  private async deliver(wish: DdiRequest, sink?: Sink): Promise<Delivery> {
    this.traffic.requests += 1;
    let delivery = await this.send(wish, sink);
    let { url } = wish;
    for (let left = this.instances.others; delivery.isRefused && left > 0; left -= 1) {
      const next = this.instances.next(url);
      if (next === undefined) break;
      url = next;
      delivery = await this.send({ ...wish, url }, sink);
    }
    return delivery;
  }

  private async send(wish: DdiRequest, sink?: Sink): Promise<Delivery> {
    await this.gate.enter();
    try {
      const agent = wish.onNewConnection === true ? this.freshAgent : this.agent;
      const exchange = new Exchange(agent, wish, sink);
      const answer = await exchange.answer();
      if (answer.status !== 0) this.traffic.note(`${wish.method} ${wish.url}`, answer.status, answer.headers);
      return { answer, isStale: exchange.isStale, isRefused: exchange.isRefused };
    } finally {
      this.gate.leave();
    }
  }
}

/** One request and what comes back. */
class Exchange {
  isStale = false;
  isRefused = false;

  constructor(
    private readonly agent: Agent,
    private readonly wish: DdiRequest,
    private readonly sink: Sink | undefined,
  ) {}

  answer(): Promise<DdiAnswer> {
    const { url, method, body, hangsUp } = this.wish;
    return new Promise((resolve) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const headers = { ...this.wish.headers, ...length };
      const signal = this.sink?.signal;
      const outgoing = request(url, {
        ...{ agent: this.agent, method, headers, timeout: TIMEOUT_MS },
        ...(signal === undefined ? {} : { signal }),
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        this.isStale = outgoing.reusedSocket && error.code === 'ECONNRESET';
        this.isRefused = error.code === 'ECONNREFUSED';
        resolve(NO_ANSWER);
      });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('response', (incoming) => this.read(outgoing, incoming, resolve));
      if (hangsUp === true) outgoing.on('finish', () => setImmediate(() => outgoing.destroy()));
      outgoing.end(body);
    });
  }

  private read(
    outgoing: ClientRequest,
    incoming: IncomingMessage,
    resolve: (answer: DdiAnswer) => void,
  ): void {
    const { headers, statusCode: status = 0 } = incoming;
    const isFile = this.sink !== undefined && (status === 200 || status === 206);
    const chunks: Buffer[] = [];
    const write = isFile ? this.writer(outgoing) : (chunk: Buffer): void => void chunks.push(chunk);
    incoming.on('data', write);
    // A file that ends early is told by its length; anything else that ends early is no answer.
    incoming.on('close', () => {
      const isWhole = isFile || incoming.complete;
      resolve(isWhole ? { status, headers, body: Buffer.concat(chunks).toString('utf8') } : NO_ANSWER);
    });
    incoming.on('error', () => undefined);
  }

  private writer(outgoing: ClientRequest): (chunk: Buffer) => void {
    const stopAfter = this.sink?.stopAfterBytes ?? Number.POSITIVE_INFINITY;
    let received = 0;
    return (chunk) => {
      if (received >= stopAfter) return;
      const kept = chunk.subarray(0, stopAfter - received);
      received += kept.length;
      this.sink?.write(kept);
      if (received >= stopAfter) outgoing.destroy();
    };
  }
}
