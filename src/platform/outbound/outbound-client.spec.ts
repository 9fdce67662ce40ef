import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { OriginServer, type Script } from '../../../test/support/origin-server';
import { AddressJudge } from './address-judge';
import { nextHop } from './hop';
import { NameResolver } from './name-resolver';
import { OutboundClient, type OutboundRequest } from './outbound-client';
import type { OutboundError } from './outbound.errors';
import { outboundUrl } from './outbound-url';

const ALLOWED = '127.0.0.2';
const FORBIDDEN = '127.0.0.3';
const PKI = join(__dirname, '../../../test/fixtures/pki');
const LIMITS = { answerMs: 400, idleMs: 250, redirects: 5 };

/** Gives the next answer each time it is asked for a name. */
class FakeResolver extends NameResolver {
  readonly asked: string[] = [];

  constructor(private readonly answers: Record<string, readonly (readonly string[])[]>) {
    super();
  }

  override addressesOf(name: string): Promise<readonly string[]> {
    const known = this.answers[name];
    const turn = this.asked.filter((one) => one === name).length;
    this.asked.push(name);
    if (known === undefined) return Promise.reject(new Error(`ENOTFOUND ${name}`));
    return Promise.resolve(known[Math.min(turn, known.length - 1)] ?? []);
  }
}

