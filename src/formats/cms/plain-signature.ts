import type { Anchor, KeyAnchor, Trust } from './certificates/anchor';
import type { ContentDigests, DigestNeed } from './keys/content-digests';
import { digestNeed, isSignatureOverDigest, schemesFor, type KeySignature } from './keys/key-signature';
import type { Signature } from './signature';
import type { Verdict } from './verdict';

interface Attempt extends KeySignature {
  readonly anchor: KeyAnchor;
}

/** The octets of a signature and nothing else, as `openssl dgst -sign` and `cosign sign-blob` make them: it names no key. */
export class PlainSignature implements Signature {
  constructor(private readonly octets: Buffer) {}

  needs(anchors: readonly Anchor[]): readonly DigestNeed[] {
    return this.attempts(anchors).map(digestNeed);
  }

  /** One key of the anchors that has made it is enough. Whether it is broken or a stranger's nobody can tell. */
  async judge(digests: ContentDigests, { anchors }: Trust): Promise<Verdict> {
    const attempts = this.attempts(anchors);
    for (const attempt of attempts) {
      const digest = digests.get(digestNeed(attempt));
      if (digest === undefined || !(await isSignatureOverDigest(digest, attempt))) continue;
      const { fingerprint } = attempt.anchor;
      return { kind: 'signed', signers: [{ kind: 'key', fingerprint }], anchors: [fingerprint] };
    }
    const reason =
      attempts.length === 0
        ? 'there is no public key among the trust anchors that could have made it'
        : 'no public key among the trust anchors has made it over this content: it is of another key, or the content was changed';
    return { kind: 'untrusted', signers: [], reason };
  }

  private attempts(anchors: readonly Anchor[]): Attempt[] {
    const { octets: signature } = this;
    return anchors
      .filter((anchor): anchor is KeyAnchor => anchor.kind === 'key')
      .flatMap((anchor) =>
        schemesFor(anchor.key, signature).map((scheme) => ({ anchor, key: anchor.key, scheme, signature })),
      );
  }
}
