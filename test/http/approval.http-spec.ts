import request from 'supertest';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('a tenant that asks about unknown devices', () => {
  let rookery: TestRookery;
  let replica: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    replica = await startRookery({ replicaOf: rookery });
    fleet = new Fleet(rookery);
    await settle('ask');
  });
  afterAll(async () => {
    await replica.close();
    await rookery.close();
  });

  const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
  const settle = async (unknownDevices: string): Promise<void> => {
    await api().patch('/tenant/settings').send({ unknownDevices }).expect(200);
  };
  const waiting = async (): Promise<string[]> =>
    itemsOf<{ controllerId: string }>(
      await api().get('/devices?limit=1000&q=approval==waiting').expect(200),
    ).map(({ controllerId }) => controllerId);
  const statusOf = async (id: string, path = ''): Promise<number> =>
    (await fleet.device(id).request('GET', path)).status;

  it('makes them wait: they are seen, asked what they are, and offered nothing until they are let in', async () => {
    const device = await fleet.registered('newcomer', { board: 'ask-board' });
    const release = await fleet.release('2.0', { name: 'ask', compatibility: 'ask-board:*' });
    await fleet.rollout(release);
    expect(await device.offered()).toBeUndefined();
    const { body } = await api().get('/devices/newcomer').expect(200);
    expect(body).toMatchObject({ approval: 'waiting', attributes: { board: 'ask-board' } });
    const { body: explained } = await api().get('/devices/newcomer/explain').expect(200);
    expect(explained).toMatchObject({
      decision: { kind: 'nothing', reason: 'unapproved' },
      trace: [
        {},
        {
          rule: 2,
          code: 'unapproved',
          text: 'The device is waiting: nothing is offered to it until an operator approves it.',
        },
      ],
    });
    const { headers } = await api().get('/devices/newcomer');
    await api()
      .patch('/devices/newcomer')
      .set('If-Match', headers['etag'] ?? '')
      .send({ approval: 'approved' })
      .expect(200);
    await api()
      .patch('/devices/newcomer')
      .set('If-Match', headers['etag'] ?? '')
      .send({ approval: 'approved' })
      .expect(412);
    expect(await device.at(replica.url).offered()).toMatch(/^\d+$/);
    const audit = itemsOf<{ kind: string; detail: object }>(
      await api().get('/audit?subject=device:newcomer').expect(200),
    );
    expect(audit.map(({ kind, detail }) => [kind, detail])).toEqual(
      expect.arrayContaining([
        ['device.changed', { approval: 'approved' }],
        ['device.registered', { approval: 'waiting' }],
      ]),
    );
  });

  it('shows a device that waits neither what is assigned to it nor any file', async () => {
    const device = await fleet.registered('assigned', { board: 'assigned-board' });
    const release = await fleet.release('3.0', { name: 'assigned', compatibility: '*' });
    const { body } = await api()
      .post('/assignments')
      .send({ release, devices: ['assigned'] })
      .expect(201);
    const action = (body.actions as { id: string }[])[0]?.id ?? '';
    const module = (await fleet.releases.get('1', release)).modules[0]?.id ?? '';
    expect(await device.offered()).toBeUndefined();
    await api().patch('/tenant/settings').send({ guardsArtifacts: false }).expect(200);
    for (const path of [
      `/deploymentBase/${action}`,
      `/softwaremodules/${module}/artifacts`,
      `/softwaremodules/${module}/artifacts/assigned.bin`,
    ])
      expect([path, await statusOf('assigned', path)]).toEqual([path, 404]);
    expect((await device.feedback(action, 'closed', 'success')).status).toBe(404);
    expect(await fleet.stateOf(action)).toBe('offered');
    await api().patch('/devices/assigned').send({ approval: 'approved' }).expect(200);
    expect(await device.offered()).toBe(action);
  });

  it('answers a device that was refused with 403 whatever it asks, and ends what was open on it', async () => {
    const device = await fleet.registered('unwanted');
    await api().patch('/devices/unwanted').send({ approval: 'approved' }).expect(200);
    const release = await fleet.release('4.0', { name: 'unwanted', compatibility: '*' });
    const { body } = await api()
      .post('/assignments')
      .send({ release, devices: ['unwanted'] })
      .expect(201);
    const action = (body.actions as { id: string }[])[0]?.id ?? '';
    await device.deployment(action);
    await api().patch('/devices/unwanted').send({ approval: 'refused' }).expect(200);
    expect(await fleet.stateOf(action)).toBe('cancelled');
    expect([await statusOf('unwanted'), await statusOf('unwanted', `/deploymentBase/${action}`)]).toEqual([
      403, 403,
    ]);
    expect((await device.at(replica.url).request('GET', '')).status).toBe(403);
    await api().patch('/devices/unwanted').send({ approval: 'approved' }).expect(200);
    expect(await statusOf('unwanted')).toBe(200);
  });

  it('lets many in at once: those that are named, or those that a filter finds among the waiting', async () => {
    for (const id of ['bulk-1', 'bulk-2', 'bulk-3', 'bulk-4']) await fleet.device(id).poll();
    await api().patch('/devices/bulk-4').send({ approval: 'refused' }).expect(200);
    const approve = async (body: object): Promise<string[]> =>
      (await api().post('/devices/approve').send(body).expect(200)).body.approved as string[];
    expect(await approve({ controllerIds: ['bulk-2', 'bulk-2', 'nobody'] })).toEqual(['bulk-2']);
    expect(await approve({ controllerIds: ['bulk-2'] })).toEqual([]);
    expect(await waiting()).toEqual(['bulk-1', 'bulk-3']);
    expect(await approve({ q: 'id==bulk-*' })).toEqual(['bulk-1', 'bulk-3']);
    expect(await approve({ q: 'id==bulk-*' })).toEqual([]);
    expect(await approve({ controllerIds: ['bulk-4'] })).toEqual(['bulk-4']);
    const { body } = await api().get('/audit?subject=device:bulk-3').expect(200);
    expect(body.items[0]).toMatchObject({
      kind: 'device.changed',
      actor: 'token:first-start',
      detail: { approval: 'approved' },
    });
  });

  it('lets no more than a thousand in by one call', async () => {
    await addWaiting('many', 1001);
    const { body } = await api().post('/devices/approve').send({ q: 'id==many-*' }).expect(200);
    expect(body.approved).toHaveLength(1000);
    expect(await waiting()).toEqual(['many-1001']);
    await api().post('/devices/approve').send({ q: 'id==many-*' }).expect(200);
    const controllerIds = Array.from({ length: 1001 }, (_unused, n) => `x-${n}`);
    await api().post('/devices/approve').send({ controllerIds }).expect(400);
  });

  it('lets nobody in by an empty word, a wrong one, or that of a viewer', async () => {
    for (const body of [
      {},
      { controllerIds: ['a'], q: 'id==a' },
      { q: 'approval==maybe' },
      { q: 'nothing==1' },
    ])
      await api().post('/devices/approve').send(body).expect(400);
    for (const approval of ['waiting', 'maybe', null])
      await api().patch('/devices/newcomer').send({ approval }).expect(400);
    const { body } = await api().post('/tokens').send({ name: 'v', role: 'viewer' }).expect(201);
    const viewer = request.agent(`${rookery.url}/api/v1`).auth(body.token, { type: 'bearer' });
    await viewer
      .post('/devices/approve')
      .send({ controllerIds: ['newcomer'] })
      .expect(403);
  });

  it('has ten thousand of them wait and no more, however many come at once to whichever replica', async () => {
    const before = await waiting();
    await addWaiting('queue', 9_990 - before.length);
    const ids = Array.from({ length: 40 }, (_unused, n) => `late-${n}`);
    const statuses = await Promise.all(
      ids.map(
        async (id, n) =>
          (
            await fleet
              .device(id)
              .at(n % 2 === 0 ? rookery.url : replica.url)
              .request('GET', '')
          ).status,
      ),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    const [row] = await rookery.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM device WHERE tenant_id = 1 AND approval = 'waiting'`,
    );
    expect(row?.count).toBe(10_000);
    // Who waits already is not concerned.
    expect(await statusOf(ids[statuses.indexOf(200)] ?? '')).toBe(200);
    await rookery.database.execute(`DELETE FROM device WHERE tenant_id = 1 AND approval = 'waiting'`);
  });

  it('knows nobody new when it refuses them, on any path', async () => {
    await settle('refuse');
    for (const path of ['', '/confirmationBase', '/deploymentBase/1', '/configData', '/nothing'])
      expect([path, await statusOf('stranger', path)]).toEqual([path, 401]);
    expect((await fleet.device('stranger').request('POST', '/token')).status).toBe(401);
    expect(await statusOf('newcomer')).toBe(200);
    await api().get('/devices/stranger').expect(404);
    await settle('admit');
    expect(await statusOf('stranger')).toBe(200);
    expect((await api().get('/devices/stranger')).body).toMatchObject({ approval: 'approved' });
    await settle('ask');
  });

  it('has approved whom operators register themselves', async () => {
    const { body } = await api().post('/devices').send({ controllerId: 'by-hand' }).expect(201);
    expect(body).toMatchObject({ approval: 'approved', hasTargetToken: true });
  });

  async function addWaiting(prefix: string, count: number): Promise<void> {
    await rookery.database.execute(
      `INSERT INTO device (tenant_id, controller_id, feed_id, created_by, approval)
       SELECT 1, $1 || '-' || lpad(n::text, 4, '0'), (SELECT id FROM feed WHERE tenant_id = 1 AND is_default), 'test', 'waiting'
         FROM generate_series(1, $2::int) AS n`,
      [prefix, count],
    );
  }
});

function itemsOf<Item>({ body }: { body: unknown }): Item[] {
  return (body as { items: Item[] }).items;
}
