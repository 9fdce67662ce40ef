import { networkInterfaces } from 'node:os';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('a bench that is open', () => {
  let open: TestRookery;
  let usual: TestRookery;

  beforeAll(async () => {
    open = await startRookery({ settings: { ROOKERY_DDI_OPEN: 'on', ROOKERY_HOST: '127.0.0.1' } });
    usual = await startRookery({ replicaOf: open });
  });
  afterAll(async () => {
    await usual.close();
    await open.close();
  });

  const statusOf = async (
    rookery: TestRookery,
    headers: Record<string, string> = {},
    { path = '', method = 'GET' } = {},
  ): Promise<number> =>
    (await fetch(`${rookery.url}/DEFAULT/controller/v1/bench-1${path}`, { method, headers })).status;

  it('lets a device of this machine in without a credential, and makes it', async () => {
    expect([await statusOf(usual), await statusOf(open), await statusOf(usual)]).toEqual([401, 200, 401]);
    expect(await statusOf(open, {}, { path: '/deploymentBase/1' })).toBe(404);
  });

  it('judges a credential that is shown all the same', async () => {
    expect(await statusOf(open, { Authorization: 'TargetToken wrong' })).toBe(401);
    expect(await statusOf(open, { Authorization: `GatewayToken ${open.gatewayToken}` })).toBe(200);
  });

  it.each(['Forwarded', 'Via', 'X-Forwarded-For', 'X-Real-IP'])(
    'is closed to what a proxy passes on with %s',
    async (header) => {
      expect(await statusOf(open, { [header]: '127.0.0.1' })).toBe(401);
    },
  );

  it('is closed to what comes from an address of our proxies, though they say nothing of whom it is from', async () => {
    const settings = {
      ROOKERY_DDI_OPEN: 'on',
      ROOKERY_HOST: '127.0.0.1',
      ROOKERY_TRUSTED_PROXIES: '127.0.0.1',
    };
    const proxied = await startRookery({ replicaOf: open, settings });
    try {
      expect(await statusOf(proxied)).toBe(401);
      // A proxy that checks certificates and saw none.
      expect(await statusOf(proxied, { 'X-Controller-Id': '' })).toBe(401);
    } finally {
      await proxied.close();
    }
  });

  it('gives no token away to somebody who showed nothing', async () => {
    expect(await statusOf(open, {}, { path: '/token', method: 'POST' })).toBe(403);
  });

  it('makes nobody a member of a tenant that is not there', async () => {
    expect((await fetch(`${open.url}/NOWHERE/controller/v1/bench-1`)).status).toBe(401);
  });

  it('is closed to other machines, even if its port were open to them', async () => {
    const outer = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    // A machine without a network has nobody to be closed to.
    if (outer === undefined) return;
    const wide = await startRookery({
      replicaOf: open,
      settings: { ROOKERY_DDI_OPEN: 'on', ROOKERY_HOST: '127.0.0.1' },
      listenOn: '0.0.0.0',
    });
    try {
      expect(await statusOf(wide)).toBe(200);
      const url = wide.url.replace('127.0.0.1', outer);
      expect((await fetch(`${url}/DEFAULT/controller/v1/bench-1`)).status).toBe(401);
    } finally {
      await wide.close();
    }
  });
});
