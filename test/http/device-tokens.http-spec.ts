import request from 'supertest';
import { DdiDevice } from '../support/ddi-device';
import { later } from '../support/at-time';
import { startRookery, type TestRookery } from '../support/rookery-app';

const HOUR_MS = 3_600_000;

describe("a device's own token", () => {
  let rookery: TestRookery;
  let replica: TestRookery;
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery();
    replica = await startRookery({ replicaOf: rookery });
  });
  afterAll(async () => {
    await replica.close();
    await rookery.close();
  });
  afterEach(async () =>
    settle({ unknownDevices: 'admit', gatewaySpeaksForTokenHolders: true, targetTokens: true }),
  );

  const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
  const settle = async (settings: object): Promise<void> => {
    await api().patch('/tenant/settings').send(settings).expect(200);
  };
  const byGateway = (controllerId: string): DdiDevice =>
    new DdiDevice(rookery.url, controllerId, `GatewayToken ${rookery.gatewayToken}`);
  const byToken = (controllerId: string, token: string): DdiDevice =>
    new DdiDevice(rookery.url, controllerId, `TargetToken ${token}`);
  const pollOf = async (controllerId: string, token: string): Promise<number> => {
    const device = byToken(controllerId, token);
    const [here, there] = [await device.request('GET', ''), await device.at(replica.url).request('GET', '')];
    expect(there.status).toBe(here.status);
    return here.status;
  };
  const registered = async (): Promise<{ id: string; token: string }> => {
    const id = `holder-${(next += 1)}`;
    const { body } = await api().post('/devices').send({ controllerId: id }).expect(201);
    return { id, token: body.targetToken as string };
  };
  const asked = async (device: DdiDevice): Promise<string> => {
    const answer = await device.request('POST', '/token');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    return ((await answer.json()) as { token: string }).token;
  };
  const statusOfAsking = async (device: DdiDevice): Promise<number> =>
    (await device.request('POST', '/token')).status;
  const audited = async (id: string): Promise<unknown> =>
    (await api().get(`/audit?subject=device:${id}`).expect(200)).body.items;

  describe('given by an operator', () => {
    it('replaces the one before at once, unless they are to overlap', async () => {
      const { id, token } = await registered();
      const { body: second } = await api().post(`/devices/${id}/token`).send({ overlap: '1h' }).expect(201);
      expect(Object.keys(second).sort()).toEqual(['previousTokenExpiresAt', 'targetToken']);
      expect([await pollOf(id, token), await pollOf(id, second.targetToken)]).toEqual([200, 200]);
      const { body: third } = await api().post(`/devices/${id}/token`).send().expect(201);
      expect(Object.keys(third)).toEqual(['targetToken']);
      expect([await pollOf(id, token), await pollOf(id, second.targetToken)]).toEqual([401, 401]);
      expect(await pollOf(id, third.targetToken)).toBe(200);
    });

    it('ends when it is to end, and the one before when the overlap does', async () => {
      const { id, token } = await registered();
      const expiresAt = new Date(Date.now() + 2 * HOUR_MS).toISOString();
      const wish = { overlap: '1h', expiresAt };
      const { body } = await api().post(`/devices/${id}/token`).send(wish).expect(201);
      expect(body.expiresAt).toBe(expiresAt);
      expect((await api().get(`/devices/${id}`)).body).toMatchObject({
        ...{ hasTargetToken: true, targetTokenExpiresAt: expiresAt },
        previousTokenExpiresAt: body.previousTokenExpiresAt,
      });
      const both = async (): Promise<number[]> => [
        await pollOf(id, token),
        await pollOf(id, body.targetToken),
      ];
      expect(await both()).toEqual([200, 200]);
      expect(await later([rookery, replica], HOUR_MS, both)).toEqual([401, 200]);
      expect(await later([rookery, replica], 2 * HOUR_MS, both)).toEqual([401, 401]);
    });

    it('is taken away with the one before it, and saying so twice is fine', async () => {
      const { id, token } = await registered();
      const { body } = await api().post(`/devices/${id}/token`).send({ overlap: '1d' }).expect(201);
      await api().delete(`/devices/${id}/token`).expect(204);
      await api().delete(`/devices/${id}/token`).expect(204);
      expect([await pollOf(id, token), await pollOf(id, body.targetToken)]).toEqual([401, 401]);
      expect((await api().get(`/devices/${id}`)).body).toMatchObject({ hasTargetToken: false });
      expect(await audited(id)).toMatchObject([
        { kind: 'device.token-removed' },
        { kind: 'device.token-rotated' },
        { kind: 'device.created' },
      ]);
    });

    it('is stored as a hash, and changes the ETag of the device', async () => {
      const { id } = await registered();
      const { headers } = await api().get(`/devices/${id}`).expect(200);
      const { body } = await api().post(`/devices/${id}/token`).send({ overlap: '1d' }).expect(201);
      await api()
        .patch(`/devices/${id}`)
        .set('If-Match', headers['etag'] ?? '')
        .send({ name: 'x' })
        .expect(412);
      const rows = await rookery.database.query(
        `SELECT 1 FROM device d WHERE tenant_id = 1 AND to_jsonb(d)::text LIKE '%' || $1 || '%'`,
        [body.targetToken],
      );
      expect(rows).toEqual([]);
    });

    it('is the business of operators, of a device that is there and for the time ahead', async () => {
      const { id } = await registered();
      const { body: viewer } = await api().post('/tokens').send({ name: 'v', role: 'viewer' }).expect(201);
      const asViewer = request.agent(`${rookery.url}/api/v1`).auth(viewer.token, { type: 'bearer' });
      await asViewer.post(`/devices/${id}/token`).send({}).expect(403);
      await asViewer.delete(`/devices/${id}/token`).expect(403);
      await api().post('/devices/nobody/token').send({}).expect(404);
      await api().delete('/devices/nobody/token').expect(404);
      const past = { expiresAt: '2020-01-01T00:00:00Z' };
      expect((await api().post(`/devices/${id}/token`).send(past).expect(400)).body.errors).toEqual({
        expiresAt: 'must lie ahead',
      });
    });
  });

  describe('asked for by the device', () => {
    it('is given at first contact to one that comes by a gateway, once', async () => {
      const device = byGateway('fresh-1');
      const token = await asked(device);
      expect(await pollOf('fresh-1', token)).toBe(200);
      expect(await statusOfAsking(device)).toBe(403);
      expect(await audited('fresh-1')).toMatchObject([
        { kind: 'device.token-issued', actor: 'device:fresh-1' },
        { kind: 'device.registered' },
      ]);
    });

    it('is given once to a device that asks many times at a time', async () => {
      const statuses = await Promise.all(
        Array.from({ length: 8 }, () => statusOfAsking(byGateway('fresh-2'))),
      );
      expect(statuses.sort()).toEqual([200, 403, 403, 403, 403, 403, 403, 403]);
    });

    it('is replaced for the device that comes with it, also when the answer was lost', async () => {
      const { id, token } = await registered();
      const lost = await asked(byToken(id, token));
      const second = await asked(byToken(id, token));
      expect(await pollOf(id, second)).toBe(200);
      expect([await pollOf(id, lost), await pollOf(id, token)]).toEqual([401, 200]);
      const [row] = await rookery.database.query<{ left: number }>(
        `SELECT extract(epoch FROM previous_token_expires_at - now())::int AS left FROM device
          WHERE tenant_id = 1 AND controller_id = $1`,
        [id],
      );
      expect(row?.left).toBeGreaterThan(7 * 86_400 - 100);
      expect(row?.left).toBeLessThanOrEqual(7 * 86_400);
    });

    it('does not outlive the end that an operator gave it', async () => {
      const { id } = await registered();
      const expiresAt = new Date(Date.now() + 600_000).toISOString();
      const { body } = await api().post(`/devices/${id}/token`).send({ expiresAt }).expect(201);
      await asked(byToken(id, body.targetToken));
      expect((await api().get(`/devices/${id}`)).body).toMatchObject({
        ...{ targetTokenExpiresAt: expiresAt, previousTokenExpiresAt: expiresAt },
      });
    });

    it('does not keep the one before alive by asking again', async () => {
      const { id, token } = await registered();
      await asked(byToken(id, token));
      await rookery.database.execute(
        `UPDATE device SET previous_token_expires_at = now() + interval '5 minutes'
          WHERE tenant_id = 1 AND controller_id = $1`,
        [id],
      );
      await asked(byToken(id, token));
      const { body } = await api().get(`/devices/${id}`);
      expect(Date.parse(body.previousTokenExpiresAt) - Date.now()).toBeLessThanOrEqual(300_000);
    });

    it('is not given where the tenant takes none, nor to a device that waits or has one already', async () => {
      const { id } = await registered();
      expect(await statusOfAsking(byGateway(id))).toBe(403);
      await settle({ targetTokens: false });
      expect(await statusOfAsking(byGateway('fresh-3'))).toBe(403);
      await settle({ targetTokens: true, unknownDevices: 'ask' });
      expect(await statusOfAsking(byGateway('fresh-4'))).toBe(403);
      await api().patch('/devices/fresh-4').send({ approval: 'approved' }).expect(200);
      expect(await statusOfAsking(byGateway('fresh-4'))).toBe(200);
    });

    it('shuts the door of the gateway where the tenant wants that, until it is taken away', async () => {
      await settle({ gatewaySpeaksForTokenHolders: false });
      const device = byGateway('fresh-5');
      await device.poll();
      const token = await asked(device);
      expect((await device.request('GET', '')).status).toBe(401);
      expect(await pollOf('fresh-5', token)).toBe(200);
      await rookery.database.execute(
        `UPDATE device SET target_token_expires_at = now() - interval '1 s' WHERE tenant_id = 1 AND controller_id = 'fresh-5'`,
      );
      expect([(await device.request('GET', '')).status, await pollOf('fresh-5', token)]).toEqual([401, 401]);
      await api().delete('/devices/fresh-5/token').expect(204);
      expect((await device.request('GET', '')).status).toBe(200);
    });
  });
});
