import { request as requestPlain, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestSecure, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import type { AddressJudge } from './address-judge';
import { authorizationOf, type Credentials } from './credentials';
import { isRedirect, nextHop, type Hop } from './hop';
import type { NameResolver } from './name-resolver';
import { limitedBody, tooLarge } from './outbound-body';
import { bareHost, outboundUrl } from './outbound-url';
import { OutboundError } from './outbound.errors';

export interface OutboundRequest {
  readonly url: string;
  readonly credentials?: Credentials | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Which statuses are an answer; 200 alone when left out. */
  readonly expects?: readonly number[];
  readonly maxBytes: number;
  /** For everything; without it the reader's own pace decides how long it takes. */
  readonly totalMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Read it to its end or destroy it: the connection lives as long. Fails with an {@link OutboundError}. */
  readonly body: Readable;
}

export interface OutboundLimits {
  /** For each redirect anew: name, connection, TLS and the headers. */
  readonly answerMs: number;
  readonly idleMs: number;
  readonly redirects: number;
}

export const OUTBOUND_LIMITS: OutboundLimits = { answerMs: 15_000, idleMs: 30_000, redirects: 5 };
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Visits addresses that somebody else wrote down, and cannot be led to where this server alone may go. A name is resolved
 * once, every address of it judged, and the connection goes to one of those and no other; each redirect is judged in the
 * same way. No proxy of the environment, no connection that is shared, no cookie, no body, GET only.
 */
export class OutboundClient {
  constructor(
    private readonly judge: AddressJudge,
    private readonly resolver: NameResolver,
    private readonly limits: OutboundLimits = OUTBOUND_LIMITS,
  ) {}

  /** @throws OutboundError */
  async get(request: OutboundRequest): Promise<OutboundAnswer> {
    const deadlineMs = performance.now() + (request.totalMs ?? Infinity);
    let hop: Hop = { url: outboundUrl(request.url), credentials: request.credentials };
    for (let redirects = 0; redirects <= this.limits.redirects; redirects += 1) {
      const answer = await this.visit(hop, request, deadlineMs);
      const status = answer.statusCode ?? 0;
      if (!isRedirect(status)) return this.accept(answer, request, deadlineMs);
      answer.destroy();
      hop = nextHop(hop, answer.headers.location);
    }
    throw new OutboundError('too_many_redirects', `redirects more than ${this.limits.redirects} times`);
  }

  private async visit(hop: Hop, request: OutboundRequest, deadlineMs: number): Promise<IncomingMessage> {
    const giveUp = new AbortController();
    const leftMs = Math.max(0, Math.min(this.limits.answerMs, deadlineMs - performance.now()));
    const timer = setTimeout(() => giveUp.abort(), leftMs);
    const onAbort = (): void => giveUp.abort();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      request.signal?.throwIfAborted();
      const addresses = await unlessAborted(this.judgedAddresses(hop.url), giveUp.signal);
      return await answerOf(hop, request, addresses, giveUp.signal);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (giveUp.signal.aborted) throw new OutboundError('timeout', 'did not answer in time');
      throw error;
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** One address that is forbidden spoils the name: nobody has good reasons to mix. */
  private async judgedAddresses(url: URL): Promise<readonly string[]> {
    const host = bareHost(url);
    const addresses = isIP(host) === 0 ? await this.resolve(host) : [host];
    for (const address of addresses) {
      const fault = this.judge.faultOf(address);
      if (fault !== undefined)
        throw new OutboundError(
          'forbidden',
          `leads to ${url.hostname}, where this server may not go (${fault})`,
        );
    }
    return addresses;
  }

  private async resolve(name: string): Promise<readonly string[]> {
    const addresses = await this.resolver.addressesOf(name).catch(() => []);
    if (addresses.length === 0)
      throw new OutboundError('unresolved', `names ${name}, which has no IP address`);
    return addresses;
  }

  private accept(answer: IncomingMessage, request: OutboundRequest, deadlineMs: number): OutboundAnswer {
    try {
      refuse(answer, request);
    } catch (error) {
      answer.destroy();
      throw error;
    }
    const { maxBytes, signal } = request;
    const limits = { idleMs: this.limits.idleMs, maxBytes, deadlineMs };
    const body = Readable.from(limitedBody(answer, limits), { objectMode: false });
    // Whoever reads is told; before that, an event that nobody listens to would end the process.
    body.on('error', () => undefined);
    // Also when nobody has begun to read: then the generator, which would do it, does not run.
    body.once('close', () => answer.destroy());
    const onAbort = (): void => void body.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    body.once('close', () => signal?.removeEventListener('abort', onAbort));
    return { status: answer.statusCode ?? 0, headers: answer.headers, body };
  }
}

/** Resolves with the headers of the answer, whatever they say. */
function answerOf(
  { url, credentials }: Hop,
  { headers = {} }: OutboundRequest,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const host = bareHost(url);
  const isSecure = url.protocol === 'https:';
  const options: RequestOptions = {
    host,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    // One connection for one request: no agent of the process, which could have been told of a proxy.
    agent: false,
    lookup: onlyTo(addresses),
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: {
      ...headers,
      Host: url.host,
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      'User-Agent': 'rookery',
      ...(credentials === undefined ? {} : { Authorization: authorizationOf(credentials) }),
    },
    ...(isSecure ? { servername: serverName(host), rejectUnauthorized: true, minVersion: 'TLSv1.2' } : {}),
  };
  return new Promise((resolve, reject) => {
    const outgoing = (isSecure ? requestSecure : requestPlain)(options);
    const onAbort = (): void => void outgoing.destroy(new Error('aborted'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // Stays: what is wrong with a connection may show after the answer.
    outgoing.on('error', (error) => reject(unreachable(error)));
    // Node closes a connection that is to become another protocol's (101) without a word of its own.
    outgoing.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      reject(new OutboundError('unreachable', 'closed the connection instead of answering'));
    });
    outgoing.once('response', (answer) => {
      signal.removeEventListener('abort', onAbort);
      answer.on('error', () => undefined);
      resolve(answer);
    });
    outgoing.end();
  });
}

/** TLS names no addresses and no final dot. */
function serverName(host: string): string {
  return isIP(host) === 0 ? host.replace(/\.$/, '') : '';
}

/** Connections go where it was judged that they may, whatever the name would resolve to by now. */
function onlyTo(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, options, done) => {
    const [first] = known;
    if (options.all === true) done(null, known);
    else if (first === undefined) done(new Error('no address'), '', 0);
    else done(null, first.address, first.family);
  };
}

function refuse({ statusCode = 0, headers }: IncomingMessage, request: OutboundRequest): void {
  if (!(request.expects ?? [200]).includes(statusCode)) {
    const fault = statusCode >= 400 && statusCode < 500 ? 'refused' : 'failed';
    throw new OutboundError(fault, `was answered ${statusCode}`, statusCode);
  }
  if (statusCode !== 304) refuseBody(headers, request.maxBytes);
}

function refuseBody(headers: IncomingHttpHeaders, maxBytes: number): void {
  if (!isPlain(headers))
    throw new OutboundError('failed', 'was answered with bytes that are encoded, which was not asked for');
  if (!hasEnd(headers))
    throw new OutboundError('failed', 'was answered without a length, so half of it would pass for all');
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** Whether the answer itself says where its bytes end. One that ends with its connection may have been cut anywhere. */
function hasEnd(headers: IncomingHttpHeaders): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** Its bytes are the file's: neither compressed nor otherwise wrapped. */
function isPlain(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  const transfer = headers['transfer-encoding'] ?? 'chunked';
  return encoding.toLowerCase() === 'identity' && transfer.toLowerCase() === 'chunked';
}

/** Node's own words name the address that was tried; only their code is passed on. */
function unreachable(error: Error): OutboundError {
  const { code } = error as NodeJS.ErrnoException;
  const why = typeof code === 'string' && /^[A-Z_0-9]+$/.test(code) ? ` (${code})` : '';
  return new OutboundError('unreachable', `cannot be reached${why}`);
}

/** The system's resolver cannot be interrupted, but need not be waited for. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    work.then(resolve, reject);
  });
}
