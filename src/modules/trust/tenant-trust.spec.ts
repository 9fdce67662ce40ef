import { sign } from 'node:crypto';
import {
  certificateAnchor,
  fixture,
  keyAnchor,
  raucbParts,
  signedFile,
  swuMembers,
  trust,
} from '../../../test/support/signed';
import type { Anchor } from '../../formats/cms/certificates/anchor';
import { ContentDigests, ContentHash } from '../../formats/cms/keys/content-digests';
import { refusalOf, type Judgement } from './judgement';
import { TenantTrust } from './tenant-trust';

const SWU = certificateAnchor(fixture('pki', 'swu-sign.cert.pem'));
const RAUC = certificateAnchor(fixture('pki', 'rauc-ca.cert.pem'));
const believing = (...anchors: readonly Anchor[]): TenantTrust => new TenantTrust(trust(anchors));

describe('what a tenant believes of a .swu', () => {
  const judgement = async (name: string, isEncrypted = false, who = believing(SWU)): Promise<Judgement> => {
    const members = swuMembers(fixture('swu', `${name}.swu`));
    const description = members.get('sw-description') ?? Buffer.alloc(0);
    return who.ofDescription({ description, signature: members.get('sw-description.sig'), isEncrypted });
  };

  it('is what its signature says', async () => {
    expect(await judgement('basic-1.0')).toMatchObject({ kind: 'signed' });
    expect(await judgement('unsigned')).toEqual({ kind: 'unsigned' });
    expect(await judgement('basic-1.0', false, believing(RAUC))).toMatchObject({ kind: 'untrusted' });
    expect(await judgement('basic-1.0', false, believing())).toMatchObject({
      kind: 'untrusted',
      reason: 'there is no certificate among the trust anchors',
    });
  });

  it('is undecided when the description is encrypted, since it was signed before that', async () => {
    expect(await judgement('encrypted-sw-description', true)).toMatchObject({
      kind: 'untrusted',
      signers: [{ subject: 'CN=swu-dev, O=Test' }],
    });
    expect(await judgement('encrypted-sw-description')).toMatchObject({ kind: 'broken' });
  });

  it('may hang on a public key alone', async () => {
    const description = Buffer.from('software = { version = "1.0"; };');
    const signature = sign('sha256', description, signedFile('rsa.key.pem').toString());
    const who = believing(SWU, keyAnchor(signedFile('rsa.key.pem')));
    expect(await who.ofDescription({ description, signature, isEncrypted: false })).toMatchObject({
      kind: 'signed',
      signers: [{ kind: 'key' }],
    });
    expect(await who.ofDescription({ description, signature, isEncrypted: true })).toMatchObject({
      kind: 'signed',
    });
  });

  it('is a judgement, too, when its signature is none', async () => {
    const description = Buffer.from('software');
    const spoilt = { description, signature: Buffer.from('spoilt'), isEncrypted: false };
    expect(await believing(SWU).ofDescription(spoilt)).toMatchObject({ kind: 'broken' });
  });
});

describe('what a tenant believes of a .raucb', () => {
  it('is what the CMS behind the content says, when the content has streamed by', async () => {
    const { content, signature } = raucbParts(fixture('raucb', 'plain-1.0.raucb'));
    const pending = believing(RAUC).pending(signature);
    expect(pending.needs).toEqual([{ digest: 'sha256' }]);
    const digests = new ContentHash(pending.needs).update(content).digests();
    expect(await pending.judge(digests)).toMatchObject({ kind: 'signed' });
    const other = new ContentHash(pending.needs).update(content.subarray(1)).digests();
    expect(await pending.judge(other)).toMatchObject({ kind: 'broken' });
  });

  it('is what the CMS says of the manifest inside', async () => {
    const inside = async (name: string): Promise<Judgement> =>
      believing(RAUC).ofInside(raucbParts(fixture('raucb', `${name}.raucb`)).signature);
    expect(await inside('verity-1.0')).toMatchObject({ kind: 'signed' });
    expect(await inside('crypt-1.0')).toMatchObject({
      kind: 'untrusted',
      reason: expect.stringContaining('encrypted'),
    });
    expect(await inside('plain-1.0')).toMatchObject({ kind: 'broken' });
  });

  it('is a judgement, too, when there is no CMS where it should be', async () => {
    const pending = believing(RAUC).pending(Buffer.from('{}'));
    expect(pending.needs).toEqual([]);
    expect(await pending.judge(ContentDigests.known({}))).toMatchObject({ kind: 'broken' });
  });
});

describe('what a tenant believes of any other file', () => {
  it('hangs on the digest that is known of it already', async () => {
    const file = Buffer.alloc(5000, 'image');
    const signature = sign('sha256', file, signedFile('p256.key.pem').toString());
    const pending = believing(keyAnchor(signedFile('p256.key.pem'))).pending(
      Buffer.from(signature.toString('base64')),
    );
    const sha256 = new ContentHash(pending.needs).update(file).digests().get({ digest: 'sha256' });
    expect(sha256).toBeDefined();
    const known = ContentDigests.known(sha256 === undefined ? {} : { sha256 });
    expect(await pending.judge(known)).toMatchObject({ kind: 'signed' });
  });
});

describe('what may be rolled out', () => {
  const signed: Judgement = { kind: 'signed', signers: [], anchors: [] };
  const untrusted: Judgement = { kind: 'untrusted', signers: [], reason: 'nobody knows it' };
  const broken: Judgement = { kind: 'broken', reason: 'it is over another content' };

  it('is everything but what is broken, where nothing is demanded', () => {
    for (const judgement of [signed, untrusted, { kind: 'unsigned' } as const])
      expect(refusalOf(judgement, 'none')).toBeUndefined();
    expect(refusalOf(broken, 'none')).toBe('Its signature is broken: it is over another content.');
  });

  it('is what an anchor vouches for, where that is demanded', () => {
    expect(refusalOf(signed, 'trusted')).toBeUndefined();
    expect(refusalOf(untrusted, 'trusted')).toMatch(
      /^Its signature is not trusted: nobody knows it; this tenant/,
    );
    expect(refusalOf({ kind: 'unsigned' }, 'trusted')).toMatch(/^It is not signed, and this tenant/);
    expect(refusalOf(broken, 'trusted')).toMatch(/^Its signature is broken/);
  });
});
