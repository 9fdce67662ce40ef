import { X509Certificate, type KeyObject } from 'node:crypto';
import { readExtensions, type Extensions } from './extensions';
import { readDer, readInside, type DerValue } from './der';
import { OID, STRONG_SIGNATURES } from './oid';

/** What a certificate says, as far as we go by it. */
export interface Certificate extends Extensions {
  readonly x509: X509Certificate;
  /** SHA-256 over all of it, in lower-case hex. */
  readonly fingerprint: string;
  /** For people: `CN=Factory Root, O=Example`. */
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Common names, and alternative names that are DNS names or URIs, exactly as they stand there. */
  readonly names: readonly string[];
  /** Whether the signature under it is of a kind that nobody can forge today. */
  readonly isStronglySigned: boolean;
  readonly hasStrongKey: boolean;
}

/** tbsCertificate may begin with a version, which is tagged so. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const SUBJECT_AT = 4;
/** UTF8String, PrintableString, IA5String: the texts whose octets are UTF-8. */
const TEXT_TAGS: readonly number[] = [0x0c, 0x13, 0x16];

/** Reads one certificate, PEM or DER. Throws what OpenSSL or our reader says when it is none. */
export function readCertificate(bytes: string | Buffer): Certificate {
  const x509 = new X509Certificate(bytes);
  const [tbs, signature] = readInside(x509.raw);
  if (tbs === undefined || signature === undefined) throw new Error('parts are missing');
  const fields = readDer(tbs.content);
  if (fields[0]?.tag === VERSION) fields.shift();
  const extensions = readExtensions(fields.find((field) => field.tag === EXTENSIONS)?.content);
  const notBeforeMs = Date.parse(x509.validFrom);
  const notAfterMs = Date.parse(x509.validTo);
  if (Number.isNaN(notBeforeMs) || Number.isNaN(notAfterMs)) throw new Error('its dates cannot be read');
  return {
    ...extensions,
    x509,
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: (x509.subject ?? '').split('\n').reverse().join(', '),
    notBeforeMs,
    notAfterMs,
    // X509_check_ca looks at the key usage, too.
    isAuthority: extensions.isAuthority && x509.ca,
    names: [...commonNames(fields[SUBJECT_AT]), ...extensions.alternativeNames],
    isStronglySigned: STRONG_SIGNATURES.has(readDer(signature.content)[0]?.content.toString('hex') ?? ''),
    hasStrongKey: isStrong(x509),
  };
}

/** A subject is a sequence of sets of pairs of a kind and a value. */
function commonNames(subject: DerValue | undefined): string[] {
  if (subject === undefined) return [];
  return readDer(subject.content)
    .flatMap((set) => readDer(set.content))
    .flatMap((pair) => {
      const [kind, value] = readDer(pair.content);
      const isName = kind?.content.toString('hex') === OID.commonName;
      return isName && value !== undefined && TEXT_TAGS.includes(value.tag) ? [value.content.toString()] : [];
    });
}

const STRONG_CURVES: readonly (string | undefined)[] = [
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
];

/** Very long keys are left out as well: whoever comes along could keep us busy with them. */
function isStrong(x509: X509Certificate): boolean {
  const key = publicKeyOf(x509);
  const { modulusLength = 0, namedCurve } = key?.asymmetricKeyDetails ?? {};
  if (key?.asymmetricKeyType === 'rsa') return modulusLength >= 2048 && modulusLength <= 8192;
  if (key?.asymmetricKeyType === 'ec') return STRONG_CURVES.includes(namedCurve);
  return key?.asymmetricKeyType === 'ed25519' || key?.asymmetricKeyType === 'ed448';
}

/** Undefined for keys of a kind that OpenSSL does not know. */
function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}
