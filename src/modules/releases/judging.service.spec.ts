import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { archiveOf } from '../../../test/e2e/support/signed-bundle';
import { certificateAnchor, fixture, keyAnchor, NOW_MS, raucbParts } from '../../../test/support/signed';
import type { Anchor } from '../../formats/cms/certificates/anchor';
import { BufferSource } from '../../formats/byte-source';
import type { Judgement } from '../trust/judgement';
import { TenantTrust } from '../trust/tenant-trust';
import type { TrustService } from '../trust/trust.service';
import { BundleReader } from './bundles/bundle.reader';
import { JudgingService } from './judging.service';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function anchorsOf(): Anchor[] {
  return [
    keyAnchor(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    certificateAnchor(fixture('pki', 'rauc-ca.cert.pem')),
    certificateAnchor(fixture('pki', 'swu-sign.cert.pem')),
  ];
}

/** What is judged of a file that has `bytes` when it comes, and `later` when it is read again. */
async function judged(
  fileName: string,
  bytes: Buffer,
  { later = bytes, signature }: { later?: Buffer; signature?: Buffer } = {},
): Promise<Judgement | undefined> {
  const trust = new TenantTrust({ anchors: anchorsOf(), expiry: 'ignore', nowMs: NOW_MS });
  const judging = new JudgingService({
    trustOf: () => Promise.resolve(trust),
  } as Partial<TrustService> as TrustService);
  const reader = new BundleReader(fileName);
  for (let at = 0; at < bytes.length; at += 50_000) reader.write(bytes.subarray(at, at + 50_000));
  const source = new BufferSource(later);
  const facts = await reader.end(source);
  const digest = { sha256: sha256Of(bytes), sizeBytes: bytes.length };
  const read = (offset: number, length: number): Promise<Buffer> => source.read(offset, length);
  const [judgement] = await judging.judge('1', [{ facts, staged: { digest, read }, signature }]);
  return judgement;
}

describe('the signature of a .swu', () => {
  const image = Buffer.from('an image');
  const signedBy = (key: KeyObject, entry: string): Buffer => {
    const description = Buffer.from(
      `software = { version = "1.0"; hardware-compatibility: [ "1" ]; files: ( { ${entry} path = "/p"; } ); };\n`,
    );
    return archiveOf([
      ['sw-description', description],
      ['sw-description.sig', sign('sha384', description, key)],
      ['image.bin', image],
    ]);
  };
  const entry = (sha256: string): string => `filename = "image.bin"; sha256 = "${sha256}";`;

  it('vouches for what the description names by sha256', async () => {
    expect(await judged('a.swu', signedBy(privateKey, entry(sha256Of(image))))).toMatchObject({
      kind: 'signed',
    });
  });

  it('vouches for no file of which the description names no sha256', async () => {
    expect(await judged('a.swu', signedBy(privateKey, 'filename = "image.bin";'))).toMatchObject({
      kind: 'untrusted',
      reason: expect.stringContaining('"image.bin"'),
    });
  });

  it('is broken when a file is another than the description names', async () => {
    const other = sha256Of(Buffer.from('another image'));
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    for (const key of [privateKey, stranger])
      expect(await judged('a.swu', signedBy(key, entry(other)))).toMatchObject({
        kind: 'broken',
        reason: expect.stringContaining('"image.bin"'),
      });
    expect(await judged('b.swu', fixture('swu', 'fail-sha256.swu'))).toMatchObject({ kind: 'broken' });
  });

  const good = readdirSync(join(__dirname, '../../../test/fixtures/swu')).filter(
    (name) => !/^bad-|sha256|unsigned|encrypted-sw/.test(name),
  );
  it.each(good)('reaches all of %s', async (name) => {
    expect(await judged(name, fixture('swu', name))).toMatchObject({ kind: 'signed' });
  });
});

describe('a file that is another one when it is read again, as its own server may give it', () => {
  it.each(['verity-1.0.raucb', 'plain-1.0.raucb'])('is not judged by %s then', async (name) => {
    const later = fixture('raucb', name);
    expect(await judged('a.raucb', later)).toMatchObject({ kind: 'signed' });
    const { content, signature } = raucbParts(later);
    // As long, with a tail that is a CMS too, but not that one.
    const bytes = Buffer.concat([content, Buffer.from(signature), later.subarray(-8)]);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    expect(await judged('a.raucb', bytes, { later })).not.toMatchObject({ kind: 'signed' });
  });

  it('is not judged by what a signature beside it says of the other', async () => {
    const [bytes, later] = [Buffer.from('bad firmware'), Buffer.from('the firmware')];
    const signature = sign('sha384', later, privateKey);
    expect(await judged('a.bin', later, { signature })).toMatchObject({ kind: 'signed' });
    expect(await judged('a.bin', bytes, { later, signature })).toMatchObject({
      kind: 'broken',
      reason: expect.stringContaining('another one'),
    });
  });
});
