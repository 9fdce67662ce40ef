import { AddressJudge } from './address-judge';
import { bareHost, outboundUrl } from './outbound-url';

const noneOfOurs = (): string[] => [];
const judge = new AddressJudge([], noneOfOurs);

describe('an address that is refused', () => {
  it.each([
    ['0.0.0.0'],
    ['0.1.2.3'],
    ['10.0.0.1'],
    ['10.255.255.255'],
    ['100.64.0.1'],
    ['100.100.100.200'],
    ['100.127.255.255'],
    ['127.0.0.1'],
    ['127.255.255.254'],
    ['168.63.129.16'],
    ['169.254.0.1'],
    ['169.254.169.254'],
    ['169.254.170.2'],
    ['172.16.0.1'],
    ['172.31.255.255'],
    ['192.0.0.1'],
    ['192.0.0.192'],
    ['192.0.2.1'],
    ['192.31.196.1'],
    ['192.52.193.1'],
    ['192.88.99.1'],
    ['192.168.0.1'],
    ['192.175.48.1'],
    ['198.18.0.1'],
    ['198.19.255.255'],
    ['198.51.100.1'],
    ['203.0.113.1'],
    ['224.0.0.1'],
    ['239.255.255.255'],
    ['240.0.0.1'],
    ['255.255.255.255'],
  ])('IPv4 %s', (address) => {
    expect(judge.faultOf(address)).toBeDefined();
  });

  it.each([
    ['::'],
    ['::1'],
    ['::2'],
    ['::127.0.0.1'],
    ['::7f00:1'],
    ['::a9fe:a9fe'],
    ['::ffff:127.0.0.1'],
    ['::ffff:7f00:1'],
    ['::ffff:10.0.0.1'],
    ['::ffff:169.254.169.254'],
    ['::ffff:0:127.0.0.1'],
    ['::ffff:0:7f00:1'],
    ['64:ff9b::127.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['64:ff9b::a9fe:a9fe'],
    ['64:ff9b:1::808:808'],
    ['64:ff9b:1:7f00::1'],
    ['100::1'],
    ['2001::7f00:1'],
    ['2001:0:7f00:1::8080:8080'],
    ['2001:0:808:808::80ff:fffe'],
    ['2001:2::1'],
    ['2001:3::1'],
    ['2001:4:112::1'],
    ['2001:10::1'],
    ['2001:20::1'],
    ['2001:30::1'],
    ['2001:db8::1'],
    ['2002:7f00:1::'],
    ['2002:a00:1::1'],
    ['2002:a9fe:a9fe::1'],
    ['2620:4f:8000::1'],
    ['3fff::1'],
    ['4000::1'],
    ['5f00::1'],
    ['8000::1'],
    ['fc00::1'],
    ['fd00:ec2::254'],
    ['fd12:3456:789a::1'],
    ['fe80::1'],
    ['fe80::1%eth0'],
    ['fe80::1%25eth0'],
    ['fec0::1'],
    ['ff02::1'],
    ['ff0e::1'],
    ['2606:4700::1%lo'],
  ])('IPv6 %s', (address) => {
    expect(judge.faultOf(address)).toBeDefined();
  });

  it.each([
    ['0177.0.0.1'],
    ['2130706433'],
    ['127.1'],
    ['0x7f.1'],
    ['8.8.8.8.'],
    ['localhost'],
    [''],
    ['8.8.8.8/8'],
  ])('%j, which no resolver and no URL gives in this form', (address) => {
    expect(judge.faultOf(address)).toBe('not a plain IP address');
  });
});

describe('an address that is visited', () => {
  it.each([
    ['8.8.8.8'],
    ['1.1.1.1'],
    ['93.184.216.34'],
    ['100.63.255.255'],
    ['100.128.0.1'],
    ['172.15.255.255'],
    ['172.32.0.1'],
    ['223.255.255.255'],
    ['2606:4700::1111'],
    ['2a00:1450:4001::1'],
    ['::ffff:8.8.8.8'],
    ['64:ff9b::808:808'],
    ['2002:808:808::1'],
  ])('%s', (address) => {
    expect(judge.faultOf(address)).toBeUndefined();
  });
});

describe('what the operator allows', () => {
  const allowing = new AddressJudge(['10.1.0.0/16', '192.168.7.9', 'fd00::/8'], noneOfOurs);

  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['64:ff9b::a01:203', true],
    ['192.168.7.9', true],
    ['fd00::7', true],
    ['8.8.8.8', true],
    ['10.2.0.1', false],
    ['::ffff:10.2.0.1', false],
    ['192.168.7.10', false],
    ['127.0.0.1', false],
    ['fe80::1', false],
    ['2001:0:a01:203::80ff:fffe', false],
  ])('%s: %s', (address, isAllowed) => {
    expect(allowing.faultOf(address) === undefined).toBe(isAllowed);
  });

  it('is needed for public addresses of this machine too', () => {
    const own = (): string[] => ['8.8.4.4', '2606:4700:0:0:0:0:0:1', 'fe80::1%eth0'];
    expect(new AddressJudge([], own).faultOf('8.8.4.4')).toBe("the server's own");
    expect(new AddressJudge([], own).faultOf('::ffff:8.8.4.4')).toBe("the server's own");
    expect(new AddressJudge([], own).faultOf('2606:4700::1')).toBe("the server's own");
    expect(new AddressJudge(['8.8.4.4'], own).faultOf('8.8.4.4')).toBeUndefined();
  });
});

