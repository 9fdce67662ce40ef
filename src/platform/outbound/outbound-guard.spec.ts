import { OriginServer, type Script } from '../../../test/support/origin-server';
import { FakeResolver, faultOf, readFrom, redirecting } from '../../../test/support/outbound';
import { AddressJudge } from './address-judge';
import { nextHop } from './hop';
import { OutboundClient, type OutboundRequest } from './outbound-client';
import { outboundUrl } from './outbound-url';

const ALLOWED = '127.0.0.2';
const FORBIDDEN = '127.0.0.3';
const LIMITS = { answerMs: 4000, idleMs: 1500, redirects: 5 };

describe('OutboundClient, asked to go where it may not,', () => {
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

  const read = (url: string, more: Partial<OutboundRequest> = {}, client = clientOf()): Promise<Buffer> =>
    readFrom(client, url, more);

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
      const environment = jest.replaceProperty(process, 'env', {
        http_proxy: canary.url('/'),
        HTTP_PROXY: canary.url('/'),
        NODE_USE_ENV_PROXY: '1',
      });
      origin.answers((_request, response) => response.end('direct'));
      try {
        expect((await read(origin.url())).toString()).toBe('direct');
      } finally {
        environment.restore();
      }
    });
  });

  it('says neither path, query nor the address that a name led to', async () => {
    const client = clientOf({ 'inner.example': [['10.9.8.7']] });
    const error = await read('http://inner.example/a-path?key=hunter2', {}, client).catch(
      (reason: unknown) => reason,
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
});
