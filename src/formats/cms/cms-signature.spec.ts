import { createHash, sign, X509Certificate } from 'node:crypto';
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  ContentInfo,
  DigestAlgorithmIdentifier,
  IssuerAndSerialNumber,
  SignatureAlgorithmIdentifier,
  SignedData,
  SignerIdentifier,
} from '@peculiar/asn1-cms';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { Certificate } from '@peculiar/asn1-x509';
import {
  certificateAnchor,
  judged,
  keyAnchor,
  NOW_MS,
  raucbParts,
  signedFile,
  swuMembers,
  fixture,
  trust,
} from '../../../test/support/signed';
import type { Anchor, Expiry, Purpose } from './certificates/anchor';
import { CmsSignature } from './cms-signature';
import { ContentHash } from './keys/content-digests';
import { readSignedData } from './signed-data.reader';
import type { Verdict } from './verdict';

const CONTENT = signedFile('content.txt');
const ROOTS = ['root', 'rsa-root', 'old-root', 'narrow', 'constrained-root'];
const anchors = (names = ROOTS, purpose?: Purpose): Anchor[] =>
  names.map((name) => certificateAnchor(signedFile(`${name}.cert.pem`), purpose));
const verdict = async (name: string, whom = trust(anchors())): Promise<Verdict> =>
  judged(signedFile(`${name}.cms`), CONTENT, whom);

const ACCEPTED = signedFile('accepted-by-openssl.txt').toString().trim().split('\n');

