import request from 'supertest';
import { GatewayTokenUseService } from '../../src/modules/identity/gateway-token-use.service';
import { later } from '../support/at-time';
import { startRookery, type TestRookery } from '../support/rookery-app';

const HOUR_MS = 3_600_000;

interface Made {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

describe('gateway tokens', () => {
  let one: TestRookery;
  let two: TestRookery;

  beforeAll(async () => {
    // Here revoked tokens are tried a second long.
    const settings = { ROOKERY_DDI_FAILURES_PER_DEVICE: '0', ROOKERY_DDI_FAILURES_PER_NETWORK: '0' };
    one = await startRookery({ settings });
    two = await startRookery({ settings, replicaOf: one });
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  const api = (rookery = one) =>
    request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
  const aToken = async (name = 'plant-2'): Promise<Made> =>
    (await api().post('/gateway-tokens').send({ name }).expect(201)).body as Made;
  const statusAt = async (rookery: TestRookery, token: string): Promise<number> => {
    const headers = { Authorization: `GatewayToken ${token}` };
    return (await fetch(`${rookery.url}/DEFAULT/controller/v1/sensor-7`, { headers })).status;
  };
  const listed = async (): Promise<Record<string, unknown>[]> =>
    (await api(two).get('/gateway-tokens').expect(200)).body.items as Record<string, unknown>[];

  it('are listed with the one of the first start, none with its secret', async () => {
    const { token, ...made } = await aToken();
    const items = await listed();
    expect(items).toEqual([
      { id: expect.any(String), name: 'first-start', createdAt: expect.any(String) },
      made,
    ]);
    expect(JSON.stringify(items)).not.toContain(token);
    expect(
      await one.database.query('SELECT 1 FROM gateway_token WHERE token_hash = $1', [Buffer.from(token)]),
    ).toEqual([]);
  });

  it('are several at a time, and each lets devices in at every replica within a second', async () => {
    const { token } = await aToken();
    expect(token).toMatch(/^rkg_[\w-]{43}$/);
    await eventually(async () => (await statusAt(two, token)) === 200);
    await eventually(async () => (await statusAt(one, token)) === 200);
    expect(await statusAt(two, one.gatewayToken)).toBe(200);
  });

  it('let nobody in a second after they were revoked, whichever replica was used all the time', async () => {
    const { id, token } = await aToken();
    await eventually(async () => (await statusAt(two, token)) === 200);
    await api().delete(`/gateway-tokens/${id}`).expect(204);
    expect(await statusAt(one, token)).toBe(401);
    const startedMs = performance.now();
    while (performance.now() - startedMs < 1000) await statusAt(two, token);
    expect(await statusAt(two, token)).toBe(401);
    expect(await statusAt(two, one.gatewayToken)).toBe(200);
    expect((await listed()).map((item) => item['id'])).not.toContain(id);
    await api().delete(`/gateway-tokens/${id}`).expect(404);
  });

  it('leave a record without the secret', async () => {
    const { id, token } = await aToken('to be seen');
    await api().delete(`/gateway-tokens/${id}`).expect(204);
    const { body } = await api().get(`/audit?subject=gateway-token:${id}`).expect(200);
    expect(body.items).toMatchObject([
      { kind: 'gateway-token.revoked' },
      { kind: 'gateway-token.created', detail: { name: 'to be seen' } },
    ]);
    expect(JSON.stringify(body)).not.toContain(token);
  });

  it('end when they were to end, at every replica and without a write', async () => {
    const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
    const made = (await api().post('/gateway-tokens').send({ name: 'short', expiresAt }).expect(201)).body;
    expect(made).toMatchObject({ name: 'short', expiresAt });
    for (const rookery of [one, two])
      await eventually(async () => (await statusAt(rookery, made.token)) === 200);
    await later([one, two], HOUR_MS, async () => {
      // At once, although it is the one that was accepted last.
      expect([await statusAt(one, made.token), await statusAt(two, made.token)]).toEqual([401, 401]);
      expect((await listed()).map((item) => item['name'])).not.toContain('short');
      await api().post(`/gateway-tokens/${made.id}/rotate`).send({}).expect(404);
    });
  });

  it('are good where they were made as soon as they are', async () => {
    await statusAt(one, 'rkg_unknown');
    expect(await statusAt(one, (await aToken()).token)).toBe(200);
  });

  it('are not made to end in the past', async () => {
    const wish = { name: 'x', expiresAt: '2020-01-01T00:00:00Z' };
    const { body } = await api().post('/gateway-tokens').send(wish).expect(400);
    expect(body.errors).toEqual({ expiresAt: 'must lie ahead' });
  });

  it('give way to a successor of their name, and are both good during the overlap', async () => {
    const { id, token } = await aToken('plant-3');
    const { body } = await api().post(`/gateway-tokens/${id}/rotate`).send({ overlap: '1d' }).expect(201);
    expect(body).toMatchObject({ name: 'plant-3' });
    expect(body).not.toHaveProperty('expiresAt');
    for (const rookery of [one, two]) {
      await eventually(async () => (await statusAt(rookery, body.token)) === 200);
      expect(await statusAt(rookery, token)).toBe(200);
    }
    const [old] = (await listed()).filter((item) => item['id'] === id);
    expect(Date.parse(String(old?.['expiresAt'])) - Date.now()).toBeLessThanOrEqual(86_400_000);
    const { body: audit } = await api().get(`/audit?subject=gateway-token:${id}`).expect(200);
    expect(audit.items[0]).toMatchObject({ kind: 'gateway-token.rotated', detail: { successor: body.id } });
    expect(JSON.stringify(audit)).not.toContain(body.token);
  });

  it('end at once when they are to overlap with their successor not at all, and never live longer by it', async () => {
    const { id, token } = await aToken();
    await api().post(`/gateway-tokens/${id}/rotate`).send({ overlap: '0s' }).expect(201);
    expect(await statusAt(one, token)).toBe(401);
    await eventually(async () => (await statusAt(two, token)) === 401);
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const { body: short } = await api()
      .post('/gateway-tokens')
      .send({ name: 's', expiresAt: soon })
      .expect(201);
    await api().post(`/gateway-tokens/${short.id}/rotate`).send().expect(201);
    expect((await listed()).find((item) => item['id'] === short.id)).toMatchObject({ expiresAt: soon });
  });

  it('are rotated by a duration of a year at most', async () => {
    const { id } = await aToken();
    for (const overlap of ['a week', '366d', 7, '-1d']) {
      const { body } = await api().post(`/gateway-tokens/${id}/rotate`).send({ overlap }).expect(400);
      expect(Object.keys(body.errors)).toEqual(['overlap']);
    }
    await api().post('/gateway-tokens/999999/rotate').send({}).expect(404);
  });

  it('tell when they were used last, to the minute', async () => {
    const { id, token } = await aToken('used');
    const lastUse = async (): Promise<unknown> => {
      for (const { app } of [one, two]) await app.get(GatewayTokenUseService).flush();
      return (await listed()).find((item) => item['id'] === id)?.['lastUsedAt'];
    };
    expect(await lastUse()).toBeUndefined();
    await eventually(async () => (await statusAt(two, token)) === 200);
    const first = await lastUse();
    expect(Math.abs(Date.parse(String(first)) - Date.now())).toBeLessThan(60_000);
    await eventually(async () => (await statusAt(one, token)) === 200);
    expect(await lastUse()).toBe(first);
    await one.database.execute(
      `UPDATE gateway_token SET last_used_at = last_used_at - interval '61 s' WHERE tenant_id = 1 AND id = $1`,
      [id],
    );
    await eventually(async () => {
      await statusAt(one, token);
      return String(await lastUse()) >= String(first);
    });
  });

  it('that an environment presets do not come back by a restart once they were revoked', async () => {
    const [first] = await listed();
    await api()
      .delete(`/gateway-tokens/${String(first?.['id'])}`)
      .expect(204);
    const again = await startRookery({ replicaOf: one });
    try {
      expect(await statusAt(again, one.gatewayToken)).toBe(401);
    } finally {
      await again.close();
    }
  });

  it('are the business of administrators', async () => {
    const { body } = await api().post('/tokens').send({ name: 'o', role: 'operator' }).expect(201);
    const operator = request.agent(`${one.url}/api/v1`).auth(body.token, { type: 'bearer' });
    await operator.get('/gateway-tokens').expect(403);
    await operator.post('/gateway-tokens').send({ name: 'x' }).expect(403);
    await operator.delete('/gateway-tokens/1').expect(403);
  });

  it('have a name, and are addressed by an id', async () => {
    const { body } = await api().post('/gateway-tokens').send({}).expect(400);
    expect(body.errors).toEqual({ name: 'is missing' });
    const { body: problem } = await api().delete('/gateway-tokens/x').expect(404);
    expect(problem).toMatchObject({
      code: 'gateway_token_not_found',
      detail: 'There is no gateway token x.',
    });
  });
});

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it never came to be so');
}
