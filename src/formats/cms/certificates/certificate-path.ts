import type { CertificateAnchor, Purpose } from './anchor';
import type { Certificate } from './certificate';

/** Whom a path may lead to, by way of whom, and what is asked of those on it. */
export interface PathSearch {
  readonly anchors: readonly CertificateAnchor[];
  /** What the signer sent along. */
  readonly between: readonly Certificate[];
  /** At which time all of them must be valid; undefined: at none. */
  readonly atMs: number | undefined;
}

/** The anchor that vouches for a certificate, or why none does. */
export type PathResult = { readonly anchor: CertificateAnchor } | { readonly reason: string };

interface Step {
  readonly certificate: Certificate;
  /** How many authorities stand below that count for a limit of the path's length. */
  readonly length: number;
}

const ID = { emailProtection: '1.3.6.1.5.5.7.3.4', codeSigning: '1.3.6.1.5.5.7.3.3' } as const;
/** No certificate of a signature needs more of them above it. */
const MAX_STEPS = 10;

/**
 * Looks for a path from a signer's certificate to an anchor: each link a signature that holds, each issuer one that may issue,
 * all of them fit for the anchor's purpose and valid at the time that is asked about. The search goes breadth first and looks at
 * each certificate once, on its shortest path, so what a stranger sends along cannot make it long.
 */
export function findPath(signer: Certificate, search: PathSearch): PathResult {
  const reasons: string[] = [];
  for (const anchor of search.anchors) {
    const result = pathTo(anchor, signer, search);
    if ('anchor' in result) return result;
    reasons.push(result.reason);
  }
  const [reason] = reasons.sort((one, other) => rank(one) - rank(other));
  return { reason: reason ?? 'there is no certificate among the trust anchors' };
}

/** "Nobody issued it" is said only when no anchor has anything better to say. */
function rank(reason: string): number {
  return reason.startsWith(UNKNOWN) ? 1 : 0;
}

const UNKNOWN = 'no trust anchor, and nothing that may be sent along, is the issuer ';

function pathTo(anchor: CertificateAnchor, signer: Certificate, search: PathSearch): PathResult {
  const fault = signerFault(signer, anchor.purpose) ?? faultOf(signer, search.atMs);
  if (fault !== undefined) return { reason: `${nameOf(signer)} ${fault}` };
  if (signer.fingerprint === anchor.certificate.fingerprint) return { anchor };
  const climb: Climb = { anchor, search, seen: new Set([signer.fingerprint]), reasons: [] };
  let steps: Step[] | undefined = [{ certificate: signer, length: 0 }];
  for (let count = 0; count < MAX_STEPS && steps.length > 0; count += 1) {
    steps = stepsAbove(steps, climb);
    if (steps === undefined) return { anchor };
  }
  return { reason: climb.reasons[0] ?? `${UNKNOWN}"${lastIssuer(signer, search.between)}"` };
}

/** The search for one anchor, and what it has found out. */
interface Climb {
  readonly anchor: CertificateAnchor;
  readonly search: PathSearch;
  readonly seen: Set<string>;
  readonly reasons: string[];
}

/** Undefined: the anchor is among them. */
function stepsAbove(steps: readonly Step[], climb: Climb): Step[] | undefined {
  const { anchor, search, seen, reasons } = climb;
  const next: Step[] = [];
  for (const step of steps) {
    for (const issuer of issuersOf(step.certificate, [anchor.certificate, ...search.between])) {
      const why = linkFault(issuer, step, { anchor, atMs: search.atMs });
      if (why !== undefined) {
        reasons.push(`${nameOf(issuer)} ${why}`);
        continue;
      }
      if (issuer.fingerprint === anchor.certificate.fingerprint) return undefined;
      if (!seen.has(issuer.fingerprint)) next.push(above(step, issuer));
      seen.add(issuer.fingerprint);
    }
  }
  return next;
}

