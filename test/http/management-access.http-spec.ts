import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { ModulesContainer } from '@nestjs/core';
import request from 'supertest';
import { NEED } from '../../src/http/management/access/needs.decorator';
import { ManagementModule } from '../../src/http/management/management.module';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
const tokens: Record<string, string> = {};
const password = async (): Promise<string> => {
  const { readFile } = await import('node:fs/promises');
  return JSON.parse(await readFile(`${rookery.dataDir}/first-credentials.json`, 'utf8')).password;
};

beforeAll(async () => {
  rookery = await startRookery();
  tokens['administrator'] = rookery.token;
  for (const role of ['viewer', 'publisher', 'operator']) {
    const made = await as('administrator')
      .post('/api/v1/tokens')
      .send({ name: `a ${role}`, role });
    tokens[role] = made.body.token;
  }
});
afterAll(() => rookery.close());

function as(role: string) {
  return request.agent(rookery.url).auth(tokens[role]!, { type: 'bearer' });
}
const anonymous = () => request(rookery.url);
const itemsOf = <T>(answer: request.Response): T[] => answer.body.items as T[];
const PROBLEM = /^application\/problem\+json/;

describe('a caller', () => {
  it('without a token is refused with a challenge', async () => {
    const answer = await anonymous().get('/api/v1/releases').expect(401).expect('content-type', PROBLEM);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body).toMatchObject({ status: 401, code: 'unauthenticated', title: 'Unauthorized' });
  });

  it.each(['Bearer nonsense', 'Bearer ', 'Basic YTpi', `Bearer ${'x'.repeat(5000)}`, 'Bearer \u00e9'])(
    'with the header %.20s is refused',
    async (header) => {
      await anonymous().get('/api/v1/me').set('authorization', header).expect(401);
    },
  );

  it('writes the scheme in any case', async () => {
    await anonymous().get('/api/v1/me').set('authorization', `bearer ${rookery.token}`).expect(200);
  });

  it('without the role is told which one it takes', async () => {
    const answer = await as('viewer').post('/api/v1/feeds').send({ name: 'x' }).expect(403);
    expect(answer.body).toMatchObject({ status: 403, code: 'role_needed' });
    expect(answer.body.detail).toContain('operator');
  });

  it.each([
    ['viewer', 'post', '/releases', 403],
    ['publisher', 'post', '/releases', 415],
    ['publisher', 'delete', '/releases/1', 403],
    ['publisher', 'post', '/rollouts', 403],
    ['operator', 'post', '/rollouts', 400],
    ['operator', 'get', '/tokens', 403],
    ['operator', 'get', '/audit', 200],
    ['publisher', 'get', '/audit', 403],
    ['viewer', 'get', '/devices', 200],
    ['viewer', 'patch', '/tenant', 403],
  ] as const)('as %s may %s %s: %i', async (role, method, path, status) => {
    await as(role)[method](`/api/v1${path}`).expect(status);
  });

  it('is refused from the next request on when the token is revoked', async () => {
    const made = await as('administrator')
      .post('/api/v1/tokens')
      .send({ name: 'brief', role: 'viewer' })
      .expect(201);
    const bearer = { authorization: `Bearer ${made.body.token}` };
    await anonymous().get('/api/v1/me').set(bearer).expect(200);
    await as('administrator').delete(`/api/v1/tokens/${made.body.id}`).expect(204);
    await anonymous().get('/api/v1/me').set(bearer).expect(401);
    await as('administrator').delete(`/api/v1/tokens/${made.body.id}`).expect(404);
  });
});

it('every handler says whom it needs', () => {
  const { controllers } = [...rookery.app.get(ModulesContainer).values()].find(
    (module) => module.metatype === ManagementModule,
  )!;
  const silent = [...controllers.values()].flatMap(({ metatype }) => {
    const prototype = (metatype as unknown as { prototype: Record<string, unknown> }).prototype;
    return Object.getOwnPropertyNames(prototype)
      .filter((name) => name !== 'constructor' && Reflect.hasMetadata('path', prototype[name] as object))
      .filter((name) => Reflect.getMetadata(NEED, prototype[name] as object) === undefined)
      .map((name) => `${metatype!.name}.${name}`);
  });
  expect(controllers.size).toBeGreaterThan(10);
  expect(silent).toEqual([]);
});

