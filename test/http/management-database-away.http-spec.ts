import request from 'supertest';
import { NetworkLink } from '../e2e/support/network-link';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('while the database is away', () => {
  let rookery: TestRookery;
  let replica: TestRookery;
  let link: NetworkLink;

  beforeAll(async () => {
    rookery = await startRookery();
    link = await NetworkLink.to(`http://${new URL(rookery.databaseUrl).host}`);
    const through = new URL(rookery.databaseUrl);
    through.host = new URL(link.url).host;
    replica = await startRookery({ replicaOf: { ...rookery, databaseUrl: through.toString() } });
  });
  afterAll(async () => {
    link.up();
    await replica.close();
    await link.close();
    await rookery.close();
  });

  it('people are asked to come back, and are served when it is there again', async () => {
    const api = request.agent(replica.url).auth(rookery.token, { type: 'bearer' });
    await api.get('/api/v1/feeds').expect(200);
    link.down();
    const answer = await api
      .get('/api/v1/feeds')
      .expect(503)
      .expect('content-type', /problem\+json/);
    expect(answer.body).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    link.up();
    await api.get('/api/v1/feeds').expect(200);
  });
});
