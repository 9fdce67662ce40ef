import { BlockList, isIP, isIPv6 } from 'node:net';
import { Remembered } from '../../platform/memory/remembered';

const BITS = { ipv4: 32, ipv6: 128 } as const;
/** A look into a BlockList costs 5 µs, a tenth of what Node takes for a whole request; so answers are kept. */
const MAX_REMEMBERED = 10_000;
/** As long as an IPv6 address can be; what is longer is none, and not worth the memory. */
const LONGEST_ADDRESS = 45;

/** A set of IP addresses and CIDR ranges. */
export class AddressRanges {
  readonly isEmpty: boolean;
  private readonly list = new BlockList();
  private readonly remembered = new Remembered(MAX_REMEMBERED, (address: string) => this.look(address));

  /** `source` is the setting that the ranges come from, for the error about one that is none. */
  constructor(ranges: readonly string[], source: string) {
    this.isEmpty = ranges.length === 0;
    for (const range of ranges) this.add(range, source);
  }

  /** `address` as {@link plainAddress} gives it. What is no address is in no range. */
  has(address: string): boolean {
    return !this.isEmpty && address.length <= LONGEST_ADDRESS && this.remembered.answerTo(address);
  }

  private look(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }

  private add(range: string, source: string): void {
    const [address = '', prefix, ...rest] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    // An empty prefix would be the number 0: everybody.
    const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= BITS[family]);
    if (isIP(address) === 0 || !isPrefix || rest.length > 0)
      throw new Error(`${source} names "${range}", which is no IP address or range`);
    if (prefix === undefined) this.list.addAddress(address, family);
    else this.list.addSubnet(address, Number(prefix), family);
  }
}

/** Without the IPv6 form of IPv4 and without the interface that a link-local address came in by. */
export function plainAddress(address: string): string {
  const bare = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return bare.includes('%') ? bare.slice(0, bare.indexOf('%')) : bare;
}

/**
 * What one client can call its own: an IPv4 address, or the 64 bits of an IPv6 network, in which a single host may use as
 * many addresses as it likes. Takes and gives plain addresses.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const first = head.split(':').filter((group) => group !== '');
  const last = (tail ?? '').split(':').filter((group) => group !== '');
  // An IPv4 address at the end stands for two groups.
  const known = first.length + last.length + (address.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? [] : new Array<string>(Math.max(8 - known, 0)).fill('0');
  const network = [...first, ...zeros, ...last].slice(0, 4);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
