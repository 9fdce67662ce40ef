import { AddressRanges, networkOf, plainAddress } from './address-ranges';

describe('AddressRanges', () => {
  const ranges = new AddressRanges(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', 'fe80::/10'], 'SETTING');

  it.each([
    '10.1.2.3',
    '192.0.2.1',
    '2001:db8::5',
    '2001:DB8:1::',
    '::ffff:10.1.2.3',
    '::ffff:a01:203',
    'fe80::1',
  ])('has %s, and has it again', (address) => {
    expect(ranges.has(address)).toBe(true);
    expect(ranges.has(address)).toBe(true);
  });

  it.each(['11.0.0.1', '192.0.2.2', '2001:db9::1', '::1', '', 'localhost', '10.1.2.3:80', '1'.repeat(46)])(
    'has not %j',
    (address) => {
      expect(ranges.has(address)).toBe(false);
      expect(ranges.has(address)).toBe(false);
    },
  );

  it('has nothing when it is empty', () => {
    const none = new AddressRanges([], 'SETTING');
    expect(none.isEmpty).toBe(true);
    expect(none.has('10.0.0.1')).toBe(false);
  });

  it('goes on answering rightly when it was asked for more addresses than it remembers', () => {
    const addresses = Array.from({ length: 25_000 }, (_unused, n) => `11.0.${n >> 8}.${n & 255}`);
    expect(addresses.some((address) => ranges.has(address))).toBe(false);
    expect(ranges.has('10.1.2.3')).toBe(true);
  });

  it('takes IPv4 in IPv6 for IPv4, also in a range', () => {
    expect(new AddressRanges(['::ffff:10.0.0.0/104'], 'SETTING').has('10.1.2.3')).toBe(true);
  });

  it('names the setting that holds no range', () => {
    expect(() => new AddressRanges(['10.0.0.0/33'], 'SETTING')).toThrow(
      'SETTING names "10.0.0.0/33", which is no IP address or range',
    );
  });
});

describe('plainAddress', () => {
  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['', ''],
  ])('of %j is %j', (address, plain) => {
    expect(plainAddress(address)).toBe(plain);
  });
});

describe('networkOf', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['', ''],
  ])('of %j is %j', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
