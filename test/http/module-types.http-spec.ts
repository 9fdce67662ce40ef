import request from 'supertest';
import { ModuleTypesService } from '../../src/modules/releases/module-types.service';
import { DEFAULT_TENANT_KEY } from '../../src/modules/tenants/tenant';
import { TenantsService } from '../../src/modules/tenants/tenants.service';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('module types', () => {
  let one: TestRookery;
  let two: TestRookery;
  let next = 0;
  const aKey = (): string => `type-${(next += 1)}`;

  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  const api = (rookery = one) =>
    request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
  const keys = async (): Promise<string[]> =>
    ((await api(two).get('/module-types').expect(200)).body.items as { key: string }[]).map(({ key }) => key);
  const make = async (type: object): Promise<request.Response> => api().post('/module-types').send(type);

  it("are hawkBit's to begin with", async () => {
    const { body } = await api().get('/module-types').expect(200);
    expect(body.items).toMatchObject([
      { key: 'application', name: 'Application' },
      { key: 'os', name: 'Operating system', maxPerRelease: 1 },
      { key: 'runtime', name: 'Runtime', maxPerRelease: 1 },
    ]);
    expect(body.items[0]).not.toHaveProperty('maxPerRelease');
  });

  it('are made, changed and removed', async () => {
    const key = aKey();
    const made = await make({ key, name: 'Bootloader', maxPerRelease: 1 });
    expect([made.status, made.body]).toEqual([
      201,
      { key, name: 'Bootloader', description: '', maxPerRelease: 1, createdAt: expect.any(String) },
    ]);
    expect(await keys()).toContain(key);
    const changed = await api(two)
      .patch(`/module-types/${key}`)
      .send({ description: 'U-Boot', maxPerRelease: null })
      .expect(200);
    expect(changed.body).toEqual({
      key,
      name: 'Bootloader',
      description: 'U-Boot',
      createdAt: made.body.createdAt,
    });
    expect((await api().patch(`/module-types/${key}`).send({}).expect(200)).body).toEqual(changed.body);
    await api().delete(`/module-types/${key}`).expect(204);
    expect(await keys()).not.toContain(key);
    await api().delete(`/module-types/${key}`).expect(404);
    await api().patch(`/module-types/${key}`).send({ name: 'x' }).expect(404);
    const { body } = await api().get(`/audit?subject=module-type:${key}`).expect(200);
    expect((body.items as { kind: string }[]).map(({ kind }) => kind)).toEqual([
      'module-type.removed',
      'module-type.changed',
      'module-type.changed',
      'module-type.created',
    ]);
  });

  it('keep their keys to themselves, also when two replicas make one at once', async () => {
    const key = aKey();
    const answers = await Promise.all(
      [one, two, one, two].map((at) => api(at).post('/module-types').send({ key, name: 'x' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect((await make({ key, name: 'x' })).body).toMatchObject({
      code: 'module_type_exists',
      errors: { key: 'is taken' },
    });
  });

  it('stay while a release has a module of them', async () => {
    const key = aKey();
    await make({ key, name: 'Model' });
    await one.database.query(
      `WITH made AS (
         INSERT INTO release (tenant_id, name, version, digest, created_by) VALUES (1, 'camera', '1.0', 'x', 'ci') RETURNING id)
       INSERT INTO release_module (tenant_id, release_id, position, type, name, version, format)
       SELECT 1, id, 1, $1, 'model', '1.0', 'opaque' FROM made`,
      [key],
    );
    const { body } = await api().delete(`/module-types/${key}`).expect(409);
    expect(body).toMatchObject({ code: 'module_type_in_use' });
    expect(body.detail).toContain('"camera" 1.0');
    await one.database.query('UPDATE release SET deleted_at = now() WHERE tenant_id = 1');
    await api().delete(`/module-types/${key}`).expect(204);
  });

  it('stay when uploads are given them by default', async () => {
    for (const key of ['os', 'application']) await api().delete(`/module-types/${key}`).expect(409);
  });

  it('that were removed do not come back by a restart', async () => {
    await api().delete('/module-types/runtime').expect(204);
    await one.app.get(TenantsService).ensure(DEFAULT_TENANT_KEY);
    expect(await keys()).not.toContain('runtime');
    expect((await make({ key: 'runtime', name: 'Runtime', maxPerRelease: 1 })).status).toBe(201);
  });

  it('are there for a tenant that is made later, with its settings', async () => {
    const tenant = await one.app.get(TenantsService).ensure('LATER');
    const types = one.app.get(ModuleTypesService);
    expect(await types.isKnown(one.database, tenant.id, 'os')).toBe(true);
    expect(await types.maxPerRelease(one.database, tenant.id, 'os')).toBe(1);
    expect(await types.maxPerRelease(one.database, tenant.id, 'application')).toBeUndefined();
    expect(await types.isKnown(one.database, tenant.id, 'nonsense')).toBe(false);
    expect(
      await one.database.query('SELECT 1 FROM tenant_settings WHERE tenant_id = $1', [tenant.id]),
    ).toHaveLength(1);
    await one.app.get(TenantsService).ensure('LATER');
    expect(
      await one.database.query('SELECT 1 FROM module_type WHERE tenant_id = $1', [tenant.id]),
    ).toHaveLength(3);
  });

  it.each([
    [{ key: '', name: 'x' }, 'key'],
    [{ key: 'a b', name: 'x' }, 'key'],
    [{ key: '..', name: 'x' }, 'key'],
    [{ key: 'ä', name: 'x' }, 'key'],
    [{ key: 'x'.repeat(65), name: 'x' }, 'key'],
    [{ key: 'ok' }, 'name'],
    [{ key: 'ok', name: 'x', maxPerRelease: 0 }, 'maxPerRelease'],
    [{ key: 'ok', name: 'x', maxPerRelease: 101 }, 'maxPerRelease'],
    [{ key: 'ok', name: 'x', colour: 'red' }, 'colour'],
  ])('cannot be %j', async (type, field) => {
    const answer = await make(type);
    expect([answer.status, Object.keys(answer.body.errors as object)]).toEqual([400, [field]]);
  });

  it('keep their key', async () => {
    await api().patch('/module-types/os').send({ key: 'kernel' }).expect(400);
  });

  it('are made by publishers and seen by all', async () => {
    const as = async (role: string) => {
      const { body } = await api().post('/tokens').send({ name: role, role }).expect(201);
      return request.agent(`${one.url}/api/v1`).auth(body.token, { type: 'bearer' });
    };
    const viewer = await as('viewer');
    await viewer.get('/module-types').expect(200);
    await viewer.post('/module-types').send({ key: aKey(), name: 'x' }).expect(403);
    await (await as('publisher')).post('/module-types').send({ key: aKey(), name: 'x' }).expect(201);
  });
});
