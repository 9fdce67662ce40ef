import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it offers as version 2.0. */
export const CROOKED_IMAGE = Buffer.from('the image of version 2.0, and long enough');
const HASHES = {
  sha1: createHash('sha1').update(CROOKED_IMAGE).digest('hex'),
  sha256: createHash('sha256').update(CROOKED_IMAGE).digest('hex'),
};

/** Answers in another way than it should; false: this request it leaves alone. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What is wrong with the server; nothing, if empty. Parts of the JSON replace what stands there. */
export interface Crook {
  readonly sleep?: unknown;
  readonly id?: unknown;
  readonly links?: object;
  readonly deployment?: object;
  readonly chunk?: object;
  readonly artifact?: object;
  /** What the links begin with, and the tenant in them. */
  readonly origin?: string;
  readonly tenant?: string;
  /** The links stay, whatever the device says. */
  readonly forgets?: boolean;
  readonly answer?: Answer;
}

/** A DDI server for the one device `dev`, which gets action 7; right in everything but for one thing. */
export class CrookedServer {
  crook: Crook = {};
  readonly feedback: unknown[] = [];
  private isIdentified = false;
  private isClosed = false;

  private constructor(private readonly server: Server) {
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void this.serve(request, response),
    );
  }

  static async start(): Promise<CrookedServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CrookedServer(server);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A new server, as far as a client can tell. */
  forget(): void {
    this.crook = {};
    this.feedback.length = 0;
    this.isIdentified = false;
    this.isClosed = false;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What its links begin with. */
  get home(): string {
    return `${this.crook.origin ?? this.url}/${this.crook.tenant ?? 'default'}/controller/v1/dev`;
  }

  poll(): object {
    const { crook, home } = this;
    const isThere = (isDone: boolean): boolean => !isDone || crook.forgets === true;
    const links = {
      ...(isThere(this.isIdentified) ? { configData: { href: `${home}/configData` } } : {}),
      ...(isThere(this.isClosed) ? { deploymentBase: { href: `${home}/deploymentBase/7?c=1` } } : {}),
      ...crook.links,
    };
    const sleep = 'sleep' in crook ? crook.sleep : '00:00:01';
    return { config: { polling: { sleep } }, _links: links };
  }

  deployment(): object {
    const { crook, home } = this;
    const artifact = {
      filename: 'image',
      size: CROOKED_IMAGE.length,
      hashes: HASHES,
      _links: { 'download-http': { href: `${home}/softwaremodules/3/artifacts/image` } },
      ...crook.artifact,
    };
    const chunk = { part: 'bApp', name: 'image', version: '2.0', artifacts: [artifact], ...crook.chunk };
    const deployment = { download: 'forced', update: 'forced', chunks: [chunk], ...crook.deployment };
    return { id: 'id' in crook ? crook.id : '7', deployment };
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received: Buffer[] = [];
    for await (const bytes of request as AsyncIterable<Buffer>) received.push(bytes);
    if (this.crook.answer?.(request, response) === true) return;
    const { method = '', url = '' } = request;
    if (method === 'PUT') this.isIdentified = true;
    if (method === 'POST') this.note(Buffer.concat(received).toString());
    if (method !== 'GET') response.writeHead(200, { 'content-length': 0 }).end();
    else if (url.endsWith('/dev')) sendJson(response, this.poll());
    else if (url.includes('/deploymentBase/')) sendJson(response, this.deployment());
    else sendImage(request, response);
  }

  private note(text: string): void {
    const body = JSON.parse(text) as { status: { execution: string } };
    this.feedback.push(body);
    this.isClosed ||= body.status.execution === 'closed';
  }
}

function sendJson(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-length': Buffer.byteLength(text) }).end(text);
}

function sendImage({ headers }: IncomingMessage, response: ServerResponse): void {
  const [, first, last = ''] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const size = CROOKED_IMAGE.length;
  const start = Number(first ?? 0);
  const bytes = CROOKED_IMAGE.subarray(start, last === '' ? size : Number(last) + 1);
  const part = { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${size}` };
  if (first === undefined) response.writeHead(200, { 'content-length': size }).end(bytes);
  else if (bytes.length === 0) response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
  else response.writeHead(206, { 'content-length': bytes.length, ...part }).end(bytes);
}

/** Answers one kind of request, as in `GET /path`, with nothing but a status. */
export function instead(
  pattern: RegExp,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
): Answer {
  return ({ method = '', url = '' }, response) => {
    if (!pattern.test(`${method} ${url}`)) return false;
    response.writeHead(status, { 'content-length': 0, ...headers }).end();
    return true;
  };
}

/** Answers one kind of request without naming a length. */
export function inChunks(pattern: RegExp, body: () => object | Buffer): Answer {
  return ({ method = '', url = '' }, response) => {
    if (!pattern.test(`${method} ${url}`)) return false;
    const content = body();
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.end(Buffer.isBuffer(content) ? content : JSON.stringify(content));
    return true;
  };
}
