import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { chokeAs } from './choke';

export const ZEPHYR_CLIENT = "Zephyr's hawkBit client";
const PATIENCE_MS = 30_000;
const END_OF_HEAD = '\r\n\r\n';

const choke = chokeAs(ZEPHYR_CLIENT);

/** The one connection is gone; the board tries again at its next wake-up. */
export class ConnectionLost extends Error {}

/** A request as the board's HTTP client sends it. */
export interface ZephyrRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly body?: object;
  /** Makes it a resumed download. */
  readonly range?: string;
  /** Told of the body as it comes; else it is collected. */
  readonly onBytes?: (bytes: Buffer) => Promise<void>;
}

/** An answer of which everything was understood that the board has to understand. */
export interface ZephyrAnswer {
  readonly contentLength: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * HTTP/1.1 on one TCP connection, written out by hand so that nothing is forgiven: the connection has to stay open, every
 * answer has to name its length, and only the status that was asked for counts.
 */
export class ZephyrSocket {
  private received: Buffer = Buffer.alloc(0);
  private hasEnded = false;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly host: string,
    private readonly authorization: string,
  ) {
    socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      this.wake();
    });
    socket.on('end', () => {
      this.hasEnded = true;
      this.wake();
    });
    socket.on('error', (error) => {
      this.failure = error;
      this.wake();
    });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('the server does not answer')));
  }

  static async to(serverUrl: string, authorization: string): Promise<ZephyrSocket> {
    const { hostname, port, host } = new URL(serverUrl);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new ZephyrSocket(socket, host, authorization);
  }

  close(): void {
    this.socket.destroy();
  }

  async ask(request: ZephyrRequest): Promise<ZephyrAnswer> {
    const what = `${request.method} ${request.path}`;
    if (this.hasEnded) choke(`${what} finds its connection closed: it keeps one for the whole run`);
    this.socket.write(this.written(request));
    const { status, headers } = await this.readHead(what);
    const wanted = request.range === undefined ? 200 : 206;
    if (status !== wanted) choke(`${what} is answered ${status}, and only ${wanted} counts`);
    if (headers.get('connection')?.toLowerCase() === 'close')
      choke(`${what} is answered with Connection: close, and it has one connection for the whole run`);
    const contentLength = lengthOf(headers, what);
    const body = await this.readBody(contentLength, request);
    return { contentLength, headers, body };
  }

  /** No Accept, and a Content-Type only where there is content. */
  private written({ method, path, body, range }: ZephyrRequest): string {
    const content = body === undefined ? '' : JSON.stringify(body);
    const lines = [
      `${method} ${path} HTTP/1.1`,
      `Host: ${this.host}`,
      `Authorization: ${this.authorization}`,
      ...(range === undefined ? [] : [`Range: ${range}`]),
      ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${content.length}`]),
    ];
    return `${lines.join('\r\n')}${END_OF_HEAD}${content}`;
  }

  private async readHead(what: string): Promise<Head> {
    let end = this.received.indexOf(END_OF_HEAD);
    while (end < 0) {
      await this.more(what);
      end = this.received.indexOf(END_OF_HEAD);
    }
    const [statusLine = '', ...lines] = this.received.toString('latin1', 0, end).split('\r\n');
    this.received = this.received.subarray(end + END_OF_HEAD.length);
    const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1];
    if (status === undefined)
      choke(`${what} is answered ${JSON.stringify(statusLine)}, which is not HTTP/1.1`);
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    return { status: Number(status), headers: new Map(headers) };
  }

  private async readBody(length: number, request: ZephyrRequest): Promise<Buffer> {
    const what = `${request.method} ${request.path}`;
    const collected: Buffer[] = [];
    for (let left = length; left > 0;) {
      if (this.received.length === 0) await this.more(what);
      const bytes = this.received.subarray(0, left);
      this.received = this.received.subarray(bytes.length);
      left -= bytes.length;
      if (request.onBytes === undefined) collected.push(bytes);
      else await request.onBytes(bytes);
    }
    if (this.received.length > 0) choke(`${what} is answered with more than its Content-Length of ${length}`);
    return Buffer.concat(collected);
  }

  private async more(what: string): Promise<void> {
    const before = this.received.length;
    while (this.received.length === before) {
      if (this.failure !== undefined) throw new ConnectionLost(`${what}: ${this.failure.message}`);
      if (this.hasEnded) throw new ConnectionLost(`${what}: the server has closed the connection`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

/** It divides by it, so every answer has to name one; what is chunked or compressed never adds up. */
function lengthOf(headers: ReadonlyMap<string, string>, what: string): number {
  const transfer = headers.get('transfer-encoding');
  if (transfer !== undefined) choke(`${what} is answered with Transfer-Encoding: ${transfer}`);
  const coding = headers.get('content-encoding');
  if (coding !== undefined) choke(`${what} is answered with Content-Encoding: ${coding}`);
  const length = headers.get('content-length');
  if (length === undefined || !/^\d+$/.test(length)) choke(`${what} is answered without a Content-Length`);
  return Number(length);
}
