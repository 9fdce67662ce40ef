import type { KeyObject } from 'node:crypto';
import type { Certificate } from './certificate';

/**
 * What the extended key usage of a signer has to allow. `emailProtection` is what OpenSSL, and with it SWUpdate and RAUC, ask
 * for when nothing is said: a certificate with such an extension must name it. `codeSigning` has to be named in any case.
 */
export const PURPOSES = ['emailProtection', 'codeSigning', 'any'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** A certificate is the end of paths, whoever issued it; it may be that of a signer itself. A key stands for itself. */
export type Anchor =
  | { readonly kind: 'certificate'; readonly certificate: Certificate; readonly purpose: Purpose }
  | { readonly kind: 'key'; readonly key: KeyObject; readonly fingerprint: string };

export type CertificateAnchor = Extract<Anchor, { kind: 'certificate' }>;
export type KeyAnchor = Extract<Anchor, { kind: 'key' }>;

/**
 * At which time certificates must be valid: `now`, when it was signed as the signer says (`signing-time`; now, if nothing is
 * said), or at any time (`ignore`).
 */
export type Expiry = 'now' | 'ignore' | 'signing-time';

/**
 * By the rules of which tool a CMS is judged. `openssl`, as RAUC has it: every signer has to be trusted, and certificates that
 * are sent along may stand between. `swupdate`: one signer is enough, and only anchors issue. All signatures must hold in both.
 */
export type Manner = 'openssl' | 'swupdate';

/** Whom to believe, when, and how. */
export interface Trust {
  readonly anchors: readonly Anchor[];
  readonly expiry: Expiry;
  readonly nowMs: number;
  /** Default: openssl. */
  readonly manner?: Manner;
}
