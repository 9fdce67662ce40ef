import request from 'supertest';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
let fleet: Fleet;
beforeAll(async () => {
  rookery = await startRookery();
  fleet = new Fleet(rookery);
});
afterAll(() => rookery.close());

const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
const itemsOf = <T>(answer: request.Response): T[] => answer.body.items as T[];
let made = 0;
const aName = (): string => `thing-${(made += 1)}`;
async function aDevice(): Promise<string> {
  const controllerId = aName();
  await api().post('/devices').send({ controllerId }).expect(201);
  return controllerId;
}

describe('a feed', () => {
  it('is made, read, renamed and removed', async () => {
    const name = aName();
    const created = await api().post('/feeds').send({ name, description: 'one\ntwo' }).expect(201);
    expect(created.headers).toMatchObject({ location: `/api/v1/feeds/${name}`, etag: '"1"' });
    expect(created.body).toMatchObject({ name, description: 'one\ntwo', isDefault: false, revision: 1 });
    const renamed = await api()
      .patch(`/feeds/${name}`)
      .send({ name: `${name} b` })
      .expect(200);
    expect(renamed.body).toMatchObject({ name: `${name} b`, description: 'one\ntwo', revision: 2 });
    await api().get(`/feeds/${name}`).expect(404);
    const read = await api().get(`/feeds/${name}%20b`).expect(200).expect('etag', '"2"');
    expect(read.body).toEqual(renamed.body);
    await api().delete(`/feeds/${name}%20b`).expect(204);
    await api().delete(`/feeds/${name}%20b`).expect(404);
  });

  it('is listed by name with the default one', async () => {
    const { body } = await api().get('/feeds').expect(200);
    expect(body.items).toContainEqual(expect.objectContaining({ name: 'default', isDefault: true }));
  });

  it('keeps its name to itself', async () => {
    const name = aName();
    await api().post('/feeds').send({ name }).expect(201);
    const again = await api().post('/feeds').send({ name }).expect(409);
    expect(again.body).toMatchObject({ code: 'feed_exists', errors: { name: 'is taken' } });
    await api().patch('/feeds/default').send({ name }).expect(409);
  });

  it.each(['', 'a/b', '.', '..', 'x'.repeat(101), ' a', 'a\nb', '\ud800', 7, null])(
    'cannot be called %j',
    async (name) => {
      const answer = await api().post('/feeds').send({ name }).expect(400);
      expect(answer.body.errors).toHaveProperty('name');
    },
  );

  it('cannot be removed while devices follow it, nor when it is the default', async () => {
    const name = aName();
    await api().post('/feeds').send({ name }).expect(201);
    await api()
      .patch(`/devices/${await aDevice()}`)
      .send({ feed: name })
      .expect(200);
    expect((await api().delete(`/feeds/${name}`).expect(409)).body.code).toBe('feed_in_use');
    await api().delete('/feeds/default').expect(409);
  });
});

describe('If-Match', () => {
  it('lets a change through only on the revision that was read', async () => {
    const name = aName();
    await api().post('/feeds').send({ name }).expect(201);
    const change = (tag: string): request.Test =>
      api().patch(`/feeds/${name}`).set('if-match', tag).send({ description: tag });
    await change('"1"').expect(200).expect('etag', '"2"');
    expect((await change('"1"').expect(412)).body).toMatchObject({ status: 412, code: 'stale' });
    await change('W/"2"').expect(412);
    await change('"02"').expect(412);
    await change('"abc"').expect(412);
    await change('*').expect(200);
    expect((await change('3').expect(400)).body.errors).toHaveProperty('If-Match');
    await change('"3", "4"').expect(400);
  });

  it('holds for devices too', async () => {
    const id = await aDevice();
    const { headers } = await api().get(`/devices/${id}`).expect(200);
    const change = (): request.Test =>
      api().patch(`/devices/${id}`).set('if-match', headers['etag']!).send({ pinned: true });
    await change().expect(200);
    await change().expect(412);
  });

  it('never turns a read into 304, since counters and last-seen move without the revision', async () => {
    const id = await aDevice();
    const { headers } = await api().get(`/devices/${id}`).expect(200);
    await api().get(`/devices/${id}`).set('if-none-match', headers['etag']!).expect(200);
  });
});

