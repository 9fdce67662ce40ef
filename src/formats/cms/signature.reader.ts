import { FormatError } from '../format.error';
import { CmsSignature } from './cms-signature';
import { PlainSignature } from './plain-signature';
import { MAX_SIGNATURE_BYTES, readSignedData } from './signed-data.reader';

const PEM = /^-----BEGIN (?:CMS|PKCS7)-----\s([A-Za-z0-9+/=\s]*)-----END (?:CMS|PKCS7)-----\s*$/;
/** Of printable characters to its end: octets of a signature may begin with a brace by chance. */
const JSON_TEXT = /^\s*\{[\s\x20-\x7e]*$/;
/** No letter fits two places of it, so that blanks without end are not tried in all of their splits. */
const BASE64 = /^[A-Za-z0-9+/\s]+(?:=\s*){0,2}$/;
const PKCS7 = Buffer.from('06092a864886f70d0107', 'hex');
/** Of RSA with 8192 bits. Ed25519 has 64; ECDSA, which is shorter, begins as it has to. */
const MAX_PLAIN_BYTES = 1024;
const MIN_PLAIN_BYTES = 64;

/**
 * Reads a signature that stands apart from its content: a CMS in DER or PEM, or the octets of an RSA, ECDSA or Ed25519
 * signature, as they are or in base64. Throws FormatError for anything else.
 */
export function readSignature(bytes: Buffer): CmsSignature | PlainSignature {
  if (bytes.length > MAX_SIGNATURE_BYTES)
    throw new FormatError(`The signature is larger than ${MAX_SIGNATURE_BYTES} bytes, which none is.`);
  const octets = unwrapped(bytes);
  if (isCms(octets)) return new CmsSignature(readSignedData(octets));
  if (octets.length < MIN_PLAIN_BYTES || octets.length > MAX_PLAIN_BYTES)
    throw new FormatError(
      `This is no signature that is known here: a CMS, or RSA, ECDSA or Ed25519 in ${MIN_PLAIN_BYTES} to ${MAX_PLAIN_BYTES} octets, plain or in base64.`,
    );
  return new PlainSignature(octets);
}

function unwrapped(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const pem = PEM.exec(text)?.[1];
  if (pem !== undefined) return Buffer.from(pem, 'base64');
  if (JSON_TEXT.test(text))
    throw new FormatError(
      'This is JSON, maybe a bundle of cosign. Give the signature itself, which stands there in base64.',
    );
  return BASE64.test(text) ? Buffer.from(text, 'base64') : bytes;
}

/** A SEQUENCE that begins with an identifier of PKCS #7; an ECDSA signature is one that begins with a number. */
function isCms(octets: Buffer): boolean {
  if (octets[0] !== 0x30) return false;
  const length = octets[1] ?? 0;
  const start = length > 0x80 ? 2 + (length - 0x80) : 2;
  return octets.subarray(start, start + PKCS7.length).equals(PKCS7);
}
