import { X509Certificate, type KeyObject } from 'node:crypto';
import { readExtensions, type Extensions } from './extensions';
import { DerError, readDer, readInside, type DerValue } from './der';
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
  const { fields, signature } = partsOf(x509.raw);
  const extensions = readExtensions(fields.find((field) => field.tag === EXTENSIONS)?.content);
  return {
    ...extensions,
    x509,
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: subjectOf(x509),
    notBeforeMs: epochMs(x509.validFrom),
    notAfterMs: epochMs(x509.validTo),
    // OpenSSL's answer has regard to the key usage, too.
    isAuthority: extensions.isAuthority && x509.ca,
    names: [...commonNames(fields[SUBJECT_AT]), ...extensions.alternativeNames],
    isStronglySigned: STRONG_SIGNATURES.has(signature),
    hasStrongKey: isStrong(x509),
  };
}

/** The fields that are signed, without the version, and the kind of the signature. */
function partsOf(raw: Buffer): { fields: DerValue[]; signature: string } {
  const [signed, algorithm] = readInside(raw);
  if (signed === undefined || algorithm === undefined) throw new DerError('parts are missing');
  const fields = readDer(signed.content);
  if (fields[0]?.tag === VERSION) fields.shift();
  return { fields, signature: readDer(algorithm.content)[0]?.content.toString('hex') ?? '' };
}

/** Undefined when it is empty, whatever its type says. */
function subjectOf({ subject }: { readonly subject: string | undefined }): string {
  return (subject ?? '').split('\n').reverse().join(', ');
}

function epochMs(date: string): number {
  const ms = Date.parse(date);
  if (Number.isNaN(ms)) throw new DerError(`"${date}" is no date`);
  return ms;
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
  switch (key?.asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= 2048 && modulusLength <= 8192;
    case 'ec':
      return STRONG_CURVES.includes(namedCurve);
    default:
      return key?.asymmetricKeyType === 'ed25519' || key?.asymmetricKeyType === 'ed448';
  }
}

/** Undefined for keys of a kind that OpenSSL does not know. */
function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}