describe('a device', () => {
  it('is registered with a token of its own, shown once', async () => {
    const controllerId = aName();
    const created = await api().post('/devices').send({ controllerId, name: 'Röntgen 7' }).expect(201);
    expect(created.headers['location']).toBe(`/api/v1/devices/${controllerId}`);
    expect(created.body).toMatchObject({
      controllerId,
      name: 'Röntgen 7',
      feed: 'default',
      mode: 'rollout',
      pinned: false,
      tags: [],
      attributes: {},
      hardware: { isSet: false },
      targetToken: expect.stringMatching(/^rkt_/),
    });
    expect((await api().get(`/devices/${controllerId}`).expect(200)).text).not.toContain('rkt_');
    const poll = (token: string): Promise<Response> =>
      fetch(`${rookery.url}/DEFAULT/controller/v1/${controllerId}`, {
        headers: { authorization: `TargetToken ${token}` },
      });
    expect((await poll(created.body.targetToken)).status).toBe(200);
    expect((await poll('rkt_other')).status).toBe(401);
  });

  it('keeps its id to itself until it is removed', async () => {
    const controllerId = await aDevice();
    expect((await api().post('/devices').send({ controllerId }).expect(409)).body.code).toBe('device_exists');
    await api().delete(`/devices/${controllerId}`).expect(204);
    await api().delete(`/devices/${controllerId}`).expect(404);
    await api().post('/devices').send({ controllerId }).expect(201);
  });

  it.each(['', 'x'.repeat(257), 'a\u0000b', '..', 7, undefined])(
    'cannot be called %j',
    async (controllerId) => {
      const answer = await api().post('/devices').send({ controllerId }).expect(400);
      expect(answer.body.errors).toHaveProperty('controllerId');
    },
  );

  it('of any other name is found under it', async () => {
    for (const controllerId of ['a b', 'ä/ö?#%', '東京', 'a:b;c=d+e', "o'clock"]) {
      const created = await api().post('/devices').send({ controllerId }).expect(201);
      const read = await api().get(created.headers['location']!.replace('/api/v1', '')).expect(200);
      expect(read.body.controllerId).toBe(controllerId);
    }
  });

  it('takes every change and gives it back', async () => {
    const id = await aDevice();
    const releaseId = await fleet.release('1.0', { name: aName() });
    const feed = aName();
    await api().post('/feeds').send({ name: feed }).expect(201);
    const change = {
      name: 'seven',
      feed,
      mode: 'assigned',
      pinned: true,
      takesPrereleases: true,
      tags: ['lab', 'lab', 'öst'],
      hardware: { model: 'board-a', revision: '1.2' },
      assignedReleaseId: releaseId,
      force: releaseId,
      timezone: 'Europe/Berlin',
    };
    const changed = await api().patch(`/devices/${id}`).send(change).expect(200);
    const shown = { ...change, tags: ['lab', 'öst'], hardware: { ...change.hardware, isSet: true } };
    expect(changed.body).toMatchObject(shown);
    expect((await api().get(`/devices/${id}`).expect(200)).body).toMatchObject(shown);
    const cleared = await api()
      .patch(`/devices/${id}`)
      .send({ name: null, hardware: null, assignedReleaseId: null, force: null, tags: [], timezone: null })
      .expect(200);
    expect(cleared.body).toMatchObject({ pinned: true, tags: [], hardware: { isSet: false } });
    for (const field of ['name', 'assignedReleaseId', 'force', 'timezone'])
      expect(cleared.body).not.toHaveProperty(field);
  });

  it.each([
    [{ feed: 'nowhere' }, 'feed'],
    [{ assignedReleaseId: '4711' }, 'assignedReleaseId'],
    [{ force: '999999999999999999' }, 'force'],
  ])('refuses %j: well formed, but it names nothing', async (change, field) => {
    const answer = await api()
      .patch(`/devices/${await aDevice()}`)
      .send(change)
      .expect(422);
    expect(answer.body.errors).toHaveProperty(field);
  });

  it.each([
    [{ feed: null }, 'feed', 'must not be null'],
    [{ mode: 'fast' }, 'mode', 'must be one of rollout, latest, assigned'],
    [{ pinned: 1 }, 'pinned', 'must be true or false'],
    [{ tags: 'lab' }, 'tags', 'must be a list of texts'],
    [{ tags: ['a', ''] }, 'tags', 'has an item (number 2) that must have 1 to 64 characters'],
    [{ tags: ['x'.repeat(65)] }, 'tags', 'has an item (number 1) that must have 1 to 64 characters'],
    [{ tags: Array.from({ length: 101 }, String) }, 'tags', 'must have at most 100 items'],
    [{ hardware: {} }, 'hardware.model', 'is missing'],
    [{ hardware: { model: 'a', size: 1 } }, 'hardware.size', 'is not known here'],
    [{ hardware: 'a' }, 'hardware', 'must be an object'],
    [{ hardware: [{ model: 'a' }] }, 'hardware', 'must be an object'],
    [{ assignedReleaseId: 7 }, 'assignedReleaseId', 'must be an id: a decimal number as text'],
    [{ name: 'a\ud800' }, 'name', 'must not hold control characters'],
    [{ controllerId: 'other' }, 'controllerId', 'is not known here'],
    [
      { timezone: 'Mars/Base' },
      'timezone',
      'has "Mars/Base": allowed are ±hh:mm and names such as Europe/Berlin',
    ],
    [{ timezone: 5 }, 'timezone', 'must be text'],
  ])('refuses %j', async (change, field, why) => {
    const id = await aDevice();
    const answer = await api().patch(`/devices/${id}`).send(change).expect(400);
    expect(answer.body.errors).toEqual({ [field]: why });
    expect((await api().get(`/devices/${id}`).expect(200)).body.revision).toBe('1');
  });

  it('that is not there is 404, and one that cannot be is 400', async () => {
    for (const path of ['', '/actions', '/explain']) {
      await api().get(`/devices/nobody${path}`).expect(404);
      await api()
        .get(`/devices/${'x'.repeat(257)}${path}`)
        .expect(400);
    }
    await api().patch('/devices/nobody').send({ pinned: true }).expect(404);
  });

  it('says why it gets nothing', async () => {
    const id = await aDevice();
    await api().patch(`/devices/${id}`).send({ pinned: true }).expect(200);
    const { body } = await api().get(`/devices/${id}/explain`).expect(200);
    expect(body).toMatchObject({
      decision: { kind: 'nothing', reason: 'pinned' },
      planRevision: expect.any(String),
    });
    expect(body.trace).toContainEqual(
      expect.objectContaining({
        code: 'pinned',
        outcome: 'decided',
        text: expect.stringContaining('pinned'),
      }),
    );
  });
});

describe('devices', () => {
  it('are listed by id, page by page, and by feed', async () => {
    const feed = aName();
    await api().post('/feeds').send({ name: feed }).expect(201);
    const ids = ['z-ä', 'z-2', 'z-10', 'z-1', 'z-ß'];
    for (const controllerId of ids) {
      await api().post('/devices').send({ controllerId }).expect(201);
      await api()
        .patch(`/devices/${encodeURIComponent(controllerId)}`)
        .send({ feed })
        .expect(200);
    }
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await api()
        .get('/devices')
        .query({ feed, limit: 2, ...(cursor === undefined ? {} : { cursor }) })
        .expect(200);
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      found.push(...itemsOf<{ controllerId: string }>(page).map((device) => device.controllerId));
      cursor = page.body.nextCursor;
    } while (cursor !== undefined);
    expect([...found].sort()).toEqual([...ids].sort());
    expect((await api().get('/devices?feed=nowhere').expect(200)).body).toEqual({ items: [] });
  });
});