describe('a CMS over a content', () => {
  const WEAKER_THAN_WE_TAKE: readonly string[] = ['by-sha1', 'digest-sha1', 'short', 'by-constrained-root'];

  it.each(ACCEPTED.filter((name) => !WEAKER_THAN_WE_TAKE.includes(name)))(
    'is good where OpenSSL says so: %s',
    async (name) => expect(await verdict(name)).toMatchObject({ kind: 'signed' }),
  );

  it('names its signer', async () => {
    const root = anchors(['root'])[0];
    expect(await verdict('by-middle')).toEqual({
      kind: 'signed',
      signers: [
        {
          kind: 'certificate',
          subject: 'CN=by-middle, O=Test',
          issuer: 'CN=Release Line 1, O=Test',
          serial: expect.stringMatching(/^[0-9a-f]+$/),
          notBeforeMs: Date.UTC(2001, 0, 1),
          notAfterMs: Date.UTC(2125, 0, 1),
          fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
          signedAtMs: expect.any(Number),
        },
      ],
      anchors: [root?.kind === 'certificate' ? root.certificate.fingerprint : ''],
    });
  });

  it('names all of them when there are several', async () => {
    const { signers } = (await verdict('two-signers')) as Extract<Verdict, { kind: 'signed' }>;
    expect(signers).toHaveLength(2);
    expect(signers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ subject: 'CN=by-root, O=Test' }),
        expect.objectContaining({ subject: 'CN=p256, O=Test' }),
      ]),
    );
  });

  it.each([
    [
      'by-foreign',
      /^no trust anchor, and nothing that may be sent along, is the issuer "CN=Other Root, O=Other"$/,
    ],
    ['by-twin', /^the certificate "CN=Release Root, O=Test" has not issued "CN=by-twin, O=Test"$/],
    ['without-middle', /is the issuer "CN=Release Line 1, O=Test"$/],
    ['by-old-root', /^the certificate "CN=Old Root, O=Test" has expired at 2011-01-01T00:00:00\.000Z$/],
    ['by-narrow-middle', /^the certificate "CN=Narrow Root, O=Test" allows fewer authorities below it$/],
    ['by-server-middle', /^the certificate "CN=For Servers, O=Test" is not meant for emailProtection$/],
    ['with-no-ca', /^the certificate "CN=No Authority, O=Test" is not an authority/],
    [
      'by-constrained-root',
      /^the certificate "CN=Constrained Root, O=Test" has an extension .*: 2\.5\.29\.30$/,
    ],
    ['expired', /^the certificate "CN=expired, O=Test" has expired at 2011-/],
    ['not-yet', /^the certificate "CN=not-yet, O=Test" is not valid before 2120-/],
    ['for-code', /^the certificate "CN=for-code, O=Test" has an extended key usage without emailProtection$/],
    ['for-servers', /without emailProtection$/],
    ['for-any', /without emailProtection$/],
    ['for-secrets', /has a key usage without digitalSignature$/],
    ['odd', /has an extension that is not read here: 1\.2\.3\.4\.5$/],
    ['self-signed', /is the issuer "CN=self-signed, O=Test"$/],
    ['by-sha1', /has issued "CN=by-sha1, O=Test", but the digest SHA-1 is too weak/],
    ['digest-sha1', /^the digest SHA-1 is too weak/],
    ['short', /has an RSA key of 1024 bits/],
    ['without-certificate', /^the certificate of the signer is not in the signature$/],
    ['two-signers-one-strange', /is the issuer "CN=Other Root, O=Other"$/],
  ])('is not trusted: %s', async (name, reason) => {
    expect(ACCEPTED.filter((one) => !WEAKER_THAN_WE_TAKE.includes(one))).not.toContain(name);
    expect(await verdict(name)).toMatchObject({ kind: 'untrusted', reason: expect.stringMatching(reason) });
  });

  it('is trusted under no anchor where there is none but a key', async () => {
    const whom = trust([keyAnchor(signedFile('p256.key.pem'))]);
    expect(await verdict('by-root', whom)).toMatchObject({
      kind: 'untrusted',
      reason: 'there is no certificate among the trust anchors',
    });
  });

  it('is trusted by SWUpdate for the sake of one signer, and under its own anchors only', async () => {
    const whom = { ...trust(anchors(['root'])), manner: 'swupdate' as const };
    expect(await verdict('two-signers-one-strange', whom)).toMatchObject({
      kind: 'signed',
      signers: [{ subject: 'CN=by-root, O=Test' }],
    });
    expect(await verdict('by-middle', whom)).toMatchObject({ kind: 'untrusted' });
    const both = { ...whom, anchors: anchors(['root', 'middle']) };
    expect(await verdict('by-middle', both)).toMatchObject({ kind: 'signed' });
  });

  it('is trusted when the certificate of its signer is an anchor itself', async () => {
    for (const name of ['by-foreign', 'self-signed'])
      expect(await verdict(name, trust(anchors([name])))).toMatchObject({ kind: 'signed' });
  });

  it('is trusted when an authority between is an anchor', async () => {
    expect(await verdict('without-middle', trust(anchors(['middle'])))).toMatchObject({ kind: 'signed' });
  });

  it.each<[string, Purpose, Verdict['kind']]>([
    ['for-code', 'codeSigning', 'signed'],
    ['for-code', 'any', 'signed'],
    ['by-root', 'codeSigning', 'untrusted'],
    ['for-anything', 'codeSigning', 'untrusted'],
    ['for-servers', 'any', 'signed'],
    ['for-secrets', 'any', 'untrusted'],
  ])('%s, where the purpose %s is asked for, is %s', async (name, purpose, kind) =>
    expect(await verdict(name, trust(anchors(['root'], purpose)))).toMatchObject({ kind }),
  );

  it.each<[string, Expiry, number, Verdict['kind']]>([
    ['expired', 'ignore', NOW_MS, 'signed'],
    ['not-yet', 'ignore', NOW_MS, 'signed'],
    ['by-old-root', 'ignore', NOW_MS, 'signed'],
    ['expired', 'now', Date.UTC(2005, 0, 1), 'signed'],
    ['expired', 'signing-time', Date.UTC(2005, 0, 1), 'untrusted'],
    ['by-root', 'signing-time', Date.UTC(2200, 0, 1), 'signed'],
    ['by-root', 'now', Date.UTC(2200, 0, 1), 'untrusted'],
    ['p256-bare', 'signing-time', Date.UTC(2200, 0, 1), 'untrusted'],
  ])('%s, with expiry %s at %d, is %s', async (name, expiry, nowMs, kind) =>
    expect(await verdict(name, trust(anchors(), expiry, nowMs))).toMatchObject({ kind }),
  );

  it.each(['by-root', 'p256-bare', 'p384-bare', 'rsa-bare', 'pss', 'pss-bare', 'pss-only-bare'])(
    'is broken when the content was changed: %s',
    async (name) => {
      const changed = Buffer.concat([CONTENT, Buffer.from('.')]);
      const reason = 'the signature was made over another content: this one was changed since';
      expect(await judged(signedFile(`${name}.cms`), changed, trust(anchors()))).toEqual({
        kind: 'broken',
        reason,
      });
    },
  );

  it('never counts as signed by a stranger because of one octet that was changed', async () => {
    for (const name of ['by-middle', 'pss', 'p521-bare']) {
      const signature = signedFile(`${name}.cms`);
      const good = await verdict(name);
      for (let at = 0; at < signature.length; at += 7) {
        const changed = Buffer.from(signature);
        changed.writeUInt8(changed.readUInt8(at) ^ 0x01, at);
        const result = await judged(changed, CONTENT, trust(anchors())).catch((error: unknown) =>
          String(error),
        );
        // Some octets are not signed: numbers of versions, lists of digests, NULLs.
        if (typeof result !== 'string' && result.kind === 'signed') expect(result).toEqual(good);
      }
    }
  });

  it('may be made by Ed25519, with signed attributes or without', async () => {
    for (const attributes of [true, false]) {
      const cms = ed25519Cms(CONTENT, attributes);
      expect(await judged(cms, CONTENT, trust(anchors()))).toMatchObject({
        kind: 'signed',
        signers: [{ subject: 'CN=ed25519, O=Test' }],
      });
      expect(await judged(cms, CONTENT.subarray(1), trust(anchors()))).toMatchObject({ kind: 'broken' });
    }
  });

  it('is broken when signature and key are of different kinds', async () => {
    for (const certificate of ['pss-only', 'rsa', 'p256']) {
      const cms = ed25519Cms(CONTENT, false, certificate);
      expect(await judged(cms, CONTENT, trust(anchors()))).toEqual({
        kind: 'broken',
        reason: "the signature is of another kind than the signer's key",
      });
    }
  });

  it('gives a verdict or a FormatError, whatever is changed', async () => {
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (const name of ['by-middle', 'pss', 'rsa-bare', 'with-content-in-ber', 'two-signers']) {
      for (let run = 0; run < 60; run += 1) {
        const bytes = signedFile(`${name}.cms`);
        for (let count = next(4); count >= 0; count -= 1) bytes.writeUInt8(next(256), next(bytes.length));
        const said = await judged(bytes, CONTENT, trust(anchors())).catch((error: unknown) => error);
        if (said instanceof Error) expect(said.name).toBe('FormatError');
      }
    }
  });

  it('is refused with a reason wherever it is cut off', () => {
    const signature = signedFile('by-middle.cms');
    for (let length = 0; length < signature.length; length += 1)
      expect(() => readSignedData(signature.subarray(0, length))).toThrow(
        expect.objectContaining({ name: 'FormatError' }),
      );
  });

  it('is told from a CMS without a signature, or with one that is encrypted', () => {
    expect(() => readSignedData(signedFile('no-signature.cms'))).toThrow(
      'The CMS is of the kind 1.2.840.113549.1.7.1 rather than signed data.',
    );
    expect(() => readSignedData(signedFile('encrypted.cms'))).toThrow(/encrypted/);
  });

  it('is bounded in size and in depth', () => {
    expect(() => readSignedData(Buffer.alloc(1_048_577, 0x30))).toThrow(/larger than 1048576 bytes/);
    const nested = Buffer.alloc(200_000, Buffer.of(0x30, 0x80));
    expect(() => readSignedData(nested)).toThrow(/cannot be read as a CMS/);
  });

  it.each(['with-content', 'with-content-in-ber'])('may bring the content along: %s', async (name) => {
    const cms = new CmsSignature(readSignedData(signedFile(`${name}.cms`)));
    expect(cms.content).toEqual(CONTENT);
    expect(await cms.judgeInside(trust(anchors()))).toMatchObject({ kind: 'signed' });
    const detached = new CmsSignature(readSignedData(signedFile('by-root.cms')));
    expect(detached.content).toBeUndefined();
    expect(await detached.judgeInside(trust(anchors()))).toMatchObject({ kind: 'broken' });
  });
});