describe('an address in a URL', () => {
  it.each([
    ['http://2130706433/', '127.0.0.1'],
    ['http://0x7f000001/', '127.0.0.1'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['http://0X7F.0.0.0x1/', '127.0.0.1'],
    ['http://0177.0.0.1/', '127.0.0.1'],
    ['http://017700000001/', '127.0.0.1'],
    ['http://127.1/', '127.0.0.1'],
    ['http://127.0.1/', '127.0.0.1'],
    ['http://127.0.0.1./', '127.0.0.1'],
    ['http://0/', '0.0.0.0'],
    ['http://2852039166/', '169.254.169.254'],
    ['http://0xa9fea9fe/', '169.254.169.254'],
    ['http://0251.0376.0251.0376/', '169.254.169.254'],
    ['http://169.254.43518/', '169.254.169.254'],
    ['http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/', '127.0.0.1'],
    ['http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/', '127.0.0.1'],
    ['http://127\u30020\u30020\u30021/', '127.0.0.1'],
    ['http://%31%32%37.0.0.1/', '127.0.0.1'],
    ['http:\\\\127.0.0.1\\', '127.0.0.1'],
    ['http:127.0.0.1', '127.0.0.1'],
    ['http://\t127.0.\n0.1/', '127.0.0.1'],
    ['http://[::1]/', '::1'],
    ['http://[0:0:0:0:0:0:0:1]/', '::1'],
    ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
    ['http://[::ffff:7f00:1]/', '::ffff:7f00:1'],
    ['http://[64:ff9b::7f00:1]/', '64:ff9b::7f00:1'],
    ['http://[2002:7f00:1::]/', '2002:7f00:1::'],
    ['http://example.com@127.0.0.1/', undefined],
    ['http://user:secret@example.com/', undefined],
    ['http://[fe80::1%25eth0]/', undefined],
    ['http://[fe80::1%eth0]/', undefined],
    ['http://127.0.0.256/', undefined],
    ['http://1.2.3.4.5/', undefined],
    ['http://4294967296/', undefined],
    ['http://08.0.0.1/', undefined],
    ['http://exa mple.com/', undefined],
    ['http://example.com:22/', undefined],
    ['http://example.com:25/', undefined],
    ['http://example.com:0/', undefined],
    ['http://example.com:65536/', undefined],
    ['http://example.com:-1/', undefined],
    ['http:///', undefined],
    ['file:///etc/passwd', undefined],
    ['ftp://example.com/', undefined],
    ['gopher://127.0.0.1:70/', undefined],
    ['data:text/plain,x', undefined],
    ['javascript:1', undefined],
    ['ws://example.com/', undefined],
    ['//example.com/', undefined],
    ['/file', undefined],
    ['', undefined],
    [`http://example.com/${'a'.repeat(4100)}`, undefined],
  ])('%j is read as %s and never gets through', (text, host) => {
    if (host === undefined)
      expect(() => outboundUrl(text)).toThrow(expect.objectContaining({ fault: 'bad_url' }));
    else {
      expect(bareHost(outboundUrl(text))).toBe(host);
      expect(judge.faultOf(host)).toBeDefined();
    }
  });

  it.each([
    ['https://example.com/a?b#c', 'https://example.com/a?b'],
    ['HTTP://EXAMPLE.com:80/a', 'http://example.com/a'],
    ['https://example.com:8443/a', 'https://example.com:8443/a'],
    ['https://b\u00fccher.example/', 'https://xn--bcher-kva.example/'],
  ])('%s is %s', (text, href) => {
    expect(outboundUrl(text).href).toBe(href);
  });
});
