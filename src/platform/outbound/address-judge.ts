import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { IPv4, parse, parseCIDR, type IPv6 } from 'ipaddr.js';

type Address = IPv4 | IPv6;
type Range = readonly [Address, number];

/** Reaches into the machine's own cloud, though its address looks like any other: Azure's agent. */
const ALSO_FORBIDDEN: readonly Range[] = [parseCIDR('168.63.129.16/32')];
/** All that is handed out for the public IPv6 network; ipaddr.js calls whatever has no special meaning unicast. */
const GLOBAL_IPV6 = parseCIDR('2000::/3');
/** `::a.b.c.d`, which no system should route any more. */
const COMPATIBLE = parseCIDR('::/96');
/** NAT64's well-known prefix. What lies below the local one (64:ff9b:1::/48) cannot be told and is refused. */
const NAT64 = parseCIDR('64:ff9b::/96');

/**
 * Says to which addresses this server may connect on somebody's behalf: to those of the public network, and to those that the
 * operator allowed. IPv6 forms that carry an IPv4 address inside are judged by what is inside.
 */
export class AddressJudge {
  private readonly allowed: readonly Range[];

  constructor(
    allowed: readonly string[],
    private readonly ownAddresses: () => readonly string[] = addressesOfThisMachine,
  ) {
    this.allowed = allowed.map(rangeOf);
  }

  /** Why nobody may connect to `address`, as a word or two; undefined when one may. */
  faultOf(address: string): string | undefined {
    // An address with a zone is link-local; other forms (octal, short) never come out of a URL or a resolver.
    if (address.includes('%') || isIP(address) === 0) return 'not a plain IP address';
    return this.judge(parse(address));
  }

  private judge(address: Address): string | undefined {
    if (this.allowed.some((range) => isWithin(address, range))) return undefined;
    const inside = address.kind() === 'ipv6' ? insideOf(address as IPv6) : [];
    if (inside.length > 0) return inside.map((one) => this.judge(one)).find((fault) => fault !== undefined);
    return faultOfRange(address) ?? (this.isOwn(address) ? "the server's own" : undefined);
  }

  private isOwn(address: Address): boolean {
    const text = address.toString();
    return this.ownAddresses().some((own) => isIP(own) !== 0 && parse(own).toString() === text);
  }
}

function faultOfRange(address: Address): string | undefined {
  const kind = address.range();
  if (kind !== 'unicast') return kind;
  if (ALSO_FORBIDDEN.some((range) => isWithin(address, range))) return 'reserved';
  return address.kind() === 'ipv6' && !isWithin(address, GLOBAL_IPV6) ? 'reserved' : undefined;
}

/** The IPv4 addresses that a packet to `address` may end up at. */
function insideOf(address: IPv6): IPv4[] {
  const bytes = address.toByteArray();
  switch (address.range()) {
    case 'ipv4Mapped':
    case 'rfc6145':
      return [new IPv4(bytes.slice(12))];
    case 'rfc6052':
      return isWithin(address, NAT64) ? [new IPv4(bytes.slice(12))] : [];
    case '6to4':
      return [new IPv4(bytes.slice(2, 6))];
    case 'teredo':
      // Its server, and its client with all bits turned.
      return [new IPv4(bytes.slice(4, 8)), new IPv4(bytes.slice(12).map((byte) => byte ^ 0xff))];
    case 'unicast':
      return isWithin(address, COMPATIBLE) ? [new IPv4(bytes.slice(12))] : [];
    default:
      return [];
  }
}

function isWithin(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function rangeOf(text: string): Range {
  if (text.includes('/')) return parseCIDR(text);
  const address = parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** A service that listens on all addresses is reached by the public ones too, past any firewall in front. */
function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}
