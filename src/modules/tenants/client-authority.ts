import { FieldError } from '../../platform/errors/domain.error';
import { readCertificate, type Certificate } from '../../platform/x509/certificate';
import { dotted } from '../../platform/x509/oid';

/** A certificate authority whose certificates let devices of one tenant in, under the names that stand in them. */
export interface ClientAuthority {
  readonly id: string;
  readonly name: string;
  /** As it stands in the certificate: `CN=Factory Root, O=Example`. */
  readonly subject: string;
  /** SHA-256 over the certificate, in lower-case hex. */
  readonly fingerprint: string;
  readonly notAfter: Date;
  readonly createdAt: Date;
}

/** More than this a tenant may not have: a certificate that nobody knows is compared with each. */
export const MAX_CLIENT_AUTHORITIES = 100;
export const MAX_CERTIFICATE_LENGTH = 16_384;

const FIELD = 'certificate';

/** Reads the certificate of an authority to be added. Throws a FieldError of `certificate` that says what is wrong. */
export function readAuthority(pem: string, nowMs: number): Certificate {
  const certificate = readOne(pem);
  const why = faultOf(certificate, nowMs);
  if (why !== undefined) throw unprocessable(why);
  return certificate;
}

function readOne(pem: string): Certificate {
  const blocks = pem.match(/-----BEGIN [^-]+-----/g) ?? [];
  if (blocks.some((block) => block.includes('PRIVATE KEY')))
    throw unprocessable('holds a private key: keep that to yourself, the certificate is enough');
  if (blocks.length !== 1) throw unprocessable(`must be one certificate in PEM, and holds ${blocks.length}`);
  try {
    return readCertificate(pem);
  } catch {
    throw unprocessable('cannot be read as a certificate in PEM');
  }
}

/** What would make every certificate under this authority worthless is told now, rather than to each device by a 401. */
function faultOf(certificate: Certificate, nowMs: number): string | undefined {
  const [unread] = certificate.unread;
  if (!certificate.isAuthority)
    return 'is not of an authority: basic constraints must say CA, and the key usage, if there is one, keyCertSign';
  if (certificate.notAfterMs < nowMs)
    return `has expired at ${new Date(certificate.notAfterMs).toISOString()}`;
  if (!certificate.isForClients) return 'has an extended key usage without clientAuth';
  if (!certificate.hasStrongKey)
    return 'has a key other than RSA of 2048 to 8192 bits, a NIST or Brainpool curve from 256 bits, Ed25519 or Ed448';
  return unread === undefined ? undefined : `has an extension that Rookery does not read: ${dotted(unread)}`;
}

function unprocessable(why: string): FieldError {
  return new FieldError(FIELD, why, 'unprocessable');
}
