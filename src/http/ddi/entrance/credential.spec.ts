import fc from 'fast-check';
import type { IncomingMessage } from 'node:http';
import { certificateCredential, isOpenBench, parseCredential } from './credential';

describe('parseCredential', () => {
  it.each([
    ['GatewayToken abc', { kind: 'gateway', token: 'abc' }],
    ['TargetToken abc', { kind: 'target', token: 'abc' }],
    ['TargetToken   a+b/c==', { kind: 'target', token: 'a+b/c==' }],
  ])('reads %j', (header, credential) => {
    expect(parseCredential(header)).toEqual(credential);
  });

  it.each([
    undefined,
    '',
    'GatewayToken',
    'GatewayToken ',
    'gatewaytoken abc',
    'TARGETTOKEN abc',
    ' TargetToken abc',
    'TargetToken abc ',
    'TargetToken a b',
    'TargetToken abc\n',
    'TargetToken\tabc',
    'Bearer abc',
    'Basic YTpi',
    'GatewayToken a, TargetToken b',
  ])('finds none in %j', (header) => {
    expect(parseCredential(header)).toBeUndefined();
  });

  it('answers whatever the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const credential = parseCredential(`TargetToken ${text}`);
        if (credential !== undefined)
          expect(credential).toMatchObject({ token: expect.stringMatching(/^\S+$/) as string });
      }),
    );
  });
});

describe('certificateCredential', () => {
  it.each([
    ['current', { 'x-controller-id': 'a', 'x-authority': 'H1, h2;H3' }, ['h1', 'h2', 'h3']],
    ['current', { 'x-controller-id': 'a', 'x-authority-0': 'H1', 'x-authority-1': 'H2' }, ['h1', 'h2']],
    ['legacy', { 'x-ssl-client-cn': 'a', 'x-ssl-issuer-hash-1': 'H1' }, ['h1']],
    ['current', { 'x-controller-id': 'a' }, []],
    // What the proxy does not write itself may be the device's own invention.
    ['current', { 'x-controller-id': 'a', 'x-authority': 'H1', 'x-authority-7': 'forged' }, ['h1']],
    ['current', { 'x-controller-id': 'a', 'x-authority': 'H1', 'x-ssl-issuer-hash-1': 'forged' }, ['h1']],
  ] as const)('%s: reads %j', (generation, headers, authorities) => {
    const credential = certificateCredential(headers, generation);
    expect(credential).toEqual({ kind: 'certificate', commonName: 'a', authorities });
  });

  it.each([
    ['current', {}],
    ['current', { 'x-authority': 'h1' }],
    ['current', { 'x-controller-id': '', 'x-authority': 'h1' }],
    ['current', { 'x-ssl-client-cn': 'forged', 'x-ssl-issuer-hash-1': 'h1' }],
    ['legacy', { 'x-controller-id': 'forged', 'x-authority': 'h1' }],
  ] as const)('%s: finds none in %j', (generation, headers) => {
    expect(certificateCredential(headers, generation)).toBeUndefined();
  });
});

describe('isOpenBench', () => {
  const from = (remoteAddress: string, headers: Record<string, string> = {}): boolean =>
    isOpenBench({ socket: { remoteAddress }, headers } as unknown as IncomingMessage);

  it.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])('is what comes from %s', (address) => {
    expect(from(address)).toBe(true);
  });

  it.each(['10.0.0.1', '::2', '1127.0.0.1', '2001:db8::1', '::ffff:10.0.0.1', ''])(
    'is not what comes from %s',
    (address) => {
      expect(from(address)).toBe(false);
    },
  );

  it.each(['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'])(
    'is not what a proxy on this machine passed on with %s',
    (header) => {
      expect(from('127.0.0.1', { [header]: '' })).toBe(false);
    },
  );
});
