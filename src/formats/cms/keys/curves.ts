import type { KeyObject } from 'node:crypto';

/** Those of which digests can be judged. */
export const DIGEST_CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * Whether a digest was signed by an EC key. OpenSSL by way of Node wants the content itself; noble-curves takes the digest.
 * It is an ES module, so it comes by import(), and only when somebody needs it.
 */
export async function isEcdsa(digest: Buffer, key: KeyObject, signature: Buffer): Promise<boolean> {
  const { p256, p384, p521 } = await import('@noble/curves/nist.js');
  const curve = new Map([
    ['prime256v1', p256],
    ['secp384r1', p384],
    ['secp521r1', p521],
  ]).get(key.asymmetricKeyDetails?.namedCurve ?? '');
  if (curve === undefined) return false;
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(0x04), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return curve.verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' });
}

/**
 * Whether an Ed25519 signature holds, by the SHA-512 over its first half, the key and the content: so the content may stream.
 * As in OpenSSL the first half has to be exactly the point that comes out.
 */
export async function isEd25519(hash: Buffer, key: KeyObject, signature: Buffer): Promise<boolean> {
  if (signature.length !== 64) return false;
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  const scalar = littleEndian(signature.subarray(32));
  if (scalar >= order) return false;
  const publicKey = Point.fromBytes(rawEd25519Key(key));
  const product = publicKey.multiplyUnsafe(littleEndian(hash) % order);
  const first = Point.BASE.multiplyUnsafe(scalar).subtract(product);
  return Buffer.from(first.toBytes()).equals(signature.subarray(0, 32));
}

export function rawEd25519Key(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function littleEndian(octets: Buffer): bigint {
  return BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);
}
