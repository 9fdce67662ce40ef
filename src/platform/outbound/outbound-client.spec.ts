import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { OriginServer, type Script } from '../../../test/support/origin-server';
import { FakeResolver, faultOf, readFrom } from '../../../test/support/outbound';
import { AddressJudge } from './address-judge';
import { OutboundClient, type OutboundRequest } from './outbound-client';

const ALLOWED = '127.0.0.2';
const PKI = join(__dirname, '../../../test/fixtures/pki');
const LIMITS = { answerMs: 4000, idleMs: 1500, redirects: 5 };

describe('OutboundClient', () => {
  let origin: OriginServer;

  beforeAll(async () => {
    origin = await OriginServer.start(ALLOWED);
  });
  afterAll(() => origin.close());
  beforeEach(() => origin.requests.splice(0));

  const clientOf = (names: Record<string, readonly (readonly string[])[]> = {}): OutboundClient =>
    new OutboundClient(new AddressJudge([ALLOWED]), new FakeResolver(names), LIMITS);

  const read = (url: string, more: Partial<OutboundRequest> = {}, client = clientOf()): Promise<Buffer> =>
    readFrom(client, url, more);

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
          const more = (): void => {
            if (!response.destroyed) response.write(Buffer.alloc(600), () => setImmediate(more));
          };
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
          const more = (): void => {
            if (request.socket.destroyed) return;
            request.socket.write(`x-${'y'.repeat(1000)}: z\r\n`, () => setImmediate(more));
          };
          more();
        },
      ],
      ['speaks no HTTP', 'unreachable', (request) => void request.socket.end('220 mail.example ESMTP\r\n')],
      [
        'does not say where its bytes end, as if they were all there when the connection is',
        'failed',
        (request) => void request.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of'),
      ],
      [
        'wants to speak something else from now on',
        'unreachable',
        (request) =>
          void request.socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
          ),
      ],
      [
        'hints for ever',
        'timeout',
        (request) => {
          const timer = setInterval(() => request.socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
          request.socket.once('close', () => clearInterval(timer));
        },
      ],
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
      const environment = jest.replaceProperty(process, 'env', { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
      try {
        expect(await faultOf(read(`https://${ALLOWED}:${port}/`))).toBe('unreachable');
      } finally {
        environment.restore();
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

  it('stops also while nobody reads, and whoever comes to read is told', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    origin.answers((_request, response) => void response.writeHead(200, { 'Content-Length': 10 }).write('x'));
    const { body } = await clientOf().get({ url: origin.url(), maxBytes: 10, signal: stop.signal });
    stop.abort(reason);
    await new Promise((resolve) => setImmediate(resolve));
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
