import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { BucketContent, Refusal, type StoredObject } from './bucket-content';
import { objectsPage, partsPage, uploadsPage, xml } from './s3-answers';
import { refusalOf, type KeyPair } from './signature';

/** What goes wrong with a request: before it is carried out, or with the answer to what was done. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' }
  | { readonly kind: 'lost-answer' }
  | { readonly kind: 'cut-body'; readonly afterBytes: number };

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** What a server shows and what it keeps to itself, as PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

interface Turn extends Seen {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

const BUCKET = 'artifacts';

/**
 * As much of S3 as the store uses, in this process, with signatures that are checked and faults that a test orders. It
 * keeps to what the real one does; the same tests run on MinIO.
 */
export class S3Server {
  readonly bucket = BUCKET;
  readonly content = new BucketContent();
  readonly seen: Seen[] = [];
  private faults: { matches: (seen: Seen) => boolean; fault: Fault; left: number }[] = [];
  private readonly server: Server;

  private constructor(
    readonly keys: KeyPair,
    private readonly tls: TlsIdentity | undefined,
  ) {
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      void this.answer(request, response);
    this.server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  }

  static async start(keys: KeyPair, tls?: TlsIdentity): Promise<S3Server> {
    const server = new S3Server(keys, tls);
    server.server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    return server;
  }

  get endpoint(): string {
    const scheme = this.tls === undefined ? 'http' : 'https';
    return `${scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The next `times` requests that match end like this. */
  fail(fault: Fault, matches: (seen: Seen) => boolean = () => true, times = 1): void {
    this.faults.push({ matches, fault, left: times });
  }

  /** No more of those that were ordered. */
  behave(): void {
    this.faults = [];
  }

  async connections(): Promise<number> {
    return new Promise((resolve) => this.server.getConnections((_, count) => resolve(count)));
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, bucket = '', ...rest] = url.pathname.split('/');
    const seen = {
      method: request.method ?? '',
      key: decodeURIComponent(rest.join('/')),
      query: url.searchParams,
      headers: request.headers,
    };
    this.seen.push(seen);
    const fault = this.faultFor(seen);
    try {
      if (fault?.kind === 'reset') return void request.socket.destroy();
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      if (fault?.kind === 'silence') return;
      if (fault?.kind === 'status') throw new Refusal(fault.status, fault.code);
      const refusal = refusalOf(request, body, this.keys);
      if (refusal !== undefined) throw new Refusal(403, refusal);
      if (bucket !== BUCKET) throw new Refusal(404, 'NoSuchBucket');
      if (fault?.kind === 'lost-answer') response.end = () => response.destroy();
      this.carryOut({ ...seen, request, response, body }, fault);
    } catch (error) {
      if (error instanceof Refusal) refuse(seen.method, response, error);
      else response.destroy();
    }
  }

  private faultFor(seen: Seen): Fault | undefined {
    const due = this.faults.find((one) => one.left > 0 && one.matches(seen));
    if (due !== undefined) due.left -= 1;
    return due?.fault;
  }

  private carryOut(turn: Turn, fault: Fault | undefined): void {
    const { method, key, query } = turn;
    if (method === 'GET' && key === '') return this.list(turn);
    if (query.has('uploads') || query.has('uploadId')) return this.multipart(turn);
    if (method === 'PUT') return this.put(turn);
    if (method === 'DELETE') {
      this.content.objects.delete(key);
      return void turn.response.writeHead(204).end();
    }
    if (key === '') return void turn.response.writeHead(200).end();
    this.get(turn, fault);
  }

  private list({ query, response }: Turn): void {
    const prefix = query.get('prefix') ?? '';
    const uploads = [...this.content.uploads].filter(([, { key }]) => key.startsWith(prefix));
    const objects = [...this.content.objects].filter(([key]) => key.startsWith(prefix));
    response.end(query.has('uploads') ? uploadsPage(uploads) : objectsPage(objects));
  }

  private put({ key, request, response, body }: Turn): void {
    const source = request.headers['x-amz-copy-source'];
    if (source === undefined) {
      const { etag } = this.content.put(key, body, encryptionOf(request));
      return void response.writeHead(200, { etag: `"${etag}"` }).end();
    }
    const { bytes } = this.content.get(keyOf(String(source)));
    const { etag, modifiedAt } = this.content.put(key, bytes, encryptionOf(request));
    response.end(xml('CopyObjectResult', { ETag: `"${etag}"`, LastModified: modifiedAt.toISOString() }));
  }

  private multipart({ method, key, query, request, response, body }: Turn): void {
    const uploadId = query.get('uploadId') ?? '';
    if (query.has('uploads')) {
      const begun = this.content.begin(key, encryptionOf(request));
      return void response.end(xml('InitiateMultipartUploadResult', { UploadId: begun }));
    }
    if (method === 'PUT') {
      const source = request.headers['x-amz-copy-source'];
      const bytes = source === undefined ? body : this.sourceRange(request, String(source));
      const { etag } = this.content.putPart(uploadId, Number(query.get('partNumber')), bytes);
      if (source !== undefined) return void response.end(xml('CopyPartResult', { ETag: `"${etag}"` }));
      return void response.writeHead(200, { etag: `"${etag}"` }).end();
    }
    if (method === 'GET') return void response.end(partsPage(this.content.upload(uploadId)));
    if (method === 'DELETE') {
      this.content.abort(uploadId);
      return void response.writeHead(204).end();
    }
    const named = [
      ...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>\s*<ETag>"?([\w-]+)"?<\/ETag>/g),
    ];
    const { etag } = this.content.complete(
      uploadId,
      named.map(([, part, tag]) => ({ part: Number(part), etag: tag! })),
    );
    const done = { Location: key, Bucket: BUCKET, Key: key, ETag: `"${etag}"` };
    response.end(xml('CompleteMultipartUploadResult', done));
  }

  private sourceRange({ headers }: IncomingMessage, source: string): Buffer {
    const object = this.content.get(keyOf(source));
    const { start, end } = rangeOf(headers['x-amz-copy-source-range']?.toString(), object);
    return object.bytes.subarray(start, end);
  }

  private get({ method, key, query, request, response }: Turn, fault: Fault | undefined): void {
    const object = this.content.get(key);
    const { start, end } = rangeOf(request.headers.range, object);
    const part = object.bytes.subarray(start, end);
    const disposition = query.get('response-content-disposition');
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      etag: `"${object.etag}"`,
      'content-length': part.length,
      'last-modified': object.modifiedAt.toUTCString(),
      ...(disposition === null ? {} : { 'content-disposition': disposition }),
    });
    if (method === 'HEAD') return void response.end();
    if (fault?.kind !== 'cut-body') return void response.end(part);
    response.write(part.subarray(0, fault.afterBytes), () => response.destroy());
  }
}

function refuse(method: string, response: ServerResponse, { status, code }: Refusal): void {
  response
    .writeHead(status)
    .end(method === 'HEAD' ? '' : xml('Error', { Code: code, Message: `refused: ${code}` }));
}

function keyOf(source: string): string {
  return decodeURIComponent(source).replace(/^\/?[^/]+\//, '');
}

function encryptionOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('x-amz-server-side-encryption') ? [[name, String(value)]] : [],
    ),
  );
}

function rangeOf(header: string | undefined, { bytes }: StoredObject): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: bytes.length };
  const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(header) ?? [];
  const start = Number(first);
  if (start >= bytes.length) throw new Refusal(416, 'InvalidRange');
  return { start, end: last === '' ? bytes.length : Math.min(Number(last) + 1, bytes.length) };
}
