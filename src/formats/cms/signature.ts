import type { Anchor, Trust } from './certificates/anchor';
import type { ContentDigests, DigestNeed } from './keys/content-digests';
import type { Verdict } from './verdict';

/** A signature over a content that is not at hand: it says which digests it needs, and judges by them. */
export interface Signature {
  /** Throws nothing; a signature that cannot be judged needs nothing. */
  needs(anchors: readonly Anchor[]): readonly DigestNeed[];
  /** A digest that was needed and is missing is an error of the caller. */
  judge(digests: ContentDigests, trust: Trust): Promise<Verdict>;
}
