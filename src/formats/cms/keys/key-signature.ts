import { constants, verify, type KeyObject } from 'node:crypto';
import type { DigestNeed } from './content-digests';
import { DIGEST_CURVES, isEcdsa, isEd25519, rawEd25519Key } from './curves';
import type { Digest } from './digest';
import { ANY_SALT, isPkcs1, isPss, pkcs1Digest } from './rsa';
import type { Scheme } from './scheme';

/** A signature and what is needed to check it. */
export interface KeySignature {
  readonly key: KeyObject;
  readonly scheme: Scheme;
  readonly signature: Buffer;
}

/** Whether a scheme is one for keys of this kind: a certificate says one thing and a signature another. */
export function fits(key: KeyObject, { kind }: Scheme): boolean {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return kind === 'rsa' || kind === 'rsa-pss';
    case 'rsa-pss':
      return kind === 'rsa-pss';
    case 'ec':
      return kind === 'ecdsa';
    default:
      return kind === key.asymmetricKeyType;
  }
}

/** Whether `message`, which is at hand as a whole, was signed so. */
export function isSignatureOver(message: Buffer, { key, scheme, signature }: KeySignature): boolean {
  if (!fits(key, scheme)) return false;
  try {
    switch (scheme.kind) {
      case 'ed25519':
        return verify(null, message, key, signature);
      case 'rsa-pss': {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        return verify(scheme.digest, message, { key, padding, saltLength: scheme.saltLength }, signature);
      }
      default:
        return verify(scheme.digest, message, key, signature);
    }
  } catch {
    return false;
  }
}

/** Whether a digest is enough to judge what this key has signed; it is not on curves that noble-curves leaves out. */
export function isJudgedByDigest({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType !== 'ec' || DIGEST_CURVES.includes(asymmetricKeyDetails?.namedCurve ?? '');
}

/** What has to be known of a content to tell by `isSignatureOverDigest` whether it was signed so. */
export function digestNeed({ key, scheme, signature }: KeySignature): DigestNeed {
  if (scheme.kind !== 'ed25519') return { digest: scheme.digest };
  return { digest: 'sha512', prefix: Buffer.concat([signature.subarray(0, 32), rawEd25519Key(key)]) };
}

/** Whether a content was signed so, of which only the digest is at hand that `digestNeed` names. */
export async function isSignatureOverDigest(digest: Buffer, signed: KeySignature): Promise<boolean> {
  const { key, scheme, signature } = signed;
  if (!fits(key, scheme)) return false;
  try {
    switch (scheme.kind) {
      case 'rsa':
        return isPkcs1(digest, scheme.digest, { key, signature });
      case 'rsa-pss':
        return isPss(digest, scheme, { key, signature });
      case 'ecdsa':
        return await isEcdsa(digest, key, signature);
      case 'ed25519':
        return await isEd25519(digest, key, signature);
    }
  } catch {
    return false;
  }
}

/**
 * In which ways `signature` may have been made by `key`, when it does not say so itself: none when it cannot have been. What
 * stands in an RSA signature names its digest; the others are as `openssl dgst`, SWUpdate's tools and cosign make them.
 */
export function schemesFor(key: KeyObject, signature: Buffer): Scheme[] {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return signature.length === Math.ceil(modulusLength / 8) ? rsaSchemes(key, signature) : [];
    case 'ec':
      return [...new Set<Digest>(['sha256', OWN_DIGEST.get(namedCurve ?? '') ?? 'sha256'])].map(
        (digest): Scheme => ({ kind: 'ecdsa', digest }),
      );
    case 'ed25519':
      return signature.length === 64 ? [{ kind: 'ed25519' }] : [];
    default:
      return [];
  }
}

const OWN_DIGEST: ReadonlyMap<string, Digest> = new Map([
  ['secp384r1', 'sha384'],
  ['secp521r1', 'sha512'],
]);

function rsaSchemes(key: KeyObject, signature: Buffer): Scheme[] {
  const digest = pkcs1Digest(key, signature);
  if (digest !== undefined) return [{ kind: 'rsa', digest }];
  return [{ kind: 'rsa-pss', digest: 'sha256', saltLength: ANY_SALT }];
}