describe('sessions', () => {
  it('trade name and password for a token that expires', async () => {
    const body = { name: 'admin', password: await password() };
    const session = await anonymous().post('/api/v1/sessions').send(body).expect(201);
    expect(session.headers['cache-control']).toBe('no-store');
    expect(new Date(session.body.expiresAt).getTime()).toBeGreaterThan(Date.now() + 11 * 3_600_000);
    const me = await anonymous()
      .get('/api/v1/me')
      .set('authorization', `Bearer ${session.body.token}`)
      .expect(200);
    expect(me.body).toEqual({ kind: 'user', name: 'admin', role: 'administrator', tenant: 'DEFAULT' });
  });

  it.each([
    ['a wrong password', { name: 'admin', password: 'wrong' }],
    ['an unknown name', { name: 'nobody', password: 'wrong' }],
    ['an unknown tenant', { name: 'admin', password: 'wrong', tenant: 'ELSEWHERE' }],
    ['a tenant that can be none', { name: 'admin', password: 'wrong', tenant: 'a/b' }],
  ])('are refused for %s, all in the same words', async (_what, body) => {
    const answer = await anonymous().post('/api/v1/sessions').send(body).expect(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body).toMatchObject({
      code: 'wrong_credentials',
      detail: 'The name or the password is wrong.',
    });
  });

  it('need a name and a password', async () => {
    const answer = await anonymous().post('/api/v1/sessions').send({}).expect(400);
    expect(answer.body.errors).toEqual({ name: 'is missing', password: 'is missing' });
  });
});

describe('tokens', () => {
  it('are listed without their secrets', async () => {
    const list = await as('administrator').get('/api/v1/tokens').expect(200);
    expect(itemsOf<{ name: string }>(list).map((token) => token.name)).toContain('a viewer');
    expect(list.text).not.toContain(tokens['viewer']);
  });

  it('need a role there is', async () => {
    const answer = await as('administrator')
      .post('/api/v1/tokens')
      .send({ name: 'x', role: 'god' })
      .expect(400);
    expect(answer.body.errors).toEqual({ role: 'must be one of viewer, publisher, operator, administrator' });
  });

  it.each(['0', 'abc', '1e3', '99999999999999999999', '-1'])(
    'cannot be revoked by the id %s: 404',
    async (id) => {
      await as('administrator').delete(`/api/v1/tokens/${id}`).expect(404);
    },
  );
});

describe('the tenant', () => {
  it('has a stop-all switch', async () => {
    expect((await as('viewer').get('/api/v1/tenant').expect(200)).body).toEqual({
      key: 'DEFAULT',
      stopped: false,
    });
    const stopped = await as('operator').patch('/api/v1/tenant').send({ stopped: true }).expect(200);
    expect(stopped.body).toEqual({ key: 'DEFAULT', stopped: true });
    await as('operator').patch('/api/v1/tenant').send({ stopped: false }).expect(200);
    const audit = await as('operator').get('/api/v1/audit?subject=tenant').expect(200);
    const kinds = itemsOf<{ kind: string }>(audit).map((entry) => entry.kind);
    expect(kinds.slice(0, 2)).toEqual(['tenant.released', 'tenant.stopped']);
  });

  it('sees nothing of another tenant', async () => {
    await rookery.database.query("INSERT INTO tenant (key) VALUES ('OTHER')");
    await rookery.database.query(
      "INSERT INTO feed (tenant_id, name) SELECT id, 'theirs' FROM tenant WHERE key = 'OTHER'",
    );
    await as('administrator').get('/api/v1/feeds/theirs').expect(404);
    const feeds = await as('administrator').get('/api/v1/feeds').expect(200);
    expect(feeds.text).not.toContain('theirs');
  });
});

