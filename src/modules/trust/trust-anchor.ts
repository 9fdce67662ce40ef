import { createPublicKey, type KeyObject } from 'node:crypto';
import { PURPOSES, type Anchor, type Purpose } from '../../formats/cms/certificates/anchor';
import { readCertificate, type Certificate } from '../../formats/cms/certificates/certificate';
import { keyFault, keyFingerprint } from '../../formats/cms/keys/key';
import { FieldError } from '../../platform/errors/domain.error';

export const ANCHOR_KINDS = ['certificate', 'key'] as const;
export type AnchorKind = (typeof ANCHOR_KINDS)[number];

/** See Purpose of formats/cms: what the extended key usage of signers under a certificate has to allow. */
export const ANCHOR_PURPOSES = PURPOSES;
export type AnchorPurpose = Purpose;

/** A certificate or public key whose signatures a tenant believes. */
export interface TrustAnchor extends AnchorFacts {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Who added it, as the audit names people and tokens. */
  readonly createdBy: string;
}

export interface AnchorFacts {
  readonly kind: AnchorKind;
  /** As it is kept: one block, without whatever stood around it. */
  readonly pem: string;
  /** SHA-256 over the certificate or the public key, in lower-case hex. */
  readonly fingerprint: string;
  /** Of its key: `rsa`, `rsa-pss`, `ec`, `ed25519`. */
  readonly algorithm: string;
  /** Of a key always `any`: it says nothing about it. */
  readonly purpose: AnchorPurpose;
  /** The rest is of a certificate. */
  readonly subject: string | undefined;
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
}

/** More than this a tenant may not have: a signature is compared with each. */
export const MAX_TRUST_ANCHORS = 100;
export const MAX_PEM_LENGTH = 16_384;

/** For what an anchor is added. */
export interface AnchorWish {
  readonly purpose: AnchorPurpose;
  /** From when on certificates count as expired; undefined: the tenant takes signatures of expired ones, too. */
  readonly nowMs: number | undefined;
}

const FIELD = 'pem';
const BLOCKS = /-----BEGIN ([^-\n]+)-----/g;

/** Reads what is to be trusted. Throws a FieldError of `pem` that says what is wrong, and quotes nothing of it. */
export function readAnchor(pem: string, wish: AnchorWish): AnchorFacts {
  const labels = [...pem.matchAll(BLOCKS)].map((match) => match[1] ?? '');
  if (labels.some((label) => label.includes('PRIVATE KEY')))
    throw unprocessable(
      'holds a private key, which was not kept: the certificate or public key is enough, and whoever has seen the private key can sign',
    );
  const [label, ...more] = labels;
  if (label === undefined) throw unprocessable(noBlock(pem));
  if (more.length > 0)
    throw unprocessable(
      `must be one certificate or public key, and holds ${labels.length}: add each that you trust by a request of its own`,
    );
  switch (label) {
    case 'CERTIFICATE':
    case 'X509 CERTIFICATE':
      return certificateFacts(pem, wish);
    case 'PUBLIC KEY':
    case 'RSA PUBLIC KEY':
      return keyFacts(pem);
    default:
      throw unprocessable(otherBlock(label));
  }
}

/** The stored anchor as signatures are judged by it; undefined: a newer OpenSSL reads it no longer, so it vouches for nothing. */
export function anchorOf({ kind, pem, fingerprint, purpose }: AnchorFacts): Anchor | undefined {
  try {
    return kind === 'certificate'
      ? { kind, certificate: readCertificate(pem), purpose }
      : { kind, key: createPublicKey(pem), fingerprint };
  } catch {
    return undefined;
  }
}

function certificateFacts(pem: string, { purpose, nowMs }: AnchorWish): AnchorFacts {
  const certificate = readable(() => readCertificate(pem), 'certificate');
  const fault = faultOf(certificate, purpose) ?? expiry(certificate, nowMs);
  if (fault !== undefined) throw unprocessable(fault);
  return {
    kind: 'certificate',
    pem: certificate.x509.toString(),
    fingerprint: certificate.fingerprint,
    algorithm: certificate.key?.asymmetricKeyType ?? '',
    purpose,
    subject: certificate.subject,
    notBefore: new Date(certificate.notBeforeMs),
    notAfter: new Date(certificate.notAfterMs),
  };
}

function keyFacts(pem: string): AnchorFacts {
  const key = readable(() => createPublicKey(pem), 'public key');
  const fault = keyFault(key);
  if (fault !== undefined) throw unprocessable(`is ${fault}`);
  return {
    kind: 'key',
    pem: pemOf(key),
    fingerprint: keyFingerprint(key),
    algorithm: key.asymmetricKeyType ?? '',
    purpose: 'any',
    ...{ subject: undefined, notBefore: undefined, notAfter: undefined },
  };
}

/** What would make every signature under this certificate worthless is told now, rather than with each release. */
function faultOf(certificate: Certificate, purpose: AnchorPurpose): string | undefined {
  const [unread] = certificate.unread;
  const { usages, isAuthority, isOldRoot, maySign } = certificate;
  if (certificate.keyFault !== undefined) return `has ${certificate.keyFault}`;
  if (unread !== undefined) return `has an extension that Rookery does not read: ${unread}`;
  if (!isAuthority && !isOldRoot && !maySign)
    return 'may neither sign nor issue certificates, as its key usage says';
  if (purpose !== 'any' && usages !== undefined && !usages.includes(USAGE[purpose]))
    return `has an extended key usage without ${purpose}`;
  return undefined;
}

const USAGE = { emailProtection: '1.3.6.1.5.5.7.3.4', codeSigning: '1.3.6.1.5.5.7.3.3' } as const;

function expiry({ notAfterMs }: Certificate, nowMs: number | undefined): string | undefined {
  if (nowMs === undefined || nowMs <= notAfterMs) return undefined;
  return `has expired at ${new Date(notAfterMs).toISOString()}, and this tenant's settings (signatures.expiry) take certificates only as long as they are valid`;
}

function noBlock(text: string): string {
  return /^\s*(?:ssh|ecdsa)-\S+ /.test(text)
    ? 'is a public key in the form of SSH; write it in PEM: ssh-keygen -e -m PKCS8 -f key.pub'
    : 'must be one certificate or public key in PEM, and holds none';
}

function otherBlock(label: string): string {
  if (label.endsWith('CERTIFICATE REQUEST'))
    return 'is a request for a certificate (CSR): add the certificate that was issued on it';
  if (label === 'TRUSTED CERTIFICATE')
    return "is a certificate in OpenSSL's own form; write it in the usual one: openssl x509 -in file -out file.pem";
  return 'is neither a certificate nor a public key';
}

function readable<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch {
    throw unprocessable(`cannot be read as a ${what} in PEM: it is damaged or cut off`);
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function unprocessable(why: string): FieldError {
  return new FieldError(FIELD, why, 'unprocessable');
}
