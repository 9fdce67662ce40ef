import request from 'supertest';
import { MAX_CLIENT_AUTHORITIES } from '../../src/modules/tenants/client-authority';
import { pki } from '../support/pki';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('client authorities', () => {
  let rookery: TestRookery;

  beforeAll(async () => {
    rookery = await startRookery();
  });
  afterAll(async () => rookery.close());
  afterEach(async () => rookery.database.execute('DELETE FROM client_authority WHERE tenant_id = 1'));

  const api = (token = rookery.token) =>
    request.agent(`${rookery.url}/api/v1`).auth(token, { type: 'bearer' });
  const post = (certificate: unknown, name: unknown = 'factory') =>
    api().post('/client-authorities').send({ name, certificate });
  const revision = async (): Promise<bigint> => {
    const [row] = await rookery.database.query<{ revision: string }>(
      'SELECT revision FROM tenant_plan WHERE tenant_id = 1',
    );
    return BigInt(row?.revision ?? -1);
  };

  it('are added, listed and removed', async () => {
    const { body } = await post(pki('root.cert')).expect(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^\d+$/),
      name: 'factory',
      subject: 'CN=Factory Root, O=Test',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      notAfter: '2125-01-01T00:00:00.000Z',
      createdAt: expect.any(String),
    });
    const between = (await post(pki('middle.cert'), 'line 1').expect(201)).body;
    const list = await api().get('/client-authorities').expect(200);
    expect(list.body).toEqual({ items: [body, between] });
    await api().delete(`/client-authorities/${body.id}`).expect(204);
    expect((await api().get('/client-authorities').expect(200)).body).toEqual({ items: [between] });
    await api().delete(`/client-authorities/${body.id}`).expect(404);
  });

  it('are part of the plan: each change raises its revision', async () => {
    const before = await revision();
    const { body } = await post(pki('root.cert')).expect(201);
    expect(await revision()).toBe(before + 1n);
    await api().delete(`/client-authorities/${body.id}`).expect(204);
    expect(await revision()).toBe(before + 2n);
  });

  it('are there once, whatever they are called', async () => {
    await post(pki('root.cert')).expect(201);
    const before = await revision();
    const { body } = await post(`again:\n${pki('root.cert')}`, 'another').expect(409);
    expect(body.code).toBe('client_authority_exists');
    expect(await revision()).toBe(before);
  });

  it('are limited in number', async () => {
    await rookery.database.execute(
      `INSERT INTO client_authority (tenant_id, name, pem, fingerprint, subject, not_after)
       SELECT 1, 'n', 'spoilt', lpad(n::text, 64, '0'), '', now() FROM generate_series(1, $1::int) AS n`,
      [MAX_CLIENT_AUTHORITIES],
    );
    const { body } = await post(pki('root.cert')).expect(429);
    expect(body.code).toBe('too_many_client_authorities');
    // What cannot be read any more lets nobody in and keeps nobody out.
    const headers = { Authorization: `GatewayToken ${rookery.gatewayToken}` };
    expect((await fetch(`${rookery.url}/DEFAULT/controller/v1/x`, { headers })).status).toBe(200);
  });

  it.each([
    ['a device', 'by-cn.cert', /^is not of an authority/],
    ['an expired one', 'expired-ca.cert', /^has expired at 2011-01-01T00:00:00\.000Z$/],
    ['a private key', 'device.key', /^holds a private key/],
  ])('are not %s', async (_what, file, why) => {
    const { body } = await post(pki(file)).expect(422);
    expect(body).toMatchObject({
      code: 'invalid_field',
      errors: { certificate: expect.stringMatching(why) },
    });
    expect((await api().get('/client-authorities')).body).toEqual({ items: [] });
  });

  it('are a text of at most 16 KiB, and have a name', async () => {
    const tooLong = (await post('x'.repeat(16_385)).expect(400)).body;
    expect(tooLong.errors).toEqual({ certificate: 'must have 1 to 16384 characters' });
    const missing = (await post(undefined, '').expect(400)).body;
    expect(missing.errors).toEqual({ name: 'must have 1 to 100 characters', certificate: 'is missing' });
    await post(7).expect(400);
  });

  it('leave a record', async () => {
    const { body } = await post(pki('root.cert')).expect(201);
    await api().delete(`/client-authorities/${body.id}`).expect(204);
    const audit = await api().get(`/audit?subject=client-authority:${body.id}`).expect(200);
    const { name, subject, fingerprint } = body;
    expect(audit.body.items).toMatchObject([
      { kind: 'client-authority.removed', detail: { name, fingerprint } },
      { kind: 'client-authority.added', detail: { name, subject, fingerprint } },
    ]);
  });

  it('are the business of administrators', async () => {
    const { body } = await api().post('/tokens').send({ name: 'o', role: 'operator' }).expect(201);
    const operator = api(body.token);
    await operator.get('/client-authorities').expect(403);
    await operator.post('/client-authorities').send({}).expect(403);
    await operator.delete('/client-authorities/1').expect(403);
  });
});
