/** Who signed, by what stands in the certificate or by the key alone. */
export type Signer = CertificateSigner | KeySigner;

export interface CertificateSigner {
  readonly kind: 'certificate';
  /** For people: `CN=Release signing, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256 over the certificate, lower-case hex. */
  readonly fingerprint: string;
  /** When it was signed, if the signer says so. Nobody vouches for it. */
  readonly signedAtMs: number | undefined;
}

export interface KeySigner {
  readonly kind: 'key';
  /** SHA-256 over the public key (SPKI), lower-case hex. */
  readonly fingerprint: string;
}

/**
 * What a signature is worth. `signed`: it holds, and each signer is vouched for by an anchor. `untrusted`: nothing is wrong
 * with the bytes as far as can be seen, but no anchor vouches for them. `broken`: the signature is none, or is one over
 * something else.
 */
export type Verdict =
  | {
      readonly kind: 'signed';
      /** At least one. */
      readonly signers: readonly Signer[];
      /** Fingerprints of the anchors that vouch for them. */
      readonly anchors: readonly string[];
    }
  | { readonly kind: 'untrusted'; readonly signers: readonly Signer[]; readonly reason: string }
  | { readonly kind: 'broken'; readonly reason: string };
