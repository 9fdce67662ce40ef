/** An image of a bundle, for the slots of one class. */
export interface RaucbImage {
  readonly slotClass: string;
  /** For systems of this variant only. */
  readonly variant?: string;
  /** Missing if the image consists of hooks alone. */
  readonly filename?: string;
  /** 64 hexadecimal digits, in lower case. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
  readonly version?: string;
  /** Hooks that RAUC runs for this image. */
  readonly hooks: readonly string[];
}

/** How a bundle protects its content (RAUC documentation, "Bundle formats"). */
export type RaucbFormat = 'plain' | 'verity' | 'crypt';

/** The hash tree (dm-verity) behind the content of verity and crypt bundles. */
export interface RaucbVerity {
  /** Root hash and salt, 64 hexadecimal digits each, in lower case. */
  readonly hash: string;
  readonly salt: string;
  /** Bytes of the tree, which lies between the content and the CMS. */
  readonly sizeBytes: number;
}

/** What the manifest of a bundle says (RAUC documentation, "Manifest"). */
export interface ManifestFacts {
  /** Which systems it fits, exactly as they call themselves; empty only if the manifest is encrypted. */
  readonly compatible: string;
  readonly version?: string;
  readonly description?: string;
  readonly build?: string;
  readonly format: RaucbFormat;
  /** Of verity and crypt bundles. */
  readonly verity?: RaucbVerity;
  /** The program in the bundle that RAUC runs as a hook, and for which occasions. */
  readonly hooks?: { readonly filename: string; readonly names: readonly string[] };
  readonly images: readonly RaucbImage[];
  /** What a person should know although it is no reason to refuse the bundle; whole sentences. */
  readonly warnings: readonly string[];
}

/** What a `.raucb` bundle says about itself. */
export interface RaucbDescription extends ManifestFacts {
  /** The CMS is encrypted to its recipients: everything that is read from the manifest is missing here. */
  readonly encryptedManifest: boolean;
  /** Where the CMS lies. Detached, it signs all bytes before it; else the manifest, which it encloses. */
  readonly cms: { readonly offset: number; readonly sizeBytes: number; readonly isDetached: boolean };
}
