import fc from 'fast-check';
import { parseCredential } from './credential';

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
        if (credential !== undefined) expect(credential.token).toMatch(/^\S+$/);
      }),
    );
  });
});