describe('OutboundClient', () => {
  let origin: OriginServer;
  let canary: OriginServer;

  beforeAll(async () => {
    origin = await OriginServer.start(ALLOWED);
    canary = await OriginServer.start(FORBIDDEN, (_request, response) => response.end('secret'));
  });
  afterAll(() => Promise.all([origin.close(), canary.close()]));
  beforeEach(() => origin.requests.splice(0));
  // Whatever a test did: nobody ever came to where nobody may go.
  afterEach(() => expect(canary.connections).toBe(0));

  const clientOf = (names: Record<string, readonly (readonly string[])[]> = {}): OutboundClient =>
    new OutboundClient(new AddressJudge([ALLOWED]), new FakeResolver(names), LIMITS);

  async function read(
    url: string,
    more: Partial<OutboundRequest> = {},
    client = clientOf(),
  ): Promise<Buffer> {
    const { body } = await client.get({ url, maxBytes: 1_000_000, ...more });
    const chunks: Buffer[] = [];
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  const faultOf = async (reading: Promise<unknown>): Promise<string> =>
    reading.then(
      () => 'none',
      (error: OutboundError) => error.fault ?? String(error),
    );
  const redirecting =
    (to: string, status = 302): Script =>
    (_request, response) =>
      response.writeHead(status, { Location: to }).end('gone on');

  it('reads a file, plainly and with nothing that tells of us', async () => {
    const content = randomBytes(300_000);
    origin.answers((_request, response) => response.end(content));
    expect((await read(origin.url('/a%20b?x=1#y'))).equals(content)).toBe(true);
    const [request] = origin.requests;
    expect(request?.method).toBe('GET');
    expect(request?.url).toBe('/a%20b?x=1');
    expect(request?.headers).toEqual({
      host: `${ALLOWED}:${origin.port}`,
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'rookery',
      connection: expect.stringMatching(/close|keep-alive/),
    });
  });

  describe('goes nowhere else', () => {
    it.each([
      ['http://127.0.0.3'],
      ['http://127.0.0.3.'],
      ['http://2130706435'],
      ['http://0x7f000003'],
      ['http://0177.0.0.3'],
      ['http://127.3'],
      ['http://[::ffff:127.0.0.3]'],
      ['http://[::ffff:7f00:3]'],
      ['http://[::127.0.0.3]'],
      ['http://[64:ff9b::7f00:3]'],
      ['http://[2002:7f00:3::]'],
      ['http://\uff11\uff12\uff17.0.0.3'],
      ['http://0.0.0.0'],
      ['http://[::]'],
      ['http://localhost'],
      ['http://localhost.'],
      ['http://LOCALHOST'],
      ['http://printer.local'],
      ['http://metadata.example'],
      ['http://mixed.example'],
      ['http://six.example'],
      ['http://zone.example'],
      ['http://octal.example'],
    ])('%s', async (base) => {
      const client = clientOf({
        localhost: [['127.0.0.3']],
        'localhost.': [['127.0.0.3']],
        'printer.local': [['127.0.0.3']],
        'metadata.example': [['169.254.169.254']],
        'mixed.example': [[ALLOWED, FORBIDDEN]],
        'six.example': [['::ffff:127.0.0.3']],
        'zone.example': [['fe80::1%lo']],
        'octal.example': [['0177.0.0.3']],
      });
      expect(await faultOf(read(`${base}:${canary.port}/`, {}, client))).toBe('forbidden');
    });

    it('by a redirect, whatever its form', async () => {
      const ways = [canary.url(), `//127.3:${canary.port}/`, `http://[::ffff:7f00:3]:${canary.port}/`];
      for (const status of [301, 302, 303, 307, 308])
        for (const way of ways) {
          origin.answers(redirecting(way, status));
          expect([status, way, await faultOf(read(origin.url()))]).toEqual([status, way, 'forbidden']);
        }
    });

    it('by a redirect to another scheme, port or user', async () => {
      for (const way of [
        'file:///etc/passwd',
        'ftp://127.0.0.2/',
        'http://127.0.0.2:22/',
        'http://u:p@127.0.0.2/',
      ]) {
        origin.answers(redirecting(way));
        expect([way, await faultOf(read(origin.url()))]).toEqual([way, 'bad_url']);
      }
    });

    it('when the name gets another address between the question and the connection', async () => {
      const resolver = new FakeResolver({ 'rebinding.example': [[ALLOWED], [FORBIDDEN]] });
      const client = new OutboundClient(new AddressJudge([ALLOWED]), resolver, LIMITS);
      origin.answers((_request, response) => response.end('right'));
      const url = `http://rebinding.example:${origin.port}/`;
      expect((await read(url, {}, client)).toString()).toBe('right');
      expect(resolver.asked).toEqual(['rebinding.example']);
      expect(origin.requests[0]?.headers.host).toBe(`rebinding.example:${origin.port}`);
    });

    it('when the name has got another address by the time of a redirect', async () => {
      const client = clientOf({ 'rebinding.example': [[ALLOWED], [FORBIDDEN]] });
      origin.answers(redirecting('/again'));
      expect(await faultOf(read(`http://rebinding.example:${origin.port}/`, {}, client))).toBe('forbidden');
    });

    it('by way of a proxy that the environment names', async () => {
      const before = { ...process.env };
      Object.assign(process.env, {
        http_proxy: canary.url('/'),
        HTTP_PROXY: canary.url('/'),
        NODE_USE_ENV_PROXY: '1',
      });
      origin.answers((_request, response) => response.end('direct'));
      try {
        expect((await read(origin.url())).toString()).toBe('direct');
      } finally {
        process.env = before;
      }
    });
  });

  it('says neither path, query nor the address that a name led to', async () => {
    const client = clientOf({ 'inner.example': [['10.9.8.7']] });
    const error = await read('http://inner.example/a-path?key=hunter2', {}, client).catch(
      (reason: OutboundError) => reason,
    );
    const text = JSON.stringify([String(error), error]);
    expect(text).toContain('inner.example');
    expect(text).not.toMatch(/hunter2|a-path|10\.9\.8\.7/);
  });

  describe('redirects', () => {
    it('are followed five times and no more', async () => {
      let left = 0;
      origin.answers((_request, response) =>
        left-- > 0 ? response.writeHead(302, { Location: `/${left}` }).end() : response.end('there'),
      );
      left = 5;
      expect((await read(origin.url())).toString()).toBe('there');
      left = 6;
      expect(await faultOf(read(origin.url()))).toBe('too_many_redirects');
    });

    it('in a circle end', async () => {
      origin.answers(redirecting('/file.bin'));
      expect(await faultOf(read(origin.url()))).toBe('too_many_redirects');
      expect(origin.requests).toHaveLength(6);
    });

    it('to nowhere are no answer', async () => {
      origin.answers((_request, response) => response.writeHead(302).end());
      expect(await faultOf(read(origin.url()))).toBe('failed');
    });

    it('never give encryption up', () => {
      const hop = { url: outboundUrl('https://example.com/'), credentials: undefined };
      expect(() => nextHop(hop, 'http://example.com/')).toThrow(
        expect.objectContaining({ fault: 'forbidden' }),
      );
      expect(nextHop(hop, '//other.example/').url.href).toBe('https://other.example/');
      const plain = { url: outboundUrl('http://example.com/'), credentials: undefined };
      expect(nextHop(plain, 'https://example.com/').url.href).toBe('https://example.com/');
    });
  });

  describe('credentials', () => {
    const credentials = { username: 'ci', password: 'hunter2' };

    it.each([
      [credentials, `Basic ${Buffer.from('ci:hunter2').toString('base64')}`],
      [{ bearer: 'hunter2' }, 'Bearer hunter2'],
    ])('are sent', async (given, header) => {
      origin.answers((_request, response) => response.end('x'));
      await read(origin.url(), { credentials: given });
      expect(origin.requests[0]?.headers.authorization).toBe(header);
    });

    it('stay with their origin, also when a redirect leads back', async () => {
      const other = await OriginServer.start(ALLOWED, redirecting(origin.url('/back')));
      const ways: Record<string, Script> = {
        '/file.bin': redirecting('/same'),
        '/same': redirecting(other.url('/other')),
        '/back': (_request, response) => response.end('x'),
      };
      origin.answers((request, response) => ways[request.url ?? '']?.(request, response));
      await read(origin.url(), { credentials });
      await other.close();
      expect(origin.requests.map(({ url, headers }) => [url, headers.authorization !== undefined])).toEqual([
        ['/file.bin', true],
        ['/same', true],
        ['/back', false],
      ]);
      expect(other.requests[0]?.headers.authorization).toBeUndefined();
    });
  });

  describe('an origin that behaves badly', () => {
    const cases: readonly [string, string, Script][] = [
      ['refuses', 'refused', (_request, response) => response.writeHead(401).end()],
      ['fails', 'failed', (_request, response) => response.writeHead(500).end()],
      [
        'sends a part that nobody asked for',
        'failed',
        (_request, response) => response.writeHead(206).end('x'),
      ],
      [
        'compresses',
        'failed',
        (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x'),
      ],
      ['says nothing', 'timeout', () => undefined],
      [
        'announces too much',
        'too_large',
        (_request, response) => response.writeHead(200, { 'Content-Length': 1001 }).end(),
      ],
      [
        'never ends',
        'too_large',
        (_request, response) => {
          const more = (): void =>
            void (response.destroyed || response.write(Buffer.alloc(600), () => setImmediate(more)));
          more();
        },
      ],
      [
        'falls silent',
        'timeout',
        (_request, response) => void response.writeHead(200, { 'Content-Length': 10 }).write('x'),
      ],
      [
        'breaks off',
        'broken_off',
        (_request, response) => {
          response.writeHead(200, { 'Content-Length': 10 }).write('x', () => response.destroy());
        },
      ],
      [
        'breaks off between chunks',
        'broken_off',
        (_request, response) => void response.write('x', () => setTimeout(() => response.destroy(), 20)),
      ],
      [
        'sends endless headers',
        'unreachable',
        (request) => {
          request.socket.write('HTTP/1.1 200 OK\r\n');
          const more = (): void =>
            void (
              request.socket.destroyed ||
              request.socket.write(`x-${'y'.repeat(1000)}: z\r\n`, () => setImmediate(more))
            );
          more();
        },
      ],
      ['speaks no HTTP', 'unreachable', (request) => void request.socket.end('220 mail.example ESMTP\r\n')],
      [
        'wraps its bytes',
        'failed',
        (request) => void request.socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx'),
      ],
    ];
    it.each(cases)('%s: %s', async (_what, fault, script) => {
      origin.answers(script);
      expect(await faultOf(read(origin.url(), { maxBytes: 1000 }))).toBe(fault);
    });

    it('sends a byte now and then: it may not take longer than all in all', async () => {
      origin.answers((_request, response) => {
        response.writeHead(200, { 'Content-Length': 1000 });
        const timer = setInterval(() => response.write('x'), 50);
        response.once('close', () => clearInterval(timer));
      });
      expect(await faultOf(read(origin.url(), { totalMs: 600 }))).toBe('timeout');
    });

    it('sends more than it said: the rest is not read', async () => {
      origin.answers(
        (request) => void request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokand more'),
      );
      expect((await read(origin.url())).toString()).toBe('ok');
    });

    it('is not there', async () => {
      const gone = await OriginServer.start(ALLOWED);
      const url = gone.url();
      await gone.close();
      expect(await faultOf(read(url))).toBe('unreachable');
      expect(await faultOf(read('http://nobody.example/'))).toBe('unresolved');
    });

    it('shows a certificate that nobody vouches for, whatever the environment says of that', async () => {
      const pem = (name: string): string => readFileSync(join(PKI, name), 'utf8');
      const secure = createSecureServer(
        { cert: pem('swu-sign.cert.pem'), key: pem('swu-sign.key.pem') },
        (_request, response) => response.end('x'),
      );
      await new Promise<void>((resolve) => secure.listen(0, ALLOWED, resolve));
      const { port } = secure.address() as AddressInfo;
      const before = { ...process.env };
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      try {
        expect(await faultOf(read(`https://${ALLOWED}:${port}/`))).toBe('unreachable');
      } finally {
        process.env = before;
        secure.closeAllConnections();
        await new Promise((resolve) => secure.close(resolve));
      }
    });
  });

  it('waits for a reader that takes its time', async () => {
    const content = randomBytes(400_000);
    origin.answers((_request, response) => response.end(content));
    const { body } = await clientOf().get({ url: origin.url(), maxBytes: 1_000_000 });
    const chunks: Buffer[] = [];
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (chunks.length === 0) await new Promise((resolve) => setTimeout(resolve, 2 * LIMITS.idleMs));
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });

  it('stops when it is told to, before the answer and after', async () => {
    const reason = new Error('enough');
    const before = new AbortController();
    origin.answers(() => before.abort(reason));
    await expect(read(origin.url(), { signal: before.signal })).rejects.toBe(reason);
    const after = new AbortController();
    origin.answers((_request, response) => void response.writeHead(200, { 'Content-Length': 10 }).write('x'));
    const { body } = await clientOf().get({ url: origin.url(), maxBytes: 10, signal: after.signal });
    after.abort(reason);
    await expect(body.toArray()).rejects.toBe(reason);
  });

  it('lets go of a connection whose answer nobody reads', async () => {
    const closed = new Promise((resolve) =>
      origin.answers((request, response) => {
        request.socket.once('close', resolve);
        response.writeHead(200, { 'Content-Length': 10 }).write('x');
      }),
    );
    const { body } = await clientOf().get({ url: origin.url(), maxBytes: 10 });
    body.destroy();
    await closed;
  });
});
