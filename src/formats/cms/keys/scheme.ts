import { AsnConvert } from '@peculiar/asn1-schema';
import { RsaSaPssParams } from '@peculiar/asn1-rsa';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { digestOf, refusedDigestName, type Digest } from './digest';

/** How something was signed. */
export type Scheme =
  | { readonly kind: 'rsa'; readonly digest: Digest }
  | { readonly kind: 'rsa-pss'; readonly digest: Digest; readonly saltLength: number }
  | { readonly kind: 'ecdsa'; readonly digest: Digest }
  | { readonly kind: 'ed25519' };

export interface RefusedScheme {
  readonly fault: string;
}

const RSA = '1.2.840.113549.1.1.1';
const RSA_PSS = '1.2.840.113549.1.1.10';
const EC_KEY = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';

const FIXED: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['1.2.840.113549.1.1.11', { kind: 'rsa', digest: 'sha256' }],
  ['1.2.840.113549.1.1.12', { kind: 'rsa', digest: 'sha384' }],
  ['1.2.840.113549.1.1.13', { kind: 'rsa', digest: 'sha512' }],
  ['1.2.840.10045.4.3.2', { kind: 'ecdsa', digest: 'sha256' }],
  ['1.2.840.10045.4.3.3', { kind: 'ecdsa', digest: 'sha384' }],
  ['1.2.840.10045.4.3.4', { kind: 'ecdsa', digest: 'sha512' }],
  [ED25519, { kind: 'ed25519' }],
]);

const WEAK: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.2.840.113549.1.1.14', 'SHA-224'],
  ['1.2.840.10045.4.1', 'SHA-1'],
  ['1.2.840.10045.4.3.1', 'SHA-224'],
]);

/** `digest`: what a signer names besides, for identifiers that name no digest themselves. */
export function signatureSchemeOf(
  oid: string,
  parameters: ArrayBuffer | undefined,
  digest?: Digest,
): Scheme | RefusedScheme {
  if (oid === RSA_PSS) return pssOf(parameters);
  if (oid === RSA && digest !== undefined) return { kind: 'rsa', digest };
  if (oid === EC_KEY && digest !== undefined) return { kind: 'ecdsa', digest };
  const weak = WEAK.get(oid);
  if (weak !== undefined) return refusedDigest(weak);
  return FIXED.get(oid) ?? { fault: `the signature algorithm ${oid} is not known here` };
}

export function refusedDigest(name: string): RefusedScheme {
  return {
    fault: `the digest ${name} is too weak or not known here; SHA-256, SHA-384 and SHA-512 are taken`,
  };
}

function pssOf(parameters: ArrayBuffer | undefined): Scheme | RefusedScheme {
  if (parameters === undefined) return refusedDigest('SHA-1');
  const { hashAlgorithm, maskGenAlgorithm, saltLength } = AsnConvert.parse(parameters, RsaSaPssParams);
  const digest = digestOf(hashAlgorithm.algorithm);
  if (digest === undefined) return refusedDigest(refusedDigestName(hashAlgorithm.algorithm));
  const mask = maskGenAlgorithm.parameters;
  const maskDigest = mask ? AsnConvert.parse(mask, AlgorithmIdentifier).algorithm : undefined;
  if (maskDigest !== hashAlgorithm.algorithm)
    return { fault: 'the RSA-PSS mask is made with another digest than the signature' };
  return { kind: 'rsa-pss', digest, saltLength };
}
