import type { Socket } from 'node:net';
import { TLSSocket, type DetailedPeerCertificate } from 'node:tls';
import { readCertificate, type Certificate } from './certificate';
import { MOST_SENT, PresentedCertificate } from './presented-certificate';

/** By connection: reading a certificate costs more than a poll, and connections live long. */
const known = new WeakMap<TLSSocket, PresentedCertificate | false>();

/** The certificate of who is at the other end, not judged yet; undefined without TLS and for who has shown none. */
export function presentedBy(socket: Socket): PresentedCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  let presented = known.get(socket);
  if (presented === undefined) {
    presented = read(socket) ?? false;
    known.set(socket, presented);
  }
  return presented === false ? undefined : presented;
}

/** Node strings together what came along, by the names in it. */
function read(socket: TLSSocket): PresentedCertificate | undefined {
  const own = socket.getPeerCertificate(true);
  const certificate = certificateOf(own);
  if (certificate === undefined) return undefined;
  const sent: Certificate[] = [];
  for (let next = issuerOf(own); next !== undefined && sent.length < MOST_SENT; next = issuerOf(next)) {
    const issuer = certificateOf(next);
    if (issuer === undefined) break;
    sent.push(issuer);
  }
  return new PresentedCertificate(certificate, sent);
}

/** Missing at the end of what was sent, whatever its type says; a root is its own issuer. */
function issuerOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate | undefined {
  const issuer = certificate.issuerCertificate as DetailedPeerCertificate | undefined;
  return issuer === certificate ? undefined : issuer;
}

/** Undefined for what cannot be read, and for the empty object that stands for none. */
function certificateOf({ raw }: { readonly raw?: Buffer }): Certificate | undefined {
  try {
    return raw === undefined ? undefined : readCertificate(raw);
  } catch {
    return undefined;
  }
}
