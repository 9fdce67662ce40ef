import type { Certificate } from './certificate';

/** From when until when something holds. */
interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a client sends along beyond these is not looked at. Each pair of them costs a check of a signature, once. */
export const MOST_SENT = 5;

/**
 * The certificate by which a client proved in its handshake who it is, with those of authorities that it sent along. It is
 * believed only for the sake of authorities that the caller names: nothing else on this server, or in what the client
 * sent, makes it good.
 */
export class PresentedCertificate {
  private readonly sent: readonly Certificate[];
  private readonly spans = new Map<string, Span | undefined>();
  private readonly links = new Map<string, boolean>();

  constructor(
    private readonly own: Certificate,
    sent: readonly Certificate[] = [],
  ) {
    this.sent = sent.slice(0, MOST_SENT);
  }

  /** Of the certificate itself: SHA-256, lower-case hex. */
  get fingerprint(): string {
    return this.own.fingerprint;
  }

  get names(): readonly string[] {
    return this.own.names;
  }

  /**
   * Whether an unbroken path of certificates, each good for clients and valid now, leads to one of these authorities. They
   * are ends of paths themselves, whoever issued them.
   */
  isIssuedUnder(authorities: readonly Certificate[], nowMs: number): boolean {
    return authorities.some((authority) => {
      const span = this.spanUnder(authority);
      return span !== undefined && span.fromMs <= nowMs && nowMs <= span.untilMs;
    });
  }

  private spanUnder(authority: Certificate): Span | undefined {
    const { fingerprint } = authority;
    if (!this.spans.has(fingerprint)) {
      const { own, sent } = this;
      const mayBe = own.isForSigning && isUsable(own);
      this.spans.set(
        fingerprint,
        mayBe ? this.search(own, { authority, between: sent, depth: 0 }) : undefined,
      );
    }
    return this.spans.get(fingerprint);
  }

  /** How long the path from `certificate` to the authority holds; of several, the one that holds longest. */
  private search(certificate: Certificate, { authority, between, depth }: Search): Span | undefined {
    if (mayIssue(authority, depth) && this.isLinked(authority, certificate))
      return overlap(certificate, authority);
    const paths = between.flatMap((issuer) => {
      if (!mayIssue(issuer, depth) || !this.isLinked(issuer, certificate)) return [];
      const rest = { authority, between: between.filter((one) => one !== issuer), depth: depth + 1 };
      const above = this.search(issuer, rest);
      return above === undefined ? [] : [overlap(certificate, above)];
    });
    return paths.sort((a, b) => b.untilMs - a.untilMs)[0];
  }

  /** Whether the issuer's name and key are those under the certificate. */
  private isLinked(issuer: Certificate, certificate: Certificate): boolean {
    const link = `${issuer.fingerprint} ${certificate.fingerprint}`;
    let isLinked = this.links.get(link);
    if (isLinked === undefined) {
      isLinked = isSignedBy(certificate, issuer);
      this.links.set(link, isLinked);
    }
    return isLinked;
  }
}

interface Search {
  readonly authority: Certificate;
  /** What may still stand between: each at most once, so the search ends. */
  readonly between: readonly Certificate[];
  /** How many stand below already. */
  readonly depth: number;
}

function mayIssue(issuer: Certificate, depth: number): boolean {
  const { isAuthority, pathLength = depth } = issuer;
  return isAuthority && depth <= pathLength && isUsable(issuer);
}

/** What narrows a certificate in a way that we do not read makes it worthless to us. */
function isUsable({ isForClients, hasStrongKey, unread }: Certificate): boolean {
  return isForClients && hasStrongKey && unread.length === 0;
}

function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  return (
    certificate.isStronglySigned &&
    certificate.x509.checkIssued(issuer.x509) &&
    certificate.x509.verify(issuer.x509.publicKey)
  );
}

function overlap({ notBeforeMs, notAfterMs }: Certificate, above: Span | Certificate): Span {
  const { fromMs, untilMs } =
    'fromMs' in above ? above : { fromMs: above.notBeforeMs, untilMs: above.notAfterMs };
  return { fromMs: Math.max(notBeforeMs, fromMs), untilMs: Math.min(notAfterMs, untilMs) };
}
