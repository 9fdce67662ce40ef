import type { IncomingMessage } from 'node:http';
import { RequestOrigin } from './request-origin';

interface Caller {
  readonly from?: string;
  readonly port?: number;
  /** Comes over TLS of our own. */
  readonly isEncrypted?: boolean;
  readonly headers?: IncomingMessage['headers'];
}

/** As much of a request as says where it came from. */
function aRequest({
  from = '203.0.113.9',
  port = 8080,
  headers = {},
  isEncrypted,
}: Caller = {}): IncomingMessage {
  const request: Pick<IncomingMessage, 'headers'> & { socket: object } = {
    socket: { remoteAddress: from, localPort: port, ...(isEncrypted === true ? { encrypted: true } : {}) },
    headers: { host: 'rookery:8080', ...headers },
  };
  return request as IncomingMessage;
}

const FORWARDED = {
  'x-forwarded-for': '198.51.100.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'updates.example.com',
};

describe('without a trusted proxy', () => {
  const origin = new RequestOrigin(undefined, []);

  it('ignores what a stranger says was forwarded', () => {
    const request = aRequest({ headers: FORWARDED });
    expect(origin.clientAddress(request)).toBe('203.0.113.9');
    expect(origin.baseUrl(request)).toBe('http://rookery:8080');
  });

  it('says https of what came over TLS', () => {
    expect(origin.baseUrl(aRequest({ isEncrypted: true }))).toBe('https://rookery:8080');
    const forwarded = aRequest({ isEncrypted: true, headers: { ...FORWARDED, 'x-forwarded-proto': 'http' } });
    expect(origin.baseUrl(forwarded)).toBe('https://rookery:8080');
    expect(new RequestOrigin('http://public', []).baseUrl(aRequest({ isEncrypted: true }))).toBe(
      'http://public',
    );
  });

  it('falls back to localhost for a request without a Host', () => {
    const request = aRequest({ port: 8123 });
    delete request.headers.host;
    expect(origin.baseUrl(request)).toBe('http://localhost:8123');
  });

  it('tells IPv4 in IPv6 as IPv4', () => {
    expect(origin.clientAddress(aRequest({ from: '::ffff:192.0.2.1' }))).toBe('192.0.2.1');
    expect(origin.clientAddress(aRequest({ from: '2001:db8::1' }))).toBe('2001:db8::1');
  });
});

describe('behind trusted proxies', () => {
  const origin = new RequestOrigin(undefined, ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']);

  it.each(['10.1.2.3', '192.0.2.1', '::ffff:10.1.2.3', '::ffff:192.0.2.1', '2001:db8::5'])(
    'believes %s',
    (from) => {
      const request = aRequest({ from, headers: FORWARDED });
      expect(origin.clientAddress(request)).toBe('198.51.100.7');
      expect(origin.baseUrl(request)).toBe('https://updates.example.com');
    },
  );

  it.each(['11.0.0.1', '192.0.2.2', '::ffff:11.0.0.1', '2001:db9::1', '::1'])(
    'does not believe %s',
    (from) => {
      const request = aRequest({ from, headers: FORWARDED });
      expect(origin.clientAddress(request)).toBe(from.replace('::ffff:', ''));
      expect(origin.baseUrl(request)).toBe('http://rookery:8080');
    },
  );

  const clientBy = (forwardedFor: string): string =>
    origin.clientAddress(aRequest({ from: '10.0.0.1', headers: { 'x-forwarded-for': forwardedFor } }));

  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['198.51.100.7, 10.9.9.9', '198.51.100.7'],
    ['1.1.1.1, 198.51.100.7', '198.51.100.7'],
    [' 198.51.100.7 ,10.9.9.9 , 192.0.2.1', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['2a00::7', '2a00::7'],
    ['10.9.9.9', '10.0.0.1'],
    ['', '10.0.0.1'],
  ])('takes the nearest hop that is not ours: %j', (forwardedFor, client) => {
    expect(clientBy(forwardedFor)).toBe(client);
  });

  it.each(['1.1.1.1, unknown', '1.1.1.1, 198.51.100.7:4711', '1.1.1.1, ', 'unknown'])(
    'does not look past a hop that it cannot read: %j',
    (forwardedFor) => {
      expect(clientBy(forwardedFor)).toBe('10.0.0.1');
    },
  );

  it('takes scheme and host each as far as they are there', () => {
    const from = '10.0.0.1';
    expect(origin.baseUrl(aRequest({ from, headers: { 'x-forwarded-proto': 'https' } }))).toBe(
      'https://rookery:8080',
    );
    expect(origin.baseUrl(aRequest({ from, headers: { 'x-forwarded-host': 'a.example, b.example' } }))).toBe(
      'http://a.example',
    );
    expect(origin.baseUrl(aRequest({ from, headers: { 'x-forwarded-proto': 'https, http' } }))).toBe(
      'https://rookery:8080',
    );
    expect(origin.baseUrl(aRequest({ from, headers: { 'x-forwarded-proto': 'javascript' } }))).toBe(
      'http://rookery:8080',
    );
  });
});

describe('with a public URL', () => {
  it('hands out that address, whatever a request says, trusted or not', () => {
    const origin = new RequestOrigin('https://ota.example.com/base', ['10.0.0.0/8']);
    for (const from of ['10.0.0.1', '203.0.113.9'])
      expect(origin.baseUrl(aRequest({ from, headers: FORWARDED }))).toBe('https://ota.example.com/base');
  });
});

describe('all addresses that a device may have asked', () => {
  it('are the one of the request, and the public one', () => {
    const proxied = aRequest({ from: '10.0.0.1', headers: FORWARDED });
    expect(new RequestOrigin(undefined, ['10.0.0.0/8']).baseUrls(proxied)).toEqual([
      'https://updates.example.com',
    ]);
    expect(new RequestOrigin('http://ota.example.com', []).baseUrls(proxied)).toEqual([
      'http://ota.example.com',
      'http://rookery:8080',
    ]);
  });
});

describe('the list of proxies', () => {
  it.each(['proxy.internal', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '10.0.0.0/8/8', '::/129', '/8', ''])(
    'may not hold %j',
    (proxy) => {
      expect(() => new RequestOrigin(undefined, [proxy])).toThrow(
        `ROOKERY_TRUSTED_PROXIES names "${proxy}", which is no IP address or range`,
      );
    },
  );

  it('trusts everybody by 0.0.0.0/0 only', () => {
    const origin = new RequestOrigin(undefined, ['0.0.0.0/0']);
    expect(origin.clientAddress(aRequest({ headers: { 'x-forwarded-for': '::7' } }))).toBe('::7');
  });
});

describe('behind a trusted proxy that speaks TLS to us', () => {
  const origin = new RequestOrigin(undefined, ['203.0.113.9']);

  it.each([
    ['http', { 'x-forwarded-proto': 'http' }],
    ['https', { 'x-forwarded-proto': 'https' }],
    ['https', {}],
  ])('says %s of %j', (protocol, headers) => {
    expect(origin.baseUrl(aRequest({ isEncrypted: true, headers }))).toBe(`${protocol}://rookery:8080`);
  });
});
