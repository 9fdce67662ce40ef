import request from 'supertest';
import { FeedsService } from '../../src/modules/devices/feeds/feeds.service';
import { ClientAuthoritiesService } from '../../src/modules/tenants/client-authorities.service';
import { TenantsService } from '../../src/modules/tenants/tenants.service';
import { systemActor, type Actor } from '../../src/platform/actor/actor';
import { pki, pkiPath } from '../support/pki';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { TlsClient } from '../support/tls-client';

const TLS = { ROOKERY_TLS_CERT: pkiPath('server.cert'), ROOKERY_TLS_KEY: pkiPath('server.key') };

describe('devices that show a certificate to Rookery itself', () => {
  let one: TestRookery;
  let two: TestRookery;
  let first: Actor;
  let other: Actor;
  const clients: TlsClient[] = [];

  beforeAll(async () => {
    one = await startRookery({ settings: TLS });
    two = await startRookery({ replicaOf: one, settings: TLS });
    first = systemActor('1');
    const { id } = await one.app.get(TenantsService).ensure('OTHER');
    await one.app.get(FeedsService).ensureDefault(id);
    other = systemActor(id);
    await add(first, 'root');
    await add(other, 'foreign');
    await add(other, 'twin');
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await two.close();
    await one.close();
  });

  const add = async (actor: Actor, name: string): Promise<string> =>
    (await one.app.get(ClientAuthoritiesService).add(actor, name, pki(`${name}.cert`))).id;
  const remove = (actor: Actor, id: string): Promise<void> =>
    one.app.get(ClientAuthoritiesService).remove(actor, id);
  const showing = (...names: readonly string[]): TlsClient => {
    const client = TlsClient.showing(one.tlsUrl, ...names);
    clients.push(client);
    return client;
  };

  it.each([
    ['by-cn', 'device-cn', 'common name'],
    ['by-dns', 'device-dns', 'DNS name'],
    ['by-dns', 'Serial 7', 'common name beside a DNS name'],
    ['by-uri', 'urn:device:uri', 'URI'],
    ['by-utf8', 'Gerät 7', 'common name beyond ASCII'],
    ['for-anything', 'device-cn', 'common name, with a certificate for any use'],
    ['long', 'device-cn', 'common name, with a key of RSA'],
  ])('%s gets %s in by its %s', async (certificate, controllerId) => {
    expect(await showing(certificate).poll(controllerId)).toBe(200);
  });

  it('are registered by their first poll', async () => {
    const rows = await one.database.query(
      `SELECT controller_id FROM device WHERE tenant_id = 1 AND controller_id IN ('urn:device:uri', 'Gerät 7') ORDER BY 1`,
    );
    expect(rows).toEqual([{ controller_id: 'Gerät 7' }, { controller_id: 'urn:device:uri' }]);
  });

  it.each([
    ['another name', 'by-cn', 'device-c'],
    ['its name in other case', 'by-cn', 'Device-CN'],
    ['its address', 'by-dns', '192.0.2.7'],
    ['its e-mail address', 'by-dns', 'a@example.com'],
    ["its organisation's name", 'by-cn', 'Test'],
  ])('do not get in under %s', async (_what, certificate, controllerId) => {
    expect(await showing(certificate).poll(controllerId)).toBe(401);
  });

  it.each([
    ['of an authority of another tenant', 'by-foreign'],
    ["of another tenant's authority that is called as one of this tenant", 'by-twin'],
    ['signed by itself', 'self-signed'],
    ['that has expired', 'expired'],
    ['that is not valid yet', 'not-yet'],
    ['for servers', 'for-servers'],
    ['whose key may not sign', 'for-secrets'],
    ['with a short key', 'short'],
  ])('do not get in by one %s', async (_what, certificate) => {
    expect(await showing(certificate).poll('device-cn')).toBe(401);
  });

  it('are of the tenant whose authority has issued it, and of no other', async () => {
    expect(await showing('by-foreign').poll('device-cn', {}, 'OTHER')).toBe(200);
    expect(await showing('by-twin').poll('device-cn', {}, 'OTHER')).toBe(200);
    expect(await showing('by-cn').poll('device-cn', {}, 'OTHER')).toBe(401);
    expect(await showing('by-cn').poll('device-cn', {}, 'NONE')).toBe(401);
  });

  it("gain nothing by sending other tenants' authorities along", async () => {
    expect(await showing('by-twin', 'root').poll('device-cn')).toBe(401);
    expect(await showing('by-foreign', 'foreign', 'root').poll('device-cn')).toBe(401);
    expect(await showing('self-signed', 'root').poll('device-cn')).toBe(401);
    expect(await showing('by-cn', 'foreign').poll('device-cn')).toBe(200);
  });

  it('send along what stands between, or the tenant has it as an authority', async () => {
    expect(await showing('by-middle', 'middle').poll('device-middle')).toBe(200);
    expect(await showing('by-middle', 'middle', 'root').poll('device-middle')).toBe(200);
    const without = showing('by-middle');
    expect(await without.poll('device-middle')).toBe(401);
    const id = await add(first, 'middle');
    expect(await without.poll('device-middle')).toBe(200);
    await remove(first, id);
    expect(await without.poll('device-middle')).toBe(401);
  });

  it('do not get in any more, on the connection that is open, once their authority was removed at any replica', async () => {
    const id = await add(first, 'narrow');
    const extra = await add(first, 'foreign');
    const client = showing('by-foreign');
    const atTwo = TlsClient.showing(two.tlsUrl, 'by-foreign');
    clients.push(atTwo);
    expect(await client.poll('device-cn')).toBe(200);
    expect(await atTwo.poll('device-cn')).toBe(200);
    await remove(first, id);
    expect(await atTwo.poll('device-cn')).toBe(200);
    await remove(first, extra);
    expect(await atTwo.poll('device-cn')).toBe(401);
    expect(await client.poll('device-cn')).toBe(401);
    // The other tenant has it still.
    expect(await client.poll('device-cn', {}, 'OTHER')).toBe(200);
  });

  it('go by their token when they send one, right or wrong', async () => {
    const client = showing('by-cn');
    expect(await client.poll('device-cn', { Authorization: 'GatewayToken wrong' })).toBe(401);
    const gateway = { Authorization: `GatewayToken ${one.gatewayToken}` };
    expect(await client.poll('someone-else', gateway)).toBe(200);
    expect(await showing('self-signed').poll('someone-else', gateway)).toBe(200);
    expect(await client.poll('device-cn')).toBe(200);
  });

  it('are not believed what they write into the headers of proxies', async () => {
    const headers = { 'X-Controller-Id': 'device-x', 'X-Authority': 'factory' };
    expect(await showing('by-cn').poll('device-x', headers)).toBe(401);
    expect(await showing('by-cn').poll('device-cn', headers)).toBe(200);
  });

  it('get 401 without any', async () => {
    const client = new TlsClient(one.tlsUrl);
    clients.push(client);
    expect(await client.poll('device-cn')).toBe(401);
  });

  describe('that is the one of a trusted proxy', () => {
    let proxied: TestRookery;
    beforeAll(async () => {
      const settings = { ...TLS, ROOKERY_TRUSTED_PROXIES: '127.0.0.1' };
      proxied = await startRookery({ replicaOf: one, settings });
      await request(`${one.url}/api/v1`)
        .patch('/tenant/settings')
        .auth(one.token, { type: 'bearer' })
        .send({ certificateAuthorities: ['factory', `sha256:${'0'.repeat(64)}`] })
        .expect(200);
    });
    afterAll(async () => proxied.close());

    it('count for what the proxy says, and not for what the proxy itself shows', async () => {
      const proxy = TlsClient.showing(proxied.tlsUrl, 'by-cn');
      clients.push(proxy);
      const saw = (name: string, authority: string): Record<string, string> => ({
        'X-Controller-Id': name,
        'X-Authority': authority,
      });
      expect(await proxy.poll('device-x', saw('device-x', 'factory'))).toBe(200);
      expect(await proxy.poll('device-cn', saw('device-x', 'factory'))).toBe(401);
      // The device behind it has shown no certificate.
      expect(await proxy.poll('device-cn')).toBe(401);
      expect(await proxy.poll('device-cn', saw('', 'factory'))).toBe(401);
      // A proxy's word names an authority of the tenant's settings; client authorities are not for it to name.
      const [authority] = await one.app.get(ClientAuthoritiesService).list(first);
      expect(await proxy.poll('device-x', saw('device-x', authority?.fingerprint ?? ''))).toBe(401);
      expect(await proxy.poll('device-x', saw('device-x', `sha256:${authority?.fingerprint ?? ''}`))).toBe(
        401,
      );
    });
  });
});
