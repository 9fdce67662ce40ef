import { pki } from '../../../test/support/pki';
import { readAuthority } from './client-authority';

const NOW = Date.UTC(2026, 5, 1);

describe('the certificate of a client authority', () => {
  it.each(['root', 'middle', 'twin', 'narrow'])('may be %s', (name) =>
    expect(readAuthority(pki(`${name}.cert`), NOW).isAuthority).toBe(true),
  );

  it('may have text before it, as openssl writes it', () => {
    expect(readAuthority(`Certificate:\n    Data:\n${pki('root.cert')}\n`, NOW).subject).toBe(
      'CN=Factory Root, O=Test',
    );
  });

  it.each([
    ['nothing', 'none', 'must be one certificate in PEM, and holds 0'],
    ['two', pki('root.cert', 'middle.cert'), 'must be one certificate in PEM, and holds 2'],
    ['a key', pki('device.key'), 'holds a private key: keep that to yourself, the certificate is enough'],
    [
      'a key, too',
      pki('root.cert', 'device.key'),
      'holds a private key: keep that to yourself, the certificate is enough',
    ],
    ['half', pki('root.cert').slice(0, 300), 'cannot be read as a certificate in PEM'],
    [
      'a device',
      pki('by-cn.cert'),
      'is not of an authority: basic constraints must say CA, and the key usage, if there is one, keyCertSign',
    ],
    ['an expired one', pki('expired-ca.cert'), 'has expired at 2011-01-01T00:00:00.000Z'],
    ['one for servers', pki('server-middle.cert'), 'has an extended key usage without clientAuth'],
    [
      'a constrained one',
      pki('constrained-ca.cert'),
      'has an extension that Rookery does not read: 2.5.29.30',
    ],
    ['an odd one', pki('odd-middle.cert'), 'has an extension that Rookery does not read: 1.2.3.4.5'],
  ])('may not be %s', (_what, pem, why) => {
    expect(() => readAuthority(pem, NOW)).toThrow(
      expect.objectContaining({ kind: 'unprocessable', fields: { certificate: why } }),
    );
  });
});