function above({ length }: Step, certificate: Certificate): Step {
  return { certificate, length: certificate.isSelfIssued ? length : length + 1 };
}

/** By name and key identifier only; whether the signature holds is asked where it counts. */
function issuersOf(certificate: Certificate, candidates: readonly Certificate[]): Certificate[] {
  return candidates.filter(
    (one) =>
      one.fingerprint !== certificate.fingerprint &&
      one.subject === certificate.issuer &&
      one.x509.subject === certificate.x509.issuer,
  );
}

interface Demand {
  readonly anchor: CertificateAnchor;
  readonly atMs: number | undefined;
}

/** Why this one cannot stand above that one; undefined: it can. */
function linkFault(issuer: Certificate, { certificate, length }: Step, demand: Demand): string | undefined {
  const { anchor, atMs } = demand;
  const isRoot = issuer.isOldRoot && issuer.fingerprint === anchor.certificate.fingerprint;
  if (!issuer.isAuthority && !isRoot) return 'is not an authority and may issue no certificate';
  if (issuer.pathLength !== undefined && length > issuer.pathLength)
    return 'allows fewer authorities below it';
  if (!allows(issuer, anchor.purpose)) return `is not meant for ${anchor.purpose}`;
  const fault = faultOf(issuer, atMs);
  if (fault !== undefined) return fault;
  if (certificate.signatureFault !== undefined)
    return `has issued "${certificate.subject}", but ${certificate.signatureFault}`;
  return isSignedBy(certificate, issuer) ? undefined : `has not issued "${certificate.subject}"`;
}

/** Certificates by whether those that were asked about have issued them. */
const LINKS = new WeakMap<Certificate, WeakMap<Certificate, boolean>>();

/** Asked once of each two, however many anchors, signers and ways there are: each answer costs a verification. */
function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const known = LINKS.get(certificate) ?? new WeakMap<Certificate, boolean>();
  LINKS.set(certificate, known);
  const holds = known.get(issuer) ?? verified(certificate, issuer);
  known.set(issuer, holds);
  return holds;
}

function verified({ x509 }: Certificate, issuer: Certificate): boolean {
  try {
    return issuer.key !== undefined && x509.checkIssued(issuer.x509) && x509.verify(issuer.key);
  } catch {
    return false;
  }
}

function signerFault(signer: Certificate, purpose: Purpose): string | undefined {
  if (!signer.maySign) return 'has a key usage without digitalSignature';
  if (purpose === 'codeSigning' && signer.usages === undefined)
    return 'has no extended key usage and is not meant for codeSigning';
  return allows(signer, purpose) ? undefined : `has an extended key usage without ${purpose}`;
}

/** Of authorities, too: an extended key usage of theirs limits those below. */
function allows({ usages }: Certificate, purpose: Purpose): boolean {
  return purpose === 'any' || usages === undefined || usages.includes(ID[purpose]);
}

/** What makes a certificate worthless wherever it stands. */
function faultOf(certificate: Certificate, atMs: number | undefined): string | undefined {
  const [unread] = certificate.unread;
  if (certificate.keyFault !== undefined) return `has ${certificate.keyFault}`;
  if (unread !== undefined) return `has an extension that is not read here: ${unread}`;
  if (atMs === undefined) return undefined;
  if (atMs > certificate.notAfterMs) return `has expired at ${instant(certificate.notAfterMs)}`;
  return atMs < certificate.notBeforeMs
    ? `is not valid before ${instant(certificate.notBeforeMs)}`
    : undefined;
}

/** Whose certificate is missing to go on. */
function lastIssuer(signer: Certificate, between: readonly Certificate[]): string {
  let last = signer;
  for (let count = 0; count < MAX_STEPS; count += 1) {
    const [issuer] = issuersOf(last, between);
    if (issuer === undefined) break;
    last = issuer;
  }
  return last.issuer;
}

function nameOf({ subject }: Certificate): string {
  return `the certificate "${subject}"`;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
