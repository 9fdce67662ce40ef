import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pki, PKI_FOLDER } from '../../../test/support/pki';

import { readCertificate, type Certificate } from './certificate';
import { PresentedCertificate } from './presented-certificate';

const NOW = Date.UTC(2026, 5, 1);

const certificate = (name: string): Certificate => readCertificate(pki(`${name}.cert`));
const presented = (name: string, ...sent: string[]): PresentedCertificate =>
  new PresentedCertificate(certificate(name), sent.map(certificate));
const underRoot = (name: string, ...sent: string[]): boolean =>
  presented(name, ...sent).isIssuedUnder([certificate('root')], NOW);

describe('a presented certificate', () => {
  it.each(['by-cn', 'by-dns', 'by-uri', 'by-utf8', 'for-anything', 'long'])(
    '%s, issued by the authority, is issued under it',
    (name) => expect(underRoot(name)).toBe(true),
  );

  it.each([
    ['by-foreign', 'of another authority'],
    ['by-twin', 'of an authority of the same name and key identifier, but another key'],
    ['self-signed', 'signed by itself'],
    ['expired', 'that has expired'],
    ['not-yet', 'that is not valid yet'],
    ['for-servers', 'for servers'],
    ['for-secrets', 'whose key may not sign'],
    ['odd', 'with a critical extension that we do not read'],
    ['by-sha1', 'signed over SHA-1'],
    ['short', 'with a short key'],
  ])('%s (%s) is not', (name) => expect(underRoot(name)).toBe(false));

  it('is issued under a root when what stands between was sent along, in whatever order and with whatever else', () => {
    expect(underRoot('by-middle')).toBe(false);
    expect(underRoot('by-middle', 'middle')).toBe(true);
    expect(underRoot('by-middle', 'root', 'twin', 'by-cn', 'middle', 'middle')).toBe(true);
  });

  it('is issued under an authority that another one has issued', () => {
    const [middle, root] = [certificate('middle'), certificate('root')];
    expect(presented('by-middle').isIssuedUnder([middle], NOW)).toBe(true);
    expect(presented('by-cn').isIssuedUnder([middle], NOW)).toBe(false);
    expect(presented('by-cn').isIssuedUnder([middle, root], NOW)).toBe(true);
  });

  it('gains nothing by what it sends along: an authority of others does not become its own', () => {
    const root = certificate('root');
    expect(presented('by-twin', 'root', 'twin').isIssuedUnder([root], NOW)).toBe(false);
    expect(presented('by-twin', 'root', 'twin').isIssuedUnder([certificate('twin')], NOW)).toBe(true);
    expect(presented('by-foreign', 'foreign', 'root').isIssuedUnder([root], NOW)).toBe(false);
    expect(presented('self-signed', 'root').isIssuedUnder([root], NOW)).toBe(false);
  });

  it.each([
    ['deeper than its root allows', 'by-narrow-middle', 'narrow-middle', 'narrow'],
    ['over one that is for servers', 'by-server-middle', 'server-middle', 'root'],
    ['over one with a critical extension that we do not read', 'by-odd-middle', 'odd-middle', 'root'],
    ['over one that is no authority', 'by-no-ca', 'no-ca', 'no-ca'],
    ['over one with name constraints', 'by-constrained-ca', 'constrained-ca', 'constrained-ca'],
    ['over one that has expired', 'by-expired-ca', 'expired-ca', 'expired-ca'],
  ])('is not issued %s', (_what, own, between, authority) => {
    expect(presented(own, between).isIssuedUnder([certificate(authority)], NOW)).toBe(false);
  });

  it('is judged anew by the time of each question, and by the authorities that are named then', () => {
    const one = presented('expired');
    const root = [certificate('root')];
    expect(one.isIssuedUnder(root, Date.UTC(2005, 0, 1))).toBe(true);
    expect(one.isIssuedUnder(root, Date.UTC(2011, 0, 1))).toBe(true);
    expect(one.isIssuedUnder(root, Date.UTC(2011, 0, 1) + 1)).toBe(false);
    expect(one.isIssuedUnder(root, Date.UTC(2000, 0, 1))).toBe(false);
    expect(one.isIssuedUnder([], Date.UTC(2005, 0, 1))).toBe(false);
    // An authority that expires takes along what it issued.
    const orphan = presented('by-expired-ca');
    expect(orphan.isIssuedUnder([certificate('expired-ca')], Date.UTC(2005, 0, 1))).toBe(true);
    expect(orphan.isIssuedUnder([certificate('expired-ca')], Date.UTC(2012, 0, 1))).toBe(false);
  });

  it('is accepted where OpenSSL accepts it and nowhere else, but for name constraints and itself', () => {
    const between = ['middle', 'narrow-middle', 'server-middle', 'odd-middle'];
    const authorities = [
      'root',
      'foreign',
      'twin',
      'expired-ca',
      'constrained-ca',
      'narrow',
      'no-ca',
      ...between,
    ];
    const accepted = readdirSync(PKI_FOLDER)
      .flatMap((file) => (file.endsWith('.cert.pem') ? [file.replace('.cert.pem', '')] : []))
      .flatMap((own) => authorities.map((authority) => ({ own, authority })))
      .filter(({ own, authority }) => presented(own, ...between).isIssuedUnder([certificate(authority)], NOW))
      .map(({ own, authority }) => `${own} ${authority}`);
    const byOpenssl = readFileSync(join(PKI_FOLDER, 'accepted-by-openssl.txt'), 'utf8').trim().split('\n');
    expect(accepted.filter((one) => !byOpenssl.includes(one))).toEqual([]);
    expect(byOpenssl.filter((one) => !accepted.includes(one))).toEqual([
      'by-constrained-ca constrained-ca',
      'no-ca no-ca',
    ]);
  });

  it('is not searched through however much is sent along', () => {
    const many = Array.from({ length: 5 }, () => 'root');
    expect(underRoot('by-middle', ...many, 'middle')).toBe(false);
  });
});
