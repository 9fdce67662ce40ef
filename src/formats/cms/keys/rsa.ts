import { constants, createHash, createPublicKey, publicDecrypt, type KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { DIGESTS, type Digest } from './digest';

/** An RSA signature over a digest. `node:crypto` wants the content itself, so what follows the RSA operation is done here. */
interface RsaSignature {
  readonly key: KeyObject;
  readonly signature: Buffer;
}

interface Pss {
  readonly digest: Digest;
  readonly saltLength: number;
}

/** Takes whatever salt there is, as OpenSSL's `rsa_pss_saltlen:auto`. */
export const ANY_SALT = constants.RSA_PSS_SALTLEN_AUTO;

/** What PKCS #1 v1.5 puts before a digest: how it was made. */
const DIGEST_INFO: { readonly [digest in Digest]: string } = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const TRAILER = 0xbc;

export function isPkcs1(digest: Buffer, name: Digest, signed: RsaSignature): boolean {
  const expected = Buffer.concat([Buffer.from(DIGEST_INFO[name], 'hex'), digest]);
  return openPkcs1(signed)?.equals(expected) ?? false;
}

/** The digest that was signed by PKCS #1 v1.5; undefined: none that we take, not in this way, or not by this key. */
export function pkcs1Digest(key: KeyObject, signature: Buffer): Digest | undefined {
  const opened = openPkcs1({ key, signature })?.toString('hex');
  return DIGESTS.find((one) => opened?.startsWith(DIGEST_INFO[one]));
}

export function isPss(digest: Buffer, pss: Pss, { key, signature }: RsaSignature): boolean {
  const plain = plainKey(key);
  const bits = (plain.asymmetricKeyDetails?.modulusLength ?? 0) - 1;
  const opened = publicDecrypt({ key: plain, padding: constants.RSA_NO_PADDING }, signature);
  // With one bit less than whole octets the first octet is none of the encoding and has to be zero.
  const length = Math.ceil(bits / 8);
  const isShort = opened.length === length || opened[0] === 0;
  return isShort && isPssEncoded(opened.subarray(opened.length - length), { ...pss, bits, value: digest });
}

function openPkcs1({ key, signature }: RsaSignature): Buffer | undefined {
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  try {
    return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return undefined;
  }
}

/** A key that is bound to PSS does not open signatures; the same numbers without that do. */
function plainKey(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === 'rsa') return key;
  const spki = AsnConvert.parse(key.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
  spki.algorithm = new AlgorithmIdentifier({ algorithm: RSA_ENCRYPTION, parameters: null });
  return createPublicKey({ key: Buffer.from(AsnConvert.serialize(spki)), type: 'spki', format: 'der' });
}

/** EMSA-PSS-VERIFY of RFC 8017, 9.1.2, step by step. */
function isPssEncoded(
  encoded: Buffer,
  { digest, value, saltLength, bits }: Pss & { readonly value: Buffer; readonly bits: number },
): boolean {
  const size = value.length;
  if (encoded.length < size + 2 || encoded.at(-1) !== TRAILER) return false;
  const masked = encoded.subarray(0, encoded.length - size - 1);
  const hash = encoded.subarray(masked.length, -1);
  const unused = 8 * encoded.length - bits;
  if (((masked[0] ?? 0) & (0xff << (8 - unused)) & 0xff) !== 0) return false;
  const block = xor(masked, mask(digest, hash, masked.length));
  block.writeUInt8((block[0] ?? 0) & (0xff >> unused), 0);
  const one = block.findIndex((octet) => octet !== 0);
  if (one < 0 || block[one] !== 1) return false;
  const salt = block.subarray(one + 1);
  if (saltLength !== ANY_SALT && salt.length !== saltLength) return false;
  const again = createHash(digest).update(Buffer.alloc(8)).update(value).update(salt).digest();
  return again.equals(hash);
}

/** MGF1: as many octets as are wanted. */
function mask(digest: Digest, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let size = 0, counter = 0; size < length; counter += 1) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    const block = createHash(digest).update(seed).update(number).digest();
    blocks.push(block);
    size += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((octet, at) => octet ^ (other[at] ?? 0)));
}
