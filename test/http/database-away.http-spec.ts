import { NetworkLink } from '../e2e/support/network-link';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('while the database is away', () => {
  let rookery: TestRookery;
  let replica: TestRookery;
  let link: NetworkLink;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    const target = new URL(rookery.databaseUrl);
    link = await NetworkLink.to(`http://${target.host}`);
    const through = new URL(rookery.databaseUrl);
    through.host = new URL(link.url).host;
    replica = await startRookery({ replicaOf: { ...rookery, databaseUrl: through.toString() } });
    fleet = new Fleet(rookery);
  });
  afterAll(async () => {
    link.up();
    await replica.close();
    await link.close();
    await rookery.close();
  });

  it('polls get 503, reports 429, both with Retry-After; afterwards all goes on, and a download that waited ends well', async () => {
    const releaseId = await fleet.release('2.0', { content: Buffer.from('firmware') });
    await fleet.rollout(releaseId);
    const device = (await fleet.registered('device-1')).at(replica.url);
    const actionId = (await device.offered()) ?? '';
    const deployment = (await (await device.deployment(actionId)).json()) as {
      deployment: { chunks: { artifacts: { _links: { download: { href: string } } }[] }[] };
    };
    const href = deployment.deployment.chunks[0]?.artifacts[0]?._links.download.href ?? '';

    link.down();
    const poll = await device.request('GET', '');
    expect([poll.status, Number(poll.headers.get('retry-after')) >= 5]).toEqual([503, true]);
    const report = await device.feedback(actionId, 'proceeding');
    expect([report.status, Number(report.headers.get('retry-after')) >= 5]).toEqual([429, true]);
    const attributes = await device.configData({ sw_version: '1.0' });
    expect(attributes.status).toBe(429);
    expect((await fetch(`${replica.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${replica.url}/healthz`)).status).toBe(200);
    const waiting = device.request('GET', href);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    link.up();

    expect(await (await waiting).text()).toBe('firmware');
    expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('confirmed');
    expect((await fetch(`${replica.url}/readyz`)).status).toBe(200);
  });
});
