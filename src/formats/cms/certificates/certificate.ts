import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate as CertificateShape,
  ExtendedKeyUsage,
  KeyUsage,
  type AlgorithmIdentifier,
  type Extension,
} from '@peculiar/asn1-x509';
import { keyFault } from '../keys/key';
import { signatureSchemeOf } from '../keys/scheme';

/** What a certificate says, as far as signatures go by it. */
export interface Certificate {
  readonly x509: X509Certificate;
  /** SHA-256 over all of it, lower-case hex. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isSelfIssued: boolean;
  /** Whether it may issue others. */
  readonly isAuthority: boolean;
  /** A root from before there were extensions. */
  readonly isOldRoot: boolean;
  /** How many authorities may stand between it and a signer; undefined: any number. */
  readonly pathLength: number | undefined;
  /** Whether its key may sign contents. */
  readonly maySign: boolean;
  /** Object identifiers of the extended key usage; undefined: there is none. */
  readonly usages: readonly string[] | undefined;
  /** Identifiers of extensions that narrow what it is good for, and that are not read here. */
  readonly unread: readonly string[];
  /** What speaks against the way it was signed, or against its key; undefined: nothing. */
  readonly signatureFault: string | undefined;
  readonly keyFault: string | undefined;
  /** Undefined: of a kind that OpenSSL does not know. */
  readonly key: KeyObject | undefined;
  /** How signatures name it: issuer and serial number, or an identifier of its key, in hex. */
  readonly names: readonly string[];
}

const ID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Read here, or about policies, names and lists that nobody asks for here. A critical one of any other kind spoils it. */
const KNOWN: readonly string[] = [
  ...[ID.subjectKeyIdentifier, ID.keyUsage, ID.basicConstraints, ID.extendedKeyUsage],
  ...['2.5.29.17', '2.5.29.18', '2.5.29.31', '2.5.29.32', '2.5.29.35', '2.5.29.36', '2.5.29.54'],
];
/** digitalSignature or nonRepudiation. */
const SIGNS = 0x03;

/** Reads one certificate, PEM or DER. Throws what OpenSSL or the reader says when it is none. */
export function readCertificate(bytes: string | Buffer): Certificate {
  const x509 = new X509Certificate(bytes);
  const shape = AsnConvert.parse(x509.raw, CertificateShape);
  const extensions = shape.tbsCertificate.extensions ?? [];
  const key = publicKeyOf(x509);
  return {
    x509,
    fingerprint: createHash('sha256').update(x509.raw).digest('hex'),
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    serial: x509.serialNumber.toLowerCase(),
    notBeforeMs: epochMs(x509.validFrom),
    notAfterMs: epochMs(x509.validTo),
    ...limitsOf(extensions, x509),
    signatureFault: signatureFaultOf(shape.signatureAlgorithm),
    keyFault: keyFault(key),
    key,
    names: namesOf(shape, extensions),
  };
}

/** How a signature names a certificate by its issuer and serial number. */
export function issuerAndSerial(issuer: object, serial: ArrayBuffer): string {
  return `${Buffer.from(AsnConvert.serialize(issuer)).toString('hex')} ${Buffer.from(serial).toString('hex')}`;
}

type Limits = Pick<
  Certificate,
  'isSelfIssued' | 'isAuthority' | 'isOldRoot' | 'pathLength' | 'maySign' | 'usages' | 'unread'
>;

function limitsOf(extensions: readonly Extension[], x509: X509Certificate): Limits {
  const value = (id: string): Buffer | undefined => {
    const extension = extensions.find(({ extnID }) => extnID === id);
    return extension === undefined ? undefined : Buffer.from(extension.extnValue.buffer);
  };
  const keyUsage = value(ID.keyUsage);
  const usages = value(ID.extendedKeyUsage);
  const constraints = value(ID.basicConstraints);
  const isSelfIssued = x509.subject === x509.issuer;
  return {
    isSelfIssued,
    isAuthority: x509.ca,
    isOldRoot: isSelfIssued && extensions.length === 0,
    pathLength:
      constraints === undefined
        ? undefined
        : AsnConvert.parse(constraints, BasicConstraints).pathLenConstraint,
    maySign: keyUsage === undefined || (AsnConvert.parse(keyUsage, KeyUsage).toNumber() & SIGNS) !== 0,
    usages: usages === undefined ? undefined : [...AsnConvert.parse(usages, ExtendedKeyUsage)],
    unread: extensions
      .filter(
        ({ extnID, critical }) => extnID === ID.nameConstraints || (critical && !KNOWN.includes(extnID)),
      )
      .map(({ extnID }) => extnID),
  };
}

function signatureFaultOf({ algorithm, parameters }: AlgorithmIdentifier): string | undefined {
  const scheme = signatureSchemeOf(algorithm, parameters ?? undefined);
  return 'fault' in scheme ? scheme.fault : undefined;
}

function namesOf(shape: CertificateShape, extensions: readonly Extension[]): string[] {
  const { issuer, serialNumber } = shape.tbsCertificate;
  const keyId = extensions.find(({ extnID }) => extnID === ID.subjectKeyIdentifier)?.extnValue.buffer;
  // The identifier is an OCTET STRING inside of the value: two octets of tag and length come first.
  const byKey = keyId === undefined ? [] : [Buffer.from(keyId).subarray(2).toString('hex')];
  return [issuerAndSerial(issuer, serialNumber), ...byKey];
}

/** Undefined when it is empty, whatever its type says. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').reverse().join(', ');
}

function epochMs(date: string): number {
  const ms = Date.parse(date);
  if (Number.isNaN(ms)) throw new Error(`"${date}" is no date`);
  return ms;
}

function publicKeyOf(x509: X509Certificate): KeyObject | undefined {
  try {
    return x509.publicKey;
  } catch {
    return undefined;
  }
}