describe('a problem', () => {
  it('names each field and why', async () => {
    const body = { name: ' a', feed: 7, releaseId: 'x', priority: 1.5, allowsDowngrade: 'yes', mood: 'good' };
    const answer = await as('operator')
      .post('/api/v1/rollouts')
      .send(body)
      .expect(400)
      .expect('content-type', PROBLEM);
    expect(answer.body).toMatchObject({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'invalid_fields',
      instance: '/api/v1/rollouts',
      errors: {
        name: 'must not begin or end with a space',
        feed: 'must be text',
        releaseId: 'must be an id: a decimal number as text',
        priority: 'must be a whole number from -1000 to 1000',
        allowsDowngrade: 'must be true or false',
        mood: 'is not known here',
      },
    });
  });

  it.each(['{"name":', '{"name":"a"}}', 'null', '"text"', '7', ''])(
    'says that %j is no JSON object',
    async (text) => {
      const answer = await as('operator')
        .post('/api/v1/feeds')
        .type('application/json')
        .send(text)
        .expect(400);
      expect(answer.body).toMatchObject({ status: 400 });
    },
  );

  it('says that a list is no object', async () => {
    const answer = await as('operator')
      .post('/api/v1/feeds')
      .send([{ name: 'a' }])
      .expect(400);
    expect(answer.body.errors).toBeDefined();
  });

  it.each(['__proto__', 'constructor', 'toString'])('does not let %s through', async (name) => {
    const text = `{"name":"proto","${name}":{"a":1}}`;
    const answer = await as('operator').post('/api/v1/feeds').type('application/json').send(text);
    expect([201, 400]).toContain(answer.status);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    if (answer.status === 201) await as('operator').delete('/api/v1/feeds/proto').expect(204);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'says that %s is no JSON',
    async (type) => {
      const answer = await as('operator').post('/api/v1/feeds').type(type).send('name=a').expect(415);
      expect(answer.body).toMatchObject({ status: 415, detail: 'Send the body as application/json.' });
    },
  );

  it('says that a body is too large', async () => {
    const body = { name: 'a', description: 'x'.repeat(400_000) };
    const answer = await as('operator')
      .post('/api/v1/feeds')
      .send(body)
      .expect(413)
      .expect('content-type', PROBLEM);
    expect(answer.body.detail).toMatch(/larger than \d+ bytes/);
  });

  it('says that there is nothing under an unknown path', async () => {
    for (const path of ['/api/v1/nothing', '/api/v1', '/api', '/api/v2/feeds', '/API/V1/nothing']) {
      const answer = await anonymous().get(path).expect(404).expect('content-type', PROBLEM);
      expect(answer.body).toMatchObject({ status: 404, code: 'not_found', instance: path });
    }
  });

  it('says which methods a path takes', async () => {
    const answer = await anonymous().put('/api/v1/feeds/default').expect(405).expect('content-type', PROBLEM);
    expect(answer.headers['allow']).toBe('DELETE, GET, HEAD, PATCH');
    expect(answer.body).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });

  it('says that a path is no UTF-8', async () => {
    await as('viewer').get('/api/v1/feeds/%ff').expect(400).expect('content-type', PROBLEM);
  });

  it.each([
    '/feeds/%00',
    '/releases/1/artifacts/%00',
    '/devices/a%00',
    '/devices?feed=%00',
    '/audit?subject=%00',
  ])('answers NUL in %s without troubling the database', async (path) => {
    const answer = await as('administrator').get(`/api/v1${path}`).expect('content-type', PROBLEM);
    expect([400, 404]).toContain(answer.status);
  });

  it('of our own shows an id and nothing else', async () => {
    await rookery.database.query('ALTER TABLE event RENAME TO event_away');
    try {
      const answer = await as('administrator')
        .get('/api/v1/audit')
        .expect(500)
        .expect('content-type', PROBLEM);
      expect(answer.body).toEqual({
        type: 'about:blank',
        title: 'Internal Server Error',
        status: 500,
        code: 'internal_error',
        instance: expect.stringMatching(/^urn:rookery:request:.+/),
      });
    } finally {
      await rookery.database.query('ALTER TABLE event_away RENAME TO event');
    }
  });

  it('reaches a client that is in the middle of sending a large body', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(`${rookery.url}/api/v1/releases`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 8_000_000 },
      });
      sent.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end(randomBytes(8_000_000));
    });
    expect(status).toBe(401);
  });
});

describe('a page', () => {
  it.each([
    'cursor=!!',
    'cursor=',
    'cursor=YWJj',
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=1&limit=2',
    'colour=red',
  ])('is refused for ?%s', async (query) => {
    const answer = await as('viewer').get(`/api/v1/releases?${query}`).expect(400);
    expect(answer.body.errors).toHaveProperty(query.split('=')[0]!);
  });
});
