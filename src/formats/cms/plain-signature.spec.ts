import { constants, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { judged, keyAnchor, signedFile, trust } from '../../../test/support/signed';
import type { Anchor } from './certificates/anchor';
import { readSignature } from './signature.reader';

const CONTENT = Buffer.alloc(100_000, 'firmware');
const KEYS = ['p256', 'p384', 'p521', 'rsa', 'pss-only', 'ed25519'] as const;
const pem = (name: string): string => signedFile(`${name}.key.pem`).toString();
const all = (): Anchor[] => KEYS.map((name) => keyAnchor(pem(name)));
const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const pub = (key: KeyObject): Anchor =>
  keyAnchor(createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString());

describe('a signature without a certificate', () => {
  it.each<[string, string | null, string, object?]>([
    ['ECDSA, as cosign makes it', 'sha256', 'p256'],
    ['ECDSA with the digest of the curve', 'sha384', 'p384'],
    ['ECDSA with SHA-256 on a larger curve', 'sha256', 'p384'],
    ['ECDSA on P-521', 'sha512', 'p521'],
    ['RSA', 'sha256', 'rsa'],
    ['RSA with SHA-512', 'sha512', 'rsa'],
    ['RSA-PSS with a salt of 32 octets', 'sha256', 'rsa', pss(32)],
    ['RSA-PSS with as much salt as there is room for', 'sha256', 'rsa', pss(222)],
    ['RSA-PSS without salt', 'sha256', 'rsa', pss(0)],
    ['RSA-PSS by a key for nothing else', 'sha256', 'pss-only', pss(32)],
    ['Ed25519', null, 'ed25519'],
  ])('%s holds, and does not hold over another content', async (_what, digest, name, options = {}) => {
    const signature = sign(digest, CONTENT, { key: pem(name), ...options });
    const own = keyAnchor(pem(name));
    const fingerprint = own.kind === 'key' ? own.fingerprint : '';
    const expected = { kind: 'signed', signers: [{ kind: 'key', fingerprint }], anchors: [fingerprint] };
    for (const file of [signature, Buffer.from(`${signature.toString('base64')}\n`)]) {
      expect(await judged(file, CONTENT, trust(all()))).toEqual(expected);
      const changed = Buffer.concat([CONTENT, Buffer.of(0)]);
      expect(await judged(file, changed, trust(all()))).toMatchObject({
        kind: 'untrusted',
        reason: expect.stringMatching(/^no public key among the trust anchors has made it over this content/),
      });
    }
  });

  it.each([1024, 1025, 1030, 1031, 1032].map((bits) => bits + 1024))(
    'by an RSA key of %d bits holds, in either padding',
    async (bits) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
      for (const options of [{}, pss(32)]) {
        const signature = sign('sha256', CONTENT, { key: privateKey, ...options });
        expect(await judged(signature, CONTENT, trust([pub(privateKey)]))).toMatchObject({ kind: 'signed' });
        expect(await judged(signature, CONTENT.subarray(1), trust([pub(privateKey)]))).toMatchObject({
          kind: 'untrusted',
        });
      }
    },
  );

  it('does not hold with any one octet changed', async () => {
    for (const [name, digest] of [
      ['p256', 'sha256'],
      ['rsa', 'sha256'],
      ['ed25519', null],
    ] as const) {
      const signature = sign(digest, CONTENT, pem(name));
      for (let at = 0; at < signature.length; at += 9) {
        const changed = Buffer.from(signature);
        changed.writeUInt8(changed.readUInt8(at) ^ 0x40, at);
        const verdict = await judged(changed, CONTENT, trust([keyAnchor(pem(name))]));
        expect(verdict.kind).toBe('untrusted');
      }
    }
  });

  it('is judged by keys of its kind only', async () => {
    const signature = sign('sha256', CONTENT, pem('rsa'));
    expect(readSignature(signature).needs([keyAnchor(pem('ed25519'))])).toEqual([]);
    expect(await judged(signature, CONTENT, trust([keyAnchor(pem('ed25519'))]))).toEqual({
      kind: 'untrusted',
      signers: [],
      reason: 'there is no public key among the trust anchors that could have made it',
    });
  });

  it('needs one digest of the content, and for Ed25519 one that begins with the signature and the key', () => {
    const needs = (name: string, digest: string | null): unknown =>
      readSignature(sign(digest, CONTENT, pem(name))).needs([keyAnchor(pem(name))]);
    expect(needs('p256', 'sha256')).toEqual([{ digest: 'sha256' }]);
    expect(needs('rsa', 'sha384')).toEqual([{ digest: 'sha384' }]);
    expect(needs('ed25519', null)).toEqual([{ digest: 'sha512', prefix: expect.any(Buffer) }]);
  });

  it.each([
    ['nothing', Buffer.alloc(0), /no signature that is known here/],
    ['a text', Buffer.from('hello, this is no signature at all'), /no signature that is known here/],
    ['too much', Buffer.alloc(2000, 7), /no signature that is known here/],
    [
      'a bundle of cosign',
      Buffer.from('{"base64Signature":"MEUC"}'),
      /This is JSON, maybe a bundle of cosign/,
    ],
    ['far too much', Buffer.alloc(2_000_000), /larger than 1048576 bytes/],
  ])('is not %s', (_what, bytes, why) => expect(() => readSignature(bytes)).toThrow(why));

  it('may begin with any octets, also those of a text or of a CMS', () => {
    for (const start of ['{', ' {"', '\x30\x82\x01\x00\x06', '-----BEGIN ', '\n']) {
      const octets = Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(256 - start.length, 0xf5)]);
      expect(readSignature(octets).needs([])).toEqual([]);
    }
  });

  it('is told from a CMS, in DER or PEM', async () => {
    const der = signedFile('by-root.cms');
    const armed = (label: string): Buffer =>
      Buffer.from(`-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`);
    for (const bytes of [der, armed('CMS'), armed('PKCS7'), Buffer.from(der.toString('base64'))])
      expect(await judged(bytes, signedFile('content.txt'), trust([]))).toMatchObject({
        kind: 'untrusted',
        signers: [{ subject: 'CN=by-root, O=Test' }],
      });
  });

  it('is refused at once when it is blanks without end, and taken with blanks around it', async () => {
    const blanks = Buffer.from(`${' '.repeat((1 << 20) - 1)}!`);
    expect(() => readSignature(blanks)).toThrow('no signature that is known here');
    const signature = sign('sha256', CONTENT, pem('p256')).toString('base64');
    const text = Buffer.from(` \n${signature.replaceAll('=', '= \n')}\r\n`);
    expect(await judged(text, CONTENT, trust(all()))).toMatchObject({ kind: 'signed' });
  });
});
