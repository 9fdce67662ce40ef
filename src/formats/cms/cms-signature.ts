import type { CertificateAnchor, Trust } from './certificates/anchor';
import type { Certificate } from './certificates/certificate';
import { findPath, type PathResult } from './certificates/certificate-path';
import { type ContentDigests, ContentHash, type DigestNeed } from './keys/content-digests';
import {
  digestNeed,
  fits,
  isJudgedByDigest,
  isSignatureOver,
  isSignatureOverDigest,
  type KeySignature,
} from './keys/key-signature';
import type { Signature } from './signature';
import type { SignedContent, SignerRecord } from './signed-data.reader';
import type { Verdict } from './verdict';

interface KnownSigner {
  readonly record: SignerRecord;
  readonly certificate: Certificate;
}

/** A CMS over a content: who has signed it with the certificates that stand in it. */
export class CmsSignature implements Signature {
  constructor(private readonly cms: SignedContent) {}

  /** The content, if the CMS brings it along; then it is what has to be judged: see judgeInside. */
  get content(): Buffer | undefined {
    return this.cms.content;
  }

  needs(): readonly DigestNeed[] {
    return this.cms.signers.flatMap((record) => {
      if (typeof record.digest !== 'string') return [];
      if (record.attributes !== undefined) return [{ digest: record.digest }];
      const signed = this.signatureOf(record);
      return signed === undefined || !fits(signed.key, signed.scheme) ? [] : [digestNeed(signed)];
    });
  }

  /** Judges it with the content that it brings along. */
  async judgeInside(trust: Trust): Promise<Verdict> {
    const { content } = this.cms;
    if (content === undefined) return broken('the signature was made over a content that it should hold');
    return this.judge(new ContentHash(this.needs()).update(content).digests(), trust);
  }

  /**
   * Judges all but the content, which is encrypted and will be seen by devices only: so `untrusted` at best, and with what
   * would speak against its signers otherwise.
   */
  async judgeUnseen(trust: Trust): Promise<Verdict> {
    const verdict = await this.verdict(undefined, trust);
    return verdict.kind === 'signed'
      ? { kind: 'untrusted', signers: verdict.signers, reason: UNSEEN_CONTENT }
      : verdict;
  }

  async judge(digests: ContentDigests, trust: Trust): Promise<Verdict> {
    return this.verdict(digests, trust);
  }

  private async verdict(digests: ContentDigests | undefined, trust: Trust): Promise<Verdict> {
    const known: KnownSigner[] = [];
    for (const record of this.cms.signers) {
      const certificate = this.certificateOf(record);
      if (certificate === undefined)
        return { kind: 'untrusted', signers: known.map(signerOf), reason: UNKNOWN_SIGNER };
      const one = { record, certificate };
      const fault = weakness(one) === undefined ? await this.faultOf(record, digests) : undefined;
      if (fault !== undefined) return broken(fault);
      known.push(one);
    }
    return this.trusted(known, trust);
  }

  private trusted(known: readonly KnownSigner[], trust: Trust): Verdict {
    const paths = known.map((one) => ({ one, path: this.pathOf(one, trust) }));
    const reasons = paths.flatMap(({ path }) => ('reason' in path ? [path.reason] : []));
    const good = paths.flatMap(({ one, path }) => ('anchor' in path ? [{ one, anchor: path.anchor }] : []));
    const [reason] = reasons;
    const isEnough = trust.manner === 'swupdate' ? good.length > 0 : reason === undefined;
    if (!isEnough)
      return { kind: 'untrusted', signers: known.map(signerOf), reason: reason ?? UNKNOWN_SIGNER };
    const anchors = new Set(good.map(({ anchor }) => anchor.certificate.fingerprint));
    return { kind: 'signed', signers: good.map(({ one }) => signerOf(one)), anchors: [...anchors] };
  }

  private pathOf(signer: KnownSigner, trust: Trust): PathResult {
    const { record, certificate } = signer;
    const { expiry, nowMs, manner } = trust;
    const reason = weakness(signer);
    if (reason !== undefined) return { reason };
    const signedAtMs = expiry === 'signing-time' ? record.attributes?.signedAtMs : undefined;
    return findPath(certificate, {
      anchors: trust.anchors.filter((anchor): anchor is CertificateAnchor => anchor.kind === 'certificate'),
      between: manner === 'swupdate' ? [] : this.cms.certificates,
      atMs: expiry === 'ignore' ? undefined : (signedAtMs ?? nowMs),
    });
  }

  private async faultOf(record: SignerRecord, digests?: ContentDigests): Promise<string | undefined> {
    const signed = this.signatureOf(record);
    if (signed === undefined || !fits(signed.key, signed.scheme))
      return "the signature is of another kind than the signer's key";
    const { attributes } = record;
    if (attributes === undefined) {
      if (digests === undefined) return undefined;
      const holds = await isSignatureOverDigest(digestAt(digests, digestNeed(signed)), signed);
      return holds ? undefined : OTHER_CONTENT;
    }
    if (digests !== undefined && typeof record.digest === 'string') {
      const digest = digestAt(digests, { digest: record.digest });
      if (!digest.equals(attributes.messageDigest)) return OTHER_CONTENT;
    }
    return isSignatureOver(attributes.bytes, signed)
      ? undefined
      : "the signature does not hold: it was not made by the signer's key, or was changed";
  }

  private signatureOf(record: SignerRecord): KeySignature | undefined {
    const { scheme, signature } = record;
    const key = this.certificateOf(record)?.key;
    return key === undefined || 'fault' in scheme ? undefined : { key, scheme, signature };
  }

  private certificateOf({ name }: SignerRecord): Certificate | undefined {
    return this.cms.certificates.find(({ names }) => names.includes(name));
  }
}

const UNKNOWN_SIGNER = 'the certificate of the signer is not in the signature';
const UNSEEN_CONTENT =
  'what was signed is encrypted, so whether it is this content only its recipients can tell';
const OTHER_CONTENT = 'the signature was made over another content: this one was changed since';

/** Why a signature says nothing even if it holds, so that it is not looked at; undefined: it does say something. */
function weakness({ record, certificate }: KnownSigner): string | undefined {
  const { digest, scheme, attributes } = record;
  if (typeof digest !== 'string') return digest.fault;
  if ('fault' in scheme) return scheme.fault;
  const { key, keyFault, subject } = certificate;
  if (key === undefined || keyFault !== undefined)
    return `the certificate "${subject}" has ${keyFault ?? 'a key that is not known here'}`;
  return attributes !== undefined || isJudgedByDigest(key)
    ? undefined
    : `signatures by the key of "${subject}" are judged here with signed attributes only`;
}

function digestAt(digests: ContentDigests, need: DigestNeed): Buffer {
  const digest = digests.get(need);
  if (digest === undefined) throw new Error(`the ${need.digest} of the content is needed to judge it`);
  return digest;
}

function signerOf({ record, certificate }: KnownSigner): Extract<Verdict, { kind: 'signed' }>['signers'][0] {
  const { subject, issuer, serial, notBeforeMs, notAfterMs, fingerprint } = certificate;
  const signedAtMs = record.attributes?.signedAtMs;
  return { kind: 'certificate', subject, issuer, serial, notBeforeMs, notAfterMs, fingerprint, signedAtMs };
}

function broken(reason: string): Verdict {
  return { kind: 'broken', reason };
}
