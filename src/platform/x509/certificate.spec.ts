import { pki } from '../../../test/support/pki';

import { readCertificate, type Certificate } from './certificate';
import { dotted } from './oid';

const text = (name: string): string => pki(`${name}.cert`);
const certificate = (name: string): Certificate => readCertificate(text(name));

describe('a certificate', () => {
  it.each([
    ['by-cn', ['device-cn']],
    ['by-dns', ['Serial 7', 'device-dns']],
    ['by-uri', ['urn:device:uri']],
    ['by-utf8', ['Gerät 7']],
  ])('%s says its names: common names, DNS names and URIs', (name, names) =>
    expect(certificate(name).names).toEqual(names),
  );

  it('says who it is and how long', () => {
    expect(certificate('root')).toMatchObject({
      subject: 'CN=Factory Root, O=Test',
      notBeforeMs: Date.UTC(2001, 0, 1),
      notAfterMs: Date.UTC(2125, 0, 1),
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([
    ['root', { isAuthority: true, pathLength: undefined, isForSigning: false }],
    ['middle', { isAuthority: true, pathLength: 0 }],
    ['by-cn', { isAuthority: false, isForClients: true, isForSigning: true }],
    ['for-servers', { isForClients: false, isForSigning: true }],
    ['for-anything', { isForClients: true, isForSigning: true }],
    ['for-secrets', { isForClients: true, isForSigning: false }],
    ['by-sha1', { isStronglySigned: false, hasStrongKey: true }],
    ['short', { isStronglySigned: true, hasStrongKey: false }],
    ['long', { isStronglySigned: true, hasStrongKey: true }],
    ['constrained-ca', { isAuthority: true, unread: ['551d1e'] }],
    ['odd', { unread: ['2a030405'] }],
  ])('%s says what it is good for', (name, facts) => expect(certificate(name)).toMatchObject(facts));

  it('is the same from PEM and from DER', () => {
    const { x509: _one, ...fromPem } = certificate('by-dns');
    const { x509: _other, ...fromDer } = readCertificate(certificate('by-dns').x509.raw);
    expect(fromDer).toEqual(fromPem);
  });

  it.each([
    ['nothing', ''],
    ['a text', 'no certificate'],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['half of one', text('root').slice(0, 400)],
  ])('is not read from %s', (_what, pem) => expect(() => readCertificate(pem)).toThrow());
});

describe('dotted', () => {
  it.each([
    ['551d1e', '2.5.29.30'],
    ['2a864886f70d01010b', '1.2.840.113549.1.1.11'],
    ['2b6570', '1.3.101.112'],
  ])('%s is %s', (hex, oid) => expect(dotted(hex)).toBe(oid));
});
