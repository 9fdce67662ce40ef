import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Anchor, Expiry, Purpose, Trust } from '../../src/formats/cms/certificates/anchor';
import { readCertificate } from '../../src/formats/cms/certificates/certificate';
import { ContentHash } from '../../src/formats/cms/keys/content-digests';
import { keyFingerprint } from '../../src/formats/cms/keys/key';
import { readSignature } from '../../src/formats/cms/signature.reader';
import type { Verdict } from '../../src/formats/cms/verdict';
import { createPublicKey } from 'node:crypto';

const FIXTURES = join(__dirname, '..', 'fixtures');
const CMS_FOLDER = join(FIXTURES, 'pki', 'cms');

/** When the fixtures are judged, unless a test says otherwise. */
export const NOW_MS = Date.UTC(2027, 5, 1);

/** A file of `test/fixtures/pki/cms`. */
export function signedFile(name: string): Buffer {
  return readFileSync(join(CMS_FOLDER, name));
}

/** A file anywhere in `test/fixtures`. */
export function fixture(...path: readonly string[]): Buffer {
  return readFileSync(join(FIXTURES, ...path));
}

export function certificateAnchor(pem: Buffer, purpose: Purpose = 'emailProtection'): Anchor {
  return { kind: 'certificate', certificate: readCertificate(pem), purpose };
}

export function keyAnchor(pem: string | Buffer): Anchor {
  const key = createPublicKey(pem);
  return { kind: 'key', key, fingerprint: keyFingerprint(key) };
}

export function trust(anchors: readonly Anchor[], expiry: Expiry = 'now', nowMs = NOW_MS): Trust {
  return { anchors, expiry, nowMs };
}

/** What the signature says over the content, which streams past it in pieces. */
export async function judged(signature: Buffer, content: Buffer, whom: Trust): Promise<Verdict> {
  const read = readSignature(signature);
  const hash = new ContentHash(read.needs(whom.anchors));
  for (let at = 0; at < content.length; at += 1000) hash.update(content.subarray(at, at + 1000));
  return read.judge(hash.digests(), whom);
}

/** Members of a .swu with their contents. Not the reader of the product: what is tested must not make its own test. */
export function swuMembers(bundle: Buffer): Map<string, Buffer> {
  const members = new Map<string, Buffer>();
  const padded = (at: number): number => Math.ceil(at / 4) * 4;
  for (let at = 0; at + 110 <= bundle.length;) {
    const field = (index: number): number =>
      Number.parseInt(bundle.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [size, nameSize] = [field(6), field(11)];
    const name = bundle.toString('latin1', at + 110, at + 110 + nameSize - 1);
    if (name === 'TRAILER!!!') break;
    const start = padded(at + 110 + nameSize);
    members.set(name, bundle.subarray(start, start + size));
    at = padded(start + size);
  }
  return members;
}

/** A .raucb: the squashfs and what follows it up to the signature, and the signature, as the last eight octets say. */
export function raucbParts(bundle: Buffer): { content: Buffer; signature: Buffer } {
  const end = bundle.length - 8;
  const start = end - Number(bundle.readBigUInt64BE(end));
  return { content: bundle.subarray(0, start), signature: bundle.subarray(start, end) };
}
