import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { startRookery, type TestRookery } from '../support/rookery-app';

const SWU = join(__dirname, '../fixtures/swu');
const fixture = (name: string): string => join(SWU, `${name}.swu`);

let rookery: TestRookery;
beforeAll(async () => {
  rookery = await startRookery({ settings: { ROOKERY_UPLOAD_MAX: '1MiB' } });
});
afterAll(() => rookery.close());

const api = () => request.agent(rookery.url).auth(rookery.token, { type: 'bearer' });
const itemsOf = <T>(answer: request.Response): T[] => answer.body.items as T[];
const upload = (file: string) => api().post('/api/v1/releases').attach('file', file);

async function blobsOnDisk(): Promise<string[]> {
  const entries = await readdir(join(rookery.dataDir, 'artifacts'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('an uploaded bundle', () => {
  it('tells its version and hardware by itself', async () => {
    const answer = await upload(fixture('basic-1.0')).expect(201);
    const bytes = await readFile(fixture('basic-1.0'));
    expect(answer.headers['location']).toBe(`/api/v1/releases/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      id: expect.stringMatching(/^\d+$/),
      version: '1.0',
      hardware: expect.arrayContaining([{ model: '*', revision: 'rev4.2' }]),
      createdBy: 'token:first-start',
      isWithdrawn: false,
      modules: [
        {
          type: 'os',
          format: 'swu',
          artifacts: [
            {
              fileName: 'basic-1.0.swu',
              sizeBytes: bytes.length,
              sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
              sha1: expect.stringMatching(/^[0-9a-f]{40}$/),
              md5: expect.stringMatching(/^[0-9a-f]{32}$/),
              crc32: expect.stringMatching(/^[0-9a-f]{8}$/),
            },
          ],
        },
      ],
    });
    const read = await api().get(answer.headers['location']!).expect(200);
    expect(read.body).toEqual(answer.body);
  });

  it('of a version that is there already is refused, naming the release that has it', async () => {
    const first = await upload(fixture('basic-2.0')).expect(201);
    const again = await upload(fixture('basic-2.0')).field('notes', 'not as before').expect(409);
    expect(again.body).toMatchObject({ code: 'release_exists' });
    expect(again.body.detail).toContain(`number ${first.body.id}`);
    await api().get(`/api/v1/releases/${first.body.id}/artifacts/basic-2.0.swu`).expect(200);
  });

  it.each([
    'bad-empty',
    'bad-huge-desc-size',
    'bad-libconfig-noversion',
    'bad-libconfig-syntax',
    'bad-no-desc',
    'bad-trunc-header',
    'bad-trunc-image',
    'bad-zip',
  ])('%s is refused, says why, and leaves no bytes behind', async (name) => {
    const before = await blobsOnDisk();
    const answer = await upload(fixture(name))
      .expect(422)
      .expect('content-type', /problem\+json/);
    expect(answer.body.detail.length).toBeGreaterThan(20);
    expect(Object.keys(answer.body.errors)).toHaveLength(1);
    expect(await blobsOnDisk()).toEqual(before);
  });

  it.each([
    'rich',
    'json',
    'hw-regex',
    'sets-modes',
    'board-specific',
    'links-ref',
    'crc-by-cpio-tool',
    'encrypted',
  ])('%s is understood', async (name) => {
    await upload(fixture(name)).field('name', `understood ${name}`).expect(201);
  });
});

describe('any other file', () => {
  it('needs version and compatibility in the form', async () => {
    const plain = (): request.Test =>
      api().post('/api/v1/releases').attach('file', Buffer.from('bytes'), 'app.bin');
    const bare = await plain().expect(422);
    expect(bare.body.errors).toEqual({ version: expect.any(String) });
    const half = await plain().field('version', '3.1').expect(422);
    expect(half.body.errors).toEqual({ compatibility: expect.any(String) });
    const whole = await plain()
      .field('version', '3.1')
      .field('compatibility', 'board-a:1.*')
      .field('notes', 'line one\nline two')
      .expect(201);
    expect(whole.body).toMatchObject({
      name: 'app',
      version: '3.1',
      notes: 'line one\nline two',
      hardware: [{ model: 'board-a', revision: '1.*' }],
      modules: [{ type: 'application', format: 'opaque' }],
    });
  });

  it('may come with others: one module each', async () => {
    const answer = await api()
      .post('/api/v1/releases')
      .attach('file', Buffer.from('one'), 'one.bin')
      .attach('file', Buffer.from('two'), 'two.bin')
      .field('name', 'pair')
      .field('version', '1.77')
      .field('compatibility', '*')
      .expect(201);
    expect(answer.body.modules).toHaveLength(2);
  });
});

describe('an upload form', () => {
  const form = (): request.Test =>
    api()
      .post('/api/v1/releases')
      .attach('file', Buffer.from('x'), 'x.bin')
      .field('version', '1')
      .field('compatibility', '*');

  it('with unknown fields is refused by name', async () => {
    const answer = await form().field('colour', 'red').expect(400);
    expect(answer.body.errors).toEqual({ colour: 'is not known here' });
  });

  it('with a field twice is refused', async () => {
    const answer = await form().field('name', 'a').field('name', 'b').expect(400);
    expect(answer.body.errors).toEqual({ name: 'is given more than once' });
  });

  it('with control characters is refused', async () => {
    const answer = await form().field('notes', 'a\u0000b').expect(400);
    expect(answer.body.errors).toEqual({ notes: 'must not hold control characters' });
  });

  it('with a file in another field is refused', async () => {
    const answer = await api()
      .post('/api/v1/releases')
      .attach('image', Buffer.from('x'), 'x.bin')
      .expect(400);
    expect(answer.body.errors).toHaveProperty('image');
  });

  it('without a file is refused', async () => {
    const answer = await api().post('/api/v1/releases').field('name', 'a').expect(422);
    expect(answer.body.errors).toHaveProperty('file');
  });

  it('with the same file name twice is refused', async () => {
    await form().attach('file', Buffer.from('y'), 'x.bin').expect(422);
  });

  it('with too large a file is refused', async () => {
    const answer = await form().attach('file', Buffer.alloc(1_200_000), 'large.bin').expect(413);
    expect(answer.headers['content-type']).toMatch(/problem\+json/);
  });

  it('that is none is refused', async () => {
    await api().post('/api/v1/releases').send({ name: 'a' }).expect(415);
    await api().post('/api/v1/releases').expect(415);
    await api().post('/api/v1/releases').set('content-type', 'multipart/form-data').send('x').expect(400);
  });

  it('that fails leaves nothing staged', async () => {
    const before = await blobsOnDisk();
    await form().field('colour', 'red').expect(400);
    await form().field('notes', 'x'.repeat(20_001)).expect(400);
    expect(await blobsOnDisk()).toEqual(before);
  });
});

describe('releases', () => {
  it('are listed newest first, page by page', async () => {
    const all = await api().get('/api/v1/releases').expect(200);
    const ids = itemsOf<{ id: string }>(all).map((release) => Number(release.id));
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    const paged: number[] = [];
    let cursor = '';
    do {
      const page = await api().get(`/api/v1/releases?limit=3${cursor}`).expect(200);
      paged.push(...itemsOf<{ id: string }>(page).map((release) => Number(release.id)));
      cursor = page.body.nextCursor === undefined ? '' : `&cursor=${page.body.nextCursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(ids);
  });

  it.each(['0', 'x', '4294967296', '99999999999999999999', '1%00'])(
    'are not found by the id %s',
    async (id) => {
      await api().get(`/api/v1/releases/${id}`).expect(404);
      await api().delete(`/api/v1/releases/${id}`).expect(404);
    },
  );

  it('give their files back as they were', async () => {
    const made = await api()
      .post('/api/v1/releases')
      .attach('file', Buffer.from('hello bytes'), "größe 'a' %1.bin")
      .field('version', '77')
      .field('compatibility', 'given-back')
      .expect(201);
    const [{ artifacts }] = made.body.modules;
    const path = `/api/v1/releases/${made.body.id}/artifacts/${encodeURIComponent(artifacts[0].fileName)}`;
    const got = await api().get(path).buffer(true).expect(200);
    expect(String(got.body)).toBe('hello bytes');
    expect(got.headers).toMatchObject({
      'content-length': '11',
      'content-type': 'application/octet-stream',
      etag: `"${artifacts[0].sha256}"`,
      'content-disposition': `attachment; filename="gr__e 'a' _1.bin"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%27a%27%20%251.bin`,
    });
    const head = await api().head(path).expect(200);
    expect(head.headers['content-length']).toBe('11');
    await api().get(`/api/v1/releases/${made.body.id}/artifacts/other.bin`).expect(404);
  });

  it('may say which versions they upgrade from', async () => {
    const send = (upgradeFrom: string): request.Test =>
      api()
        .post('/api/v1/releases')
        .attach('file', Buffer.from('step'), 'step.bin')
        .field({ name: 'step', version: '5.0.1', compatibility: 'step-board', upgradeFrom });
    const wrong = await send('soon').expect(422);
    expect(wrong.body.errors).toEqual({ upgradeFrom: expect.stringContaining('must be a range of SemVer') });
    const made = await send('>=4.0.0 <5.0.0').expect(201);
    expect(made.body).toMatchObject({ upgradeFrom: '>=4.0.0 <5.0.0', isWithdrawn: false });
    await send('>=4.0.0 <5.0.0').expect(200);
    expect((await send('^4').expect(409)).body.code).toBe('release_exists');
  });

  it('in use cannot be deleted', async () => {
    const made = await upload(fixture('no-hw-compat'))
      .field('compatibility', '*')
      .field('name', 'used')
      .expect(201);
    const { id } = made.body;
    const rollout = await api()
      .post('/api/v1/rollouts')
      .send({ name: 'uses it', feed: 'default', releaseId: id })
      .expect(201);
    const refused = await api().delete(`/api/v1/releases/${id}`).expect(409);
    expect(refused.body).toMatchObject({ code: 'release_in_use' });
    expect(refused.body.detail).toContain('uses it');
    await api().post(`/api/v1/rollouts/${rollout.body.id}/start`).expect(200);
    await api().post(`/api/v1/rollouts/${rollout.body.id}/close`).expect(200);
    await api().delete(`/api/v1/releases/${id}`).expect(204);
    await api().get(`/api/v1/releases/${id}`).expect(404);
  });

  it('take their bytes with them when they go', async () => {
    const before = await blobsOnDisk();
    const made = await api()
      .post('/api/v1/releases')
      .attach('file', Buffer.from('only here'), 'only.bin')
      .field('version', '9')
      .field('compatibility', '*')
      .expect(201);
    expect(await blobsOnDisk()).toHaveLength(before.length + 1);
    await api().delete(`/api/v1/releases/${made.body.id}`).expect(204);
    expect(await blobsOnDisk()).toEqual(before);
    await api().delete(`/api/v1/releases/${made.body.id}`).expect(404);
  });
});
