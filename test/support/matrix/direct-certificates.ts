import type { Standing } from './routes';
import type { Case } from './subject';
import type { Tenants } from './world';

/** Certificates that a device shows to Rookery itself; the names in them are those of `test/fixtures/pki/tls/make.sh`. */
export async function directCertificates({ home, other, off, closed }: Tenants): Promise<Case[]> {
  for (const id of ['device-cn', 'device-dns', 'device-c', 'device-middle', 'urn:device:uri'])
    await home.bare(id);
  for (const world of [other, off]) await world.bare('device-cn');
  for (const world of [home, closed]) await world.trust('root');
  for (const authority of ['foreign', 'twin']) await other.trust(authority);
  // It would let `by-narrow-middle` in, as `root` would `by-cn`.
  for (const [world, name] of [[home, 'narrow-middle'] as const, [off, 'root'] as const])
    await world.authorities.remove(world.actor, await world.trust(name));
  const shown = (name: string, standing: Standing, chain: string, more: Partial<Case> = {}): Case => ({
    ...{ name: `certificate, shown to Rookery, ${name}`, standing, controllerId: 'device-cn' },
    ...{ server: 'direct', headers: {}, certificates: chain === '' ? [] : chain.split(' ') },
    ...more,
  });
  const stranger = (name: string, chain: string, more: Partial<Case> = {}): Case =>
    shown(name, 'stranger', chain, more);
  return [
    shown('valid by its common name', 'in', 'by-cn'),
    shown('valid by its DNS name', 'in', 'by-dns', { controllerId: 'device-dns' }),
    stranger('of another name', 'by-cn', { controllerId: 'device-c' }),
    stranger('of another name, for a device that is not there', 'by-cn', { controllerId: 'device-nobody' }),
    stranger('of another device', 'by-dns'),
    stranger('expired', 'expired'),
    stranger('not valid yet', 'not-yet'),
    stranger('signed by itself', 'self-signed'),
    stranger('for servers', 'for-servers'),
    stranger('whose key may not sign', 'for-secrets'),
    stranger('with a short key', 'short'),
    stranger('without what stands between', 'by-middle', { controllerId: 'device-middle' }),
    stranger('of an authority of another tenant', 'by-foreign foreign'),
    stranger("of another tenant's authority by the same name", 'by-twin root'),
    stranger('in another tenant', 'by-cn', { tenant: 'OTHER' }),
    stranger('of an authority that was removed', 'by-narrow-middle narrow-middle'),
    stranger('where the only authority was removed', 'by-cn', { tenant: 'OFF' }),
    stranger('for a device that is not there, where none is made', 'by-cn', { tenant: 'CLOSED' }),
    stranger('beside a wrong token', 'by-cn', { headers: { Authorization: 'GatewayToken wrong' } }),
    stranger('beside the name of another as of a proxy', 'by-cn', {
      ...{ controllerId: 'device-dns' },
      headers: { 'X-Controller-Id': 'device-dns', 'X-Authority': 'factory' },
    }),
    stranger('by the proxy', 'by-cn', { server: 'current' }),
    stranger('none at all', ''),
    shown('of a device that waits', 'waiting', 'by-middle middle', { controllerId: 'device-middle' }),
    shown('of a device that is refused', 'refused', 'by-uri', { controllerId: 'urn:device:uri' }),
  ];
}
