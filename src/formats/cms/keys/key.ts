import { createHash, type KeyObject } from 'node:crypto';

const CURVES: readonly (string | undefined)[] = [
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
];

/** What speaks against believing anything that was signed by this key; undefined: nothing. */
export function keyFault(key: KeyObject | undefined): string | undefined {
  switch (key?.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return lengthFault(key);
    case 'ec':
      return curveFault(key);
    case 'ed25519':
      return undefined;
    default:
      return `a key of the kind ${key?.asymmetricKeyType ?? 'unknown'} (RSA, ECDSA and Ed25519 are taken)`;
  }
}

function lengthFault({ asymmetricKeyDetails: { modulusLength = 0 } = {} }: KeyObject): string | undefined {
  const isFit = modulusLength >= 2048 && modulusLength <= 8192;
  return isFit ? undefined : `an RSA key of ${modulusLength} bits (2048 to 8192 are taken)`;
}

function curveFault({ asymmetricKeyDetails: { namedCurve } = {} }: KeyObject): string | undefined {
  if (CURVES.includes(namedCurve)) return undefined;
  return `a key on the curve ${namedCurve ?? 'unknown'} (NIST or Brainpool curves from 256 bits are taken)`;
}

/** SHA-256 over the public key as certificates hold it, lower-case hex. */
export function keyFingerprint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
