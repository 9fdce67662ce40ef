import request from 'supertest';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
beforeAll(async () => {
  rookery = await startRookery();
  for (const [controllerId, change] of Object.entries(FLEET)) {
    await api().post('/devices').send({ controllerId }).expect(201);
    await api().patch(`/devices/${controllerId}`).send(change).expect(200);
  }
});
afterAll(() => rookery.close());

const FLEET = {
  'cam-1': { name: 'Front door', tags: ['lab', 'outdoor'], hardware: { model: 'Board-A' } },
  'cam-2': { name: "Bob's", tags: ['lab'], hardware: { model: 'board-b' }, pinned: true },
  'cam-3': { name: '50% off; (sale)', mode: 'latest' },
  'lamp-1': { tags: ['outdoor'], hardware: { model: 'board-a' } },
};

const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });

async function found(q: string): Promise<string[]> {
  const { body } = await api().get('/devices').query({ q }).expect(200);
  return (body.items as { controllerId: string }[]).map(({ controllerId }) => controllerId);
}

describe('GET /devices?q=', () => {
  it.each([
    ['id==CAM-1', ['cam-1']],
    ['controllerid==cam-*', ['cam-1', 'cam-2', 'cam-3']],
    ['model==board-a', ['cam-1', 'lamp-1']],
    ['tag==lab;model==board-b', ['cam-2']],
    ['tag==lab and tag==outdoor', ['cam-1']],
    ['tag=out=(lab)', ['cam-3', 'lamp-1']],
    ['name==*;tag!=lab', ['cam-3']],
    [`name=="bob's"`, ['cam-2']],
    ["name=='50% off; (sale)'", ['cam-3']],
    ['name==5*%*', ['cam-3']],
    ["name==''", ['lamp-1']],
    ['name=is=null', ['lamp-1']],
    ['pinned==true,mode==latest', ['cam-2', 'cam-3']],
    ['group==default;pinned==true', ['cam-2']],
    ['lastcontrollerrequestat=not=null', []],
    ['createdAt>2020-01-01;createdAt<2020-01-02', []],
    ['attribute.region!=eu;id==lamp*', ['lamp-1']],
    [" ( id == 'cam-1' or id == 'lamp-1' )\n and tag == lab ", ['cam-1']],
  ])('%s finds %j', async (q, ids) => {
    expect(await found(q)).toEqual(ids);
  });

  it('goes on from page to page, and with a feed', async () => {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const query = {
        q: 'id==*-1,id==*-2',
        limit: 1,
        feed: 'default',
        ...(cursor === undefined ? {} : { cursor }),
      };
      const { body } = await api().get('/devices').query(query).expect(200);
      ids.push(...(body.items as { controllerId: string }[]).map(({ controllerId }) => controllerId));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    expect(ids).toEqual(['cam-1', 'cam-2', 'lamp-1']);
    expect(
      (await api().get('/devices').query({ q: 'id==*', feed: 'nowhere' }).expect(200)).body.items,
    ).toEqual([]);
  });

  it('finds what a device reported of itself, and when it was seen', async () => {
    const poll = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`${rookery.url}/DEFAULT/controller/v1/reporter${path}`, {
        ...init,
        headers: {
          authorization: `GatewayToken ${rookery.gatewayToken}`,
          'content-type': 'application/json',
        },
      });
    await poll('');
    const body = JSON.stringify({ mode: 'merge', data: { Region: 'EU', sw_version: '1.2' } });
    expect((await poll('/configData', { method: 'PUT', body })).status).toBe(200);
    expect(await found('attribute.region==eu')).toEqual(['reporter']);
    expect(await found('installedds.version==1.2;createdby==plug-and-play')).toEqual(['reporter']);
    for (let attempt = 0; (await found('lastseen>2020-01-01')).length === 0; attempt += 1) {
      expect(attempt).toBeLessThan(50);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await found("address==''")).toEqual(Object.keys(FLEET));
  });

  it.each([
    ['name=', 'rsql_syntax', /at character 5: expected ==, !=, .*, found "="/],
    ['name==a b', 'rsql_syntax', /at character 9: expected and, or, or the end, found "b"/],
    [
      'nam==a',
      'rsql_field',
      /at character 1: there is no field "nam"; there are address, approval, attribute.<name>, c.*/,
    ],
    [
      'pinned==maybe',
      'rsql_value',
      /at character 9: pinned is compared with true or false, and not with "maybe"/,
    ],
    ['lastseen<yesterday', 'rsql_value', /at character 10: lastSeenAt is compared with an instant.*/],
    ['mode==lates', 'rsql_value', /at character 7: mode is one of rollout, latest, assigned, .*/],
  ])('%s is refused, and where it is wrong', async (q, code, why) => {
    const { body } = await api()
      .get('/devices')
      .query({ q })
      .expect(400)
      .expect('content-type', /problem\+json/);
    expect(body).toMatchObject({ status: 400, code, instance: '/api/v1/devices' });
    expect(body.detail).toMatch(why);
    expect(body.errors.q).toMatch(new RegExp(`^is wrong ${why.source}`));
  });

  it.each([
    ['', 'must have 1 to 2000 characters'],
    ['x'.repeat(2001), 'must have 1 to 2000 characters'],
    ['name==a\u0000', 'must not hold control characters'],
  ])('%.20j is refused before it is read', async (q, why) => {
    const { body } = await api().get('/devices').query({ q }).expect(400);
    expect(body.errors).toEqual({ q: why });
  });

  it('given twice is refused', async () => {
    await api().get('/devices?q=a==1&q=b==1').expect(400);
  });
});