/** OpenSSL 3.0 makes none: one of its own, with another signer. */
function ed25519Cms(content: Buffer, hasAttributes: boolean, certificate = 'ed25519'): Buffer {
  const info = AsnConvert.parse(signedFile('by-root.cms'), ContentInfo);
  const signed = AsnConvert.parse(info.content, SignedData);
  const shape = AsnConvert.parse(new X509Certificate(signedFile(`${certificate}.cert.pem`)).raw, Certificate);
  const [signer] = signed.signerInfos;
  if (signer === undefined) throw new Error('by-root.cms has no signer');
  const { issuer, serialNumber } = shape.tbsCertificate;
  signer.sid = new SignerIdentifier({
    issuerAndSerialNumber: new IssuerAndSerialNumber({ issuer, serialNumber }),
  });
  signer.digestAlgorithm = new DigestAlgorithmIdentifier({ algorithm: '2.16.840.1.101.3.4.2.3' });
  signer.signatureAlgorithm = new SignatureAlgorithmIdentifier({ algorithm: '1.3.101.112' });
  const sha512 = createHash('sha512').update(content).digest();
  const kept = ['1.2.840.113549.1.9.3', '1.2.840.113549.1.9.5'];
  const attributes = (signer.signedAttrs ?? []).filter(({ attrType }) => kept.includes(attrType));
  const digest = new Attribute({
    attrType: '1.2.840.113549.1.9.4',
    attrValues: [AsnConvert.serialize(new OctetString(sha512))],
  });
  const octets = Buffer.concat([...attributes, digest].map((one) => Buffer.from(AsnConvert.serialize(one))));
  const set = Buffer.concat([Buffer.of(0x31, 0x81, octets.length), octets]);
  if (hasAttributes) signer.signedAttrs = [...attributes, digest];
  else delete signer.signedAttrs;
  const key = signedFile('ed25519.key.pem').toString();
  signer.signature = new OctetString(sign(null, hasAttributes ? set : content, key));
  signed.certificates = new CertificateSet([new CertificateChoices({ certificate: shape })]);
  info.content = AsnConvert.serialize(signed);
  return Buffer.from(AsnConvert.serialize(info));
}

