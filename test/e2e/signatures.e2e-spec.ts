import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Purpose } from '../../src/formats/cms/certificates/anchor';
import { CmsSignature } from '../../src/formats/cms/cms-signature';
import { readSignedData } from '../../src/formats/cms/signed-data.reader';
import { certificateAnchor, fixture, judged, raucbParts, swuMembers, trust } from '../support/signed';
import {
  raucbWith,
  raucVerdict,
  signedBy,
  swupdateVerdict,
  swuWith,
  type TestSigner,
} from './support/signature-tools';

/** Each asks a tool twice at most, which has its own patience. */
jest.setTimeout(60_000);

const FIXTURES = resolve(__dirname, '../fixtures');
const NOW_MS = Date.now();

/** Whether we trust a bundle, and in which words we do not. */
async function ourSwu(bundle: Buffer, anchor: string, purpose?: Purpose): Promise<string> {
  const members = swuMembers(bundle);
  const signature = members.get('sw-description.sig');
  if (signature === undefined) return 'unsigned';
  const whom = trust([certificateAnchor(fixture(anchor), purpose)], 'now', NOW_MS);
  const content = members.get('sw-description') ?? Buffer.alloc(0);
  return textOf(judged(signature, content, { ...whom, manner: 'swupdate' }));
}

async function ourRaucb(bundle: Buffer, keyring: string): Promise<string> {
  if (bundle.length < 8 || bundle.readBigUInt64BE(bundle.length - 8) > BigInt(bundle.length)) return 'none';
  const { content, signature } = raucbParts(bundle);
  if (signature.length === 0) return 'unsigned';
  const whom = trust([certificateAnchor(fixture(keyring))], 'now', NOW_MS);
  return textOf(
    (async () => {
      const cms = new CmsSignature(readSignedData(signature));
      return cms.content === undefined ? judged(signature, content, whom) : cms.judgeInside(whom);
    })(),
  );
}

async function textOf(verdict: ReturnType<typeof judged>): Promise<string> {
  try {
    const said = await verdict;
    return said.kind === 'signed' ? 'signed' : `${said.kind}: ${said.reason}`;
  } catch (error) {
    return String(error);
  }
}

const by = (name: string, more: Partial<TestSigner> = {}): TestSigner => ({ name, key: 'signer', ...more });
const SIGNERS: readonly (readonly [string, TestSigner])[] = [
  ...['by-root', 'by-foreign', 'by-twin', 'by-no-ca', 'expired', 'not-yet', 'for-code', 'for-servers'].map(
    (name) => [name, by(name)] as const,
  ),
  ...['for-any', 'for-anything', 'for-secrets', 'odd', 'self-signed'].map(
    (name) => [name, by(name)] as const,
  ),
  ...['p256', 'p384', 'p521'].map((name) => [name, by(name, { key: name })] as const),
  ['RSA-PSS', by('pss-only', { key: 'pss-only' })],
  ['SHA-512', by('by-root', { options: ['-md', 'sha512'] })],
  ['no attributes', by('by-root', { options: ['-noattr'] })],
  ['named by key', by('by-root', { options: ['-keyid'] })],
  ['no certificate', by('by-root', { options: ['-nocerts'] })],
  ['an authority between', by('by-middle', { between: 'middle' })],
  ['an authority between that is missing', by('by-middle')],
  ['an authority between for servers', by('by-server-middle', { between: 'server-middle' })],
  ['a stranger besides', by('by-root', { besides: 'by-foreign' })],
  ['a friend besides a stranger', by('by-foreign', { besides: 'by-root' })],
  ['another friend besides', by('by-root', { besides: 'for-anything' })],
  ['an authority between that is none', by('by-no-ca', { between: 'no-ca' })],
];

describe('what we say of signatures, and what the tools on devices say', () => {
  const folder = mkdtempSync(join(tmpdir(), 'signatures-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const saved = (name: string, bundle: Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, bundle);
    return path;
  };
  const agree = (ours: string, { isTrusted, output }: { isTrusted: boolean; output: string }): void => {
    expect({ isTrusted: ours === 'signed', ours, output }).toEqual({ isTrusted, ours, output });
  };

  describe('swupdate', () => {
    const bundles = readdirSync(join(FIXTURES, 'swu'));

    it.each(bundles)('agrees about %s', async (name) => {
      const bundle = fixture('swu', name);
      for (const anchor of ['pki/swu-sign.cert.pem', 'pki/swu-other.cert.pem'])
        agree(
          await ourSwu(bundle, anchor),
          await swupdateVerdict(join(FIXTURES, 'swu', name), join(FIXTURES, anchor)),
        );
    });

    it.each(SIGNERS)('agrees about a bundle of ours: %s', async (name, signer) => {
      const bundle = swuWith((content) => signedBy(content, signer, folder));
      const path = saved(`${name}.swu`, bundle);
      for (const purpose of ['emailProtection', 'codeSigning'] as const)
        agree(
          await ourSwu(bundle, 'pki/cms/root.cert.pem', purpose),
          await swupdateVerdict(path, join(FIXTURES, 'pki/cms/root.cert.pem'), purpose),
        );
    });
  });

  describe('rauc', () => {
    it.each(readdirSync(join(FIXTURES, 'raucb')))('agrees about %s', async (name) => {
      const bundle = fixture('raucb', name);
      agree(
        await ourRaucb(bundle, 'pki/rauc-ca.cert.pem'),
        await raucVerdict(join(FIXTURES, 'raucb', name), join(FIXTURES, 'pki/rauc-ca.cert.pem')),
      );
    });

    it.each(SIGNERS)('agrees about a bundle of ours: %s', async (name, signer) => {
      const bundle = raucbWith((content) => signedBy(content, signer, folder));
      agree(
        await ourRaucb(bundle, 'pki/cms/root.cert.pem'),
        await raucVerdict(saved(`${name}.raucb`, bundle), join(FIXTURES, 'pki/cms/root.cert.pem')),
      );
    });
  });
});
