import type { Manner, Trust } from '../../formats/cms/certificates/anchor';
import { CmsSignature } from '../../formats/cms/cms-signature';
import type { ContentDigests, DigestNeed } from '../../formats/cms/keys/content-digests';
import { ContentHash } from '../../formats/cms/keys/content-digests';
import { readSignature } from '../../formats/cms/signature.reader';
import { EncryptedSignatureError } from '../../formats/cms/signed-data.reader';
import { FormatError } from '../../formats/format.error';
import type { Judgement } from './judgement';

/** What a .swu says of itself. */
export interface SignedDescription {
  /** sw-description as it lies in the archive. */
  readonly description: Buffer;
  /** sw-description.sig; undefined: there is none. */
  readonly signature: Buffer | undefined;
  /** Whether the description is encrypted: then it was signed before that, and only devices can tell. */
  readonly isEncrypted: boolean;
}

/** A signature over a content that is still to stream by: hash it as `needs` says, then judge. */
export interface PendingJudgement {
  readonly needs: readonly DigestNeed[];
  judge(digests: ContentDigests): Promise<Judgement>;
}

/** Whom a tenant believes, as it was when it was asked for. Every fault of a signature is a judgement; nothing throws. */
export class TenantTrust {
  constructor(private readonly trust: Omit<Trust, 'manner'>) {}

  async ofDescription({ description, signature, isEncrypted }: SignedDescription): Promise<Judgement> {
    if (signature === undefined) return { kind: 'unsigned' };
    const plain = this.pending(signature, 'swupdate');
    const judgement = await plain.judge(new ContentHash(plain.needs).update(description).digests());
    return isEncrypted && judgement.kind === 'broken' ? this.unseen(signature) : judgement;
  }

  /** A signature that stands apart from its content: of a plain .raucb, or a file beside any other. */
  pending(signature: Buffer, manner: Manner = 'openssl'): PendingJudgement {
    const trust = { ...this.trust, manner };
    try {
      const read = readSignature(signature);
      return {
        needs: read.needs(trust.anchors),
        judge: async (digests) => read.judge(digests, trust),
      };
    } catch (error) {
      const judgement = judgementOn(error);
      return { needs: [], judge: async () => Promise.resolve(judgement) };
    }
  }

  /** A CMS that holds what it signs: the manifest of a .raucb of the forms verity and crypt. */
  async ofInside(signature: Buffer): Promise<Judgement> {
    return this.cms(signature, async (cms) => cms.judgeInside(this.trust));
  }

  private async unseen(signature: Buffer): Promise<Judgement> {
    return this.cms(signature, async (cms) => cms.judgeUnseen({ ...this.trust, manner: 'swupdate' }));
  }

  private async cms(signature: Buffer, judge: (cms: CmsSignature) => Promise<Judgement>): Promise<Judgement> {
    try {
      const read = readSignature(signature);
      return read instanceof CmsSignature
        ? await judge(read)
        : {
            kind: 'untrusted',
            signers: [],
            reason: 'it names no signer, and what was signed is not at hand',
          };
    } catch (error) {
      return judgementOn(error);
    }
  }
}

function judgementOn(error: unknown): Judgement {
  if (error instanceof EncryptedSignatureError)
    return { kind: 'untrusted', signers: [], reason: error.reason };
  if (error instanceof FormatError) return { kind: 'broken', reason: error.reason };
  throw error;
}