describe('the bundles of SWUpdate', () => {
  const own = trust([certificateAnchor(fixture('pki', 'swu-sign.cert.pem'))]);
  const other = trust([certificateAnchor(fixture('pki', 'swu-other.cert.pem'))]);

  it.each([
    ...['basic-1.0', 'basic-2.0', 'json', 'sets-modes', 'board-specific', 'links-ref', 'hw-regex'],
    ...['no-hw-compat', 'rich', 'encrypted', 'crc-by-cpio-tool'],
    ...['fail-hw', 'fail-sha256', 'fail-quote'],
  ])('%s is signed by the one who signs them, and by no other', async (name) => {
    const members = swuMembers(fixture('swu', `${name}.swu`));
    const content = members.get('sw-description') ?? Buffer.alloc(0);
    const signature = members.get('sw-description.sig') ?? Buffer.alloc(0);
    expect(await judged(signature, content, own)).toMatchObject({
      kind: 'signed',
      signers: [{ subject: 'CN=swu-dev, O=Test' }],
    });
    expect(await judged(signature, content, other)).toMatchObject({ kind: 'untrusted' });
    expect(await judged(signature, Buffer.from('version'), own)).toMatchObject({ kind: 'broken' });
  });
});

describe('a bundle of SWUpdate with an encrypted sw-description', () => {
  const members = swuMembers(fixture('swu', 'encrypted-sw-description.swu'));
  const cms = new CmsSignature(readSignedData(members.get('sw-description.sig') ?? Buffer.alloc(0)));

  it('is signed over what was encrypted, so it is untrusted rather than broken', async () => {
    const own = trust([certificateAnchor(fixture('pki', 'swu-sign.cert.pem'))]);
    expect(await cms.judgeUnseen(own)).toMatchObject({
      kind: 'untrusted',
      signers: [{ subject: 'CN=swu-dev, O=Test' }],
      reason: expect.stringMatching(/^what was signed is encrypted/),
    });
    const other = trust([certificateAnchor(fixture('pki', 'swu-other.cert.pem'))]);
    expect(await cms.judgeUnseen(other)).toMatchObject({
      kind: 'untrusted',
      reason: expect.stringMatching(/^no trust anchor/),
    });
  });
});

