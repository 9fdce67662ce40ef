import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { fixture, signedFile } from '../../../test/support/signed';
import { anchorOf, readAnchor, type AnchorFacts, type AnchorPurpose } from './trust-anchor';

const NOW_MS = Date.UTC(2027, 5, 1);
const pem = (name: string): string => signedFile(`${name}.pem`).toString();
const publicPem = (name: string): string =>
  createPublicKey(pem(`${name}.key`))
    .export({ type: 'spki', format: 'pem' })
    .toString();
const read = (text: string, purpose: AnchorPurpose = 'emailProtection'): AnchorFacts =>
  readAnchor(text, { purpose, nowMs: NOW_MS });

describe('a trust anchor', () => {
  it.each(['root', 'middle', 'by-root', 'self-signed', 'rsa-root'])('may be the certificate %s', (name) => {
    const facts = read(`whatever stands around it\n${pem(`${name}.cert`)}\n`);
    expect(facts).toMatchObject({ kind: 'certificate', purpose: 'emailProtection' });
    expect(facts.pem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(anchorOf(facts)).toMatchObject({ kind: 'certificate', purpose: 'emailProtection' });
  });

  it('tells what stands in the certificate', () => {
    expect(read(pem('root.cert'))).toMatchObject({
      algorithm: 'ec',
      subject: 'CN=Release Root, O=Test',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      notBefore: new Date('2001-01-01T00:00:00Z'),
      notAfter: new Date('2125-01-01T00:00:00Z'),
    });
  });

  it.each([
    ['p256', 'ec'],
    ['p521', 'ec'],
    ['rsa', 'rsa'],
    ['pss-only', 'rsa-pss'],
    ['ed25519', 'ed25519'],
  ])('may be the public key %s', (name, algorithm) => {
    const facts = read(publicPem(name));
    expect(facts).toMatchObject({ kind: 'key', algorithm, purpose: 'any', subject: undefined });
    expect(anchorOf(facts)).toMatchObject({ kind: 'key', fingerprint: facts.fingerprint });
  });

  it('may be an RSA key in the old form of PKCS #1, and is the same one', () => {
    const key = createPublicKey(pem('rsa.key'));
    const old = key.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(read(old)).toEqual(read(publicPem('rsa')));
  });

  it.each<[string, string, RegExp]>([
    ['nothing', 'none', /^must be one certificate or public key in PEM, and holds none$/],
    ['a key of SSH', 'ssh-ed25519 AAAAC3Nz me@here', /form of SSH; write it in PEM: ssh-keygen/],
    ['a private key', pem('p256.key'), /^holds a private key, which was not kept/],
    ['a private key besides', pem('root.cert') + pem('p256.key'), /^holds a private key/],
    [
      'the key of cosign',
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAA==\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----',
      /^holds a private key/,
    ],
    ['a chain', pem('root.cert') + pem('middle.cert'), /and holds 2: add each that you trust/],
    [
      'a request',
      '-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----',
      /^is a request for a certificate \(CSR\)/,
    ],
    [
      'a trusted certificate',
      pem('root.cert').replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
      /openssl x509 -in/,
    ],
    [
      'a revocation list',
      '-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----',
      /^is neither a certificate/,
    ],
    ['half of one', pem('root.cert').slice(0, 300), /^cannot be read as a certificate in PEM/],
    ['half of a key', publicPem('rsa').slice(0, 100), /^cannot be read as a public key in PEM/],
    [
      'an expired one',
      pem('old-root.cert'),
      /^has expired at 2011-01-01T00:00:00\.000Z, and this tenant's settings/,
    ],
    ['a weak one', pem('short.cert'), /^has an RSA key of 1024 bits/],
    ['one that may do neither', pem('for-secrets.cert'), /^may neither sign nor issue/],
    ['one for servers', pem('for-servers.cert'), /^has an extended key usage without emailProtection$/],
    ['a constrained one', pem('constrained-root.cert'), /does not read: 2\.5\.29\.30$/],
    [
      'a key of another kind',
      generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      /^is a key of the kind x25519/,
    ],
    [
      'a key on a weak curve',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString(),
      /^is a key on the curve secp256k1/,
    ],
  ])('may not be %s', (_what, text, why) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ kind: 'unprocessable', fields: { pem: expect.stringMatching(why) } }),
    );
  });

  it('may not be one for mail where code is to be signed', () =>
    expect(() => read(pem('by-root.cert'), 'codeSigning')).toThrow(
      'pem has an extended key usage without codeSigning',
    ));

  it('never shows anything of a private key', () => {
    const secret = pem('p256.key').split('\n')[1] ?? '';
    let said = '';
    try {
      read(pem('p256.key'));
    } catch (error) {
      said = `${String(error)} ${JSON.stringify(error)}`;
    }
    expect(said).toContain('private key');
    expect(said).not.toContain(secret.slice(0, 16));
  });

  it('may be expired where the tenant takes signatures of expired certificates', () => {
    const facts = readAnchor(pem('old-root.cert'), { purpose: 'any', nowMs: undefined });
    expect(facts.notAfter).toEqual(new Date('2011-01-01T00:00:00Z'));
  });

  it('that cannot be read any more vouches for nothing', () => {
    expect(anchorOf({ ...read(pem('root.cert')), pem: 'spoilt' })).toBeUndefined();
  });

  it('may be any of the certificates of the fixtures', () => {
    for (const name of ['swu-sign', 'swu-other', 'rauc-ca', 'rauc-other', 'rauc-sign'])
      expect(read(fixture('pki', `${name}.cert.pem`).toString())).toMatchObject({ kind: 'certificate' });
  });
});
