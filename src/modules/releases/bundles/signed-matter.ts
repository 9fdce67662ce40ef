/** What a bundle brings along for whoever judges its signature. */
export type SignedMatter = SignedDescription | DetachedCms | EnclosingCms;

/** Of a `.swu`: sw-description, which holds the hashes of everything else, and the file beside it. */
export interface SignedDescription {
  readonly kind: 'description';
  readonly description: Buffer;
  readonly signature: Buffer | undefined;
  readonly isEncrypted: boolean;
  /** Members that are others than it says. */
  readonly differing: readonly string[];
  /** Members that it installs whatever they hold. */
  readonly uncovered: readonly string[];
}

/** Of a plain `.raucb`: the CMS stands behind the bytes that it signs, all of the file up to there. */
export interface DetachedCms {
  readonly kind: 'detached';
  readonly cms: Buffer;
  readonly contentBytes: number;
  /** SHA-256 over the content, if it was taken while the bytes went by. */
  readonly sha256: Buffer | undefined;
}

/** Of a `.raucb` of the forms verity and crypt: the manifest, with the root of the hash tree, is in the CMS. */
export interface EnclosingCms {
  readonly kind: 'enclosing';
  readonly cms: Buffer;
}
