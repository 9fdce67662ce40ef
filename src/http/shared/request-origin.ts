import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AddressRanges, plainAddress } from './address-ranges';

/** Who sent a request, and under which address of ours: from the socket, or from the proxies that we trust. */
export class RequestOrigin {
  private readonly trusted: AddressRanges;

  /** `publicUrl` stands above everything a request says. `trustedProxies`: addresses or CIDR ranges. */
  constructor(
    private readonly publicUrl: string | undefined,
    trustedProxies: readonly string[],
  ) {
    this.trusted = new AddressRanges(trustedProxies, 'ROOKERY_TRUSTED_PROXIES');
  }

  /** Whether one of the proxies that we trust sent it. */
  isFromProxy(request: IncomingMessage): boolean {
    return this.trusted.has(plainAddress(request.socket.remoteAddress ?? ''));
  }

  /** The address of the client, without the IPv6 form of IPv4. Forwarded headers of strangers are ignored. */
  clientAddress(request: IncomingMessage): string {
    const direct = plainAddress(request.socket.remoteAddress ?? '');
    if (!this.trusted.has(direct)) return direct;
    const hops = (headerOf(request, 'x-forwarded-for') ?? '')
      .split(',')
      .map((hop) => plainAddress(hop.trim()));
    // What stands left of a hop that cannot be read was written by a stranger.
    const nearest = hops.reverse().find((hop) => !this.trusted.has(hop)) ?? direct;
    return isIP(nearest) === 0 ? direct : nearest;
  }

  /** `https://updates.example.com`: what the links that we hand out begin with. */
  baseUrl(request: IncomingMessage): string {
    if (this.publicUrl !== undefined) return this.publicUrl;
    return this.askedUrl(request);
  }

  /** Every address of ours that the device may have meant: the public one, and the one that its request names. */
  baseUrls(request: IncomingMessage): string[] {
    const asked = this.askedUrl(request);
    return this.publicUrl === undefined ? [asked] : [this.publicUrl, asked];
  }

  private askedUrl(request: IncomingMessage): string {
    const isProxied = this.isFromProxy(request);
    const protocol = (isProxied && firstOf(headerOf(request, 'x-forwarded-proto'))) || protocolOf(request);
    const host = (isProxied && firstOf(headerOf(request, 'x-forwarded-host'))) || request.headers.host;
    return `${protocol === 'https' ? 'https' : 'http'}://${host ?? `localhost:${request.socket.localPort ?? 80}`}`;
  }
}

/** As it is spoken to us: only the sockets of TLS have such a property. */
function protocolOf({ socket }: IncomingMessage): 'https' | 'http' {
  return 'encrypted' in socket ? 'https' : 'http';
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function firstOf(list: string | undefined): string | undefined {
  const first = list?.split(',', 1)[0]?.trim();
  return first === '' ? undefined : first;
}