describe('the bundles of RAUC', () => {
  const whom = trust([certificateAnchor(fixture('pki', 'rauc-ca.cert.pem'))]);
  const plain = async (name: string): Promise<Verdict> => {
    const { content, signature } = raucbParts(fixture('raucb', `${name}.raucb`));
    return judged(signature, content, whom);
  };

  it.each([
    ...['plain-1.0', 'plain-2.0', 'multi-slot', 'other-board', 'utf8', 'bad-no-manifest'],
    ...['comp-gzip', 'comp-xz', 'comp-zstd', 'comp-lzo', 'comp-lz4'],
  ])('%s is signed', async (name) =>
    expect(await plain(name)).toMatchObject({
      kind: 'signed',
      signers: [{ subject: 'CN=rauc-dev-1, O=Test' }],
    }),
  );

  it('verity-1.0 is signed over its manifest', async () => {
    const cms = new CmsSignature(readSignedData(raucbParts(fixture('raucb', 'verity-1.0.raucb')).signature));
    expect(cms.content?.toString()).toContain('[bundle]\nformat=verity\n');
    expect(await cms.judgeInside(whom)).toMatchObject({ kind: 'signed' });
  });

  it('untrusted is signed by a stranger', async () =>
    expect(await plain('untrusted')).toMatchObject({
      kind: 'untrusted',
      reason: expect.stringContaining('"CN=rauc-other, O=Evil"'),
    }));

  it('crypt-1.0 keeps its signature from us', () => {
    const { signature } = raucbParts(fixture('raucb', 'crypt-1.0.raucb'));
    expect(() => readSignedData(signature)).toThrow(/encrypted and can be judged by its recipients only/);
  });

  it('bad-sig-flip is broken, whatever was changed', async () => {
    const { content, signature } = raucbParts(fixture('raucb', 'bad-sig-flip.raucb'));
    const result = await judged(signature, content, whom).catch((error: unknown) => error as Error);
    expect(result instanceof Error ? result.name : result.kind).toMatch(/^(FormatError|broken)$/);
  });

  it('are hashed once for each digest that is needed', () => {
    const { signature } = raucbParts(fixture('raucb', 'plain-1.0.raucb'));
    const cms = new CmsSignature(readSignedData(signature));
    expect(cms.needs()).toEqual([{ digest: 'sha256' }]);
    const digests = new ContentHash([...cms.needs(), ...cms.needs()]).update(CONTENT).digests();
    expect(digests.get({ digest: 'sha256' })).toHaveLength(32);
  });
});
