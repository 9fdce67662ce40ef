import { createHash, randomBytes } from 'node:crypto';
import { appendFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request as httpRequest } from 'node:http';
import request from 'supertest';
import { BlobCollectorService } from '../../src/modules/artifacts/blob-collector.service';
import { UploadsService } from '../../src/modules/artifacts/uploads/uploads.service';
import { TenantSettingsService } from '../../src/modules/tenants/tenant-settings.service';
import { systemActor } from '../../src/platform/actor/actor';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { TusClient } from '../support/tus-client';

let rookery: TestRookery;
let client: TusClient;
beforeAll(async () => {
  rookery = await startRookery({ settings: { ROOKERY_UPLOAD_MAX: '1MiB', ROOKERY_SCRUB_RATE: '0' } });
  client = new TusClient(rookery.url, rookery.token);
});
afterAll(() => rookery.close());

const api = () => request.agent(rookery.url).auth(rookery.token, { type: 'bearer' });
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const idOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folder = (): string => join(rookery.dataDir, 'uploads');
const release = (path: string, fields: object = {}): request.Test =>
  api()
    .post('/api/v1/releases/from-uploads')
    .send({ uploads: [idOf(path)], compatibility: `for-${idOf(path)}`, version: '1', ...fields });

/** A whole upload. */
async function uploaded(bytes: Buffer, metadata: Record<string, string>): Promise<string> {
  const path = await client.path(bytes.length, metadata);
  expect((await client.append(path, 0, bytes)).status).toBe(204);
  return path;
}

describe('an upload that breaks off', () => {
  it('goes on where it was, and becomes a release with all its bytes', async () => {
    const bytes = randomBytes(300_000);
    const path = await client.path(bytes.length, { filename: 'broken.bin', sha256: sha256Of(bytes) });
    expect(path).toMatch(/^\/api\/v1\/uploads\/[0-9a-f]{32}$/);
    await client.breakOff(path, 0, bytes.subarray(0, 100_000));
    const offset = await client.offset(path);
    expect(offset).toBe(100_000);
    const part = await client.append(path, offset, bytes.subarray(offset, 200_000));
    expect([part.status, part.headers.get('upload-offset')]).toEqual([204, '200000']);
    expect(part.headers.get('upload-expires')).not.toBeNull();
    expect((await client.append(path, 200_000, bytes.subarray(200_000))).status).toBe(204);
    const made = await release(path, { name: 'broken' }).expect(201);
    expect(made.headers['location']).toBe(`/api/v1/releases/${made.body.id}`);
    expect(made.body.modules[0].artifacts[0]).toMatchObject({
      fileName: 'broken.bin',
      sha256: sha256Of(bytes),
      sizeBytes: bytes.length,
    });
    expect(await readdir(folder())).not.toContain(idOf(path));
  });

  it('makes no release before it is whole', async () => {
    const path = await client.path(10, { filename: 'half.bin' });
    await client.append(path, 0, Buffer.from('half'));
    const answer = await release(path, { name: 'half' }).expect(409);
    expect(answer.body).toMatchObject({ code: 'upload_unfinished' });
    expect(answer.body.detail).toContain('4 of 10 bytes');
  });

  it('never goes on from what was not acknowledged', async () => {
    const path = await client.path(8, { filename: 'torn.bin' });
    await client.append(path, 0, Buffer.from('abcd'));
    await appendFile(join(folder(), idOf(path)), 'torn by a crash');
    expect(await client.offset(path)).toBe(4);
    await client.append(path, 4, Buffer.from('efgh'));
    const made = await release(path, { name: 'torn' }).expect(201);
    const got = await api().get(`/api/v1/releases/${made.body.id}/artifacts/torn.bin`).buffer(true);
    expect(String(got.body)).toBe('abcdefgh');
  });

  it('is refused with the right offset when it goes on from a wrong one', async () => {
    const path = await client.path(8, { filename: 'offset.bin' });
    const answer = await client.append(path, 3, Buffer.from('x'));
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toMatch(/problem\+json/);
    expect(await client.offset(path)).toBe(0);
  });

  it('takes no more bytes than it said', async () => {
    const path = await client.path(3, { filename: 'more.bin' });
    expect((await client.append(path, 0, Buffer.from('more'))).status).toBe(413);
    expect(await client.offset(path)).toBe(0);
  });

  it('is taken over from a request that is still there', async () => {
    const path = await client.path(200_000, { filename: 'stale.bin' });
    const bytes = randomBytes(200_000);
    const stale = client.breakOff(path, 0, bytes.subarray(0, 50_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const offset = await client.offset(path);
    expect(offset).toBe(50_000);
    await stale;
    expect((await client.append(path, offset, bytes.subarray(offset))).status).toBe(204);
  });
});

describe('two replicas that share their folder', () => {
  it('listen to the last request of an upload, wherever it came', async () => {
    const replica = await startRookery({ replicaOf: rookery, settings: { ROOKERY_SCRUB_RATE: '0' } });
    const other = new TusClient(replica.url, rookery.token);
    const path = await client.path(8, { filename: 'moved.bin' });
    const first = httpRequest(`${rookery.url}${path}`, {
      method: 'PATCH',
      headers: {
        ...{ 'tus-resumable': '1.0.0', authorization: `Bearer ${rookery.token}`, 'upload-offset': '0' },
        ...{ 'content-type': 'application/offset+octet-stream', 'content-length': 8 },
      },
    });
    first.on('error', () => undefined);
    first.write('ABCD');
    while ((await stat(join(folder(), idOf(path)))).size < 4)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await other.offset(path)).toBe(0);
    expect((await other.append(path, 0, Buffer.from('abcdefgh'))).status).toBe(204);
    first.destroy();
    expect(await client.offset(path)).toBe(8);
    const made = await release(path, { name: 'moved' }).expect(201);
    const got = await api().get(`/api/v1/releases/${made.body.id}/artifacts/moved.bin`).buffer(true);
    expect(String(got.body)).toBe('abcdefgh');
    await replica.close();
  });
});

describe('a request whose answer was lost', () => {
  it('for the release may be repeated', async () => {
    const path = await uploaded(Buffer.from('twice'), { filename: 'twice.bin' });
    const first = await release(path, { name: 'twice' }).expect(201);
    const second = await release(path, { name: 'twice' }).expect(200);
    expect(second.body).toEqual(first.body);
    const other = await release(path, { name: 'twice', version: '2' }).expect(409);
    expect(other.body).toMatchObject({ code: 'upload_spent' });
  });

  it('for the last bytes may be asked for again, also when a release has them', async () => {
    const path = await uploaded(Buffer.from('late'), { filename: 'late.bin' });
    await release(path, { name: 'late' }).expect(201);
    expect(await client.offset(path)).toBe(4);
    expect((await client.append(path, 4, Buffer.alloc(0))).status).toBe(204);
    expect((await client.append(path, 0, Buffer.from('late'))).status).toBe(409);
  });

  it('may be repeated also when the server died before it let the upload go', async () => {
    const path = await uploaded(Buffer.from('died'), { filename: 'died.bin' });
    const uploads = rookery.app.get(UploadsService);
    const spend = jest.spyOn(uploads, 'spend').mockRejectedValueOnce(new Error('died'));
    await release(path, { name: 'died' }).expect(500);
    spend.mockRestore();
    await release(path, { name: 'died' }).expect(200);
    expect(await readdir(folder())).not.toContain(idOf(path));
  });
});

describe('a declared sha256', () => {
  it('that does not fit is told with both digests, and nothing stays behind', async () => {
    const bytes = Buffer.from('not that');
    const meant = sha256Of(Buffer.from('this'));
    const path = await uploaded(bytes, { filename: 'wrong.bin', sha256: meant });
    const answer = await release(path, { name: 'wrong' }).expect(422);
    expect(answer.body).toMatchObject({ code: 'digest_mismatch' });
    expect(answer.body.detail).toContain(meant);
    expect(answer.body.detail).toContain(sha256Of(bytes));
    expect(await readdir(folder())).not.toContain(idOf(path));
    expect(await readdir(join(rookery.dataDir, 'artifacts', 'staging'))).toEqual([]);
    await expect(client.offset(path)).rejects.toThrow('404');
  });
});

describe('an upload', () => {
  it('of nothing is whole from the beginning', async () => {
    const path = await client.path(0, { filename: 'empty.bin' });
    await release(path, { name: 'empty' }).expect(201);
  });

  it('may come with its first bytes', async () => {
    const answer = await client.begin(5, { filename: 'at-once.bin' }, Buffer.from('12345'));
    expect([answer.status, answer.headers.get('upload-offset')]).toEqual([201, '5']);
    await release(answer.headers.get('location')!, { name: 'at-once' }).expect(201);
  });

  it('that fails with its first bytes is gone, since nobody knows where it is', async () => {
    const before = await readdir(folder());
    const rows = (): Promise<unknown> =>
      rookery.database.query('SELECT id FROM upload WHERE tenant_id = 1 ORDER BY id');
    const known = await rows();
    const answer = await client.begin(3, { filename: 'first.bin' }, Buffer.from('too much'));
    expect(answer.status).toBe(413);
    expect(await readdir(folder())).toEqual(before);
    await client.breakOff('/api/v1/uploads', 0, Buffer.from('half'), {
      method: 'POST',
      headers: { 'upload-length': '5', 'upload-metadata': 'filename YQ==' },
    });
    while ((await readdir(folder())).length > before.length)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await rows()).toEqual(known);
  });

  it('that is ended is gone', async () => {
    const path = await uploaded(Buffer.from('gone'), { filename: 'gone.bin' });
    expect((await client.send('DELETE', path)).status).toBe(204);
    expect((await client.send('DELETE', path)).status).toBe(404);
    expect(await readdir(folder())).not.toContain(idOf(path));
    await release(path, { name: 'gone' }).expect(404);
  });

  it.each([
    ['without a name', 5, {}, 400],
    ['with a path for a name', 5, { filename: '../x' }, 400],
    ['with a sha256 that is none', 5, { filename: 'x', sha256: 'y' }, 400],
    ['without a size', '', { filename: 'x' }, 400],
    ['with a size that is none', '1e3', { filename: 'x' }, 400],
    ['that is too large', 1024 * 1024 + 1, { filename: 'x' }, 413],
  ])('%s is refused', async (_what, size, metadata: Record<string, string>, status) => {
    const before = await readdir(folder());
    const answer = await client.begin(size, metadata);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      expect.stringMatching(/problem\+json/),
    ]);
    expect(await readdir(folder())).toEqual(before);
  });

  it.each([
    ['of a size that comes later', { 'upload-defer-length': '1' }],
    ['in parts', { 'upload-length': '5', 'upload-concat': 'partial' }],
  ])('%s is refused for good', async (_what, headers) => {
    const metadata = { 'upload-metadata': 'filename YQ==' };
    const answer = await client.send('POST', '/api/v1/uploads', { headers: { ...headers, ...metadata } });
    expect(answer.status).toBe(400);
  });

  it('of another version of the protocol is refused', async () => {
    const headers = { 'tus-resumable': '0.2.2', 'upload-length': '1' };
    expect((await client.send('POST', '/api/v1/uploads', { headers })).status).toBeGreaterThanOrEqual(400);
    const described = await client.send('OPTIONS', '/api/v1/uploads');
    expect(described.status).toBe(204);
    expect(Object.fromEntries(described.headers)).toMatchObject({
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,termination,expiration',
      'tus-max-size': String(1024 * 1024),
    });
    expect(described.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('needs a token, and one that may publish', async () => {
    const { body } = await api().post('/api/v1/tokens').send({ name: 'looks', role: 'viewer' }).expect(201);
    const path = await client.path(1, { filename: 'x' });
    for (const [token, status] of [
      ['nobody', 401],
      [body.token as string, 403],
    ] as const) {
      const other = new TusClient(rookery.url, token);
      expect((await other.begin(1, { filename: 'x' })).status).toBe(status);
      for (const method of ['HEAD', 'DELETE', 'OPTIONS'])
        expect((await other.send(method, method === 'OPTIONS' ? '/api/v1/uploads' : path)).status).toBe(
          status,
        );
      expect((await other.append(path, 0, Buffer.from('x'))).status).toBe(status);
    }
  });

  it('is out of the reach of another tenant', async () => {
    const [tenant] = await rookery.database.query<{ id: string }>(
      `INSERT INTO tenant (key) VALUES ('OTHER') RETURNING id`,
    );
    const uploads = rookery.app.get(UploadsService);
    const path = await uploaded(Buffer.from('mine'), { filename: 'mine.bin' });
    const other = systemActor(tenant!.id);
    const refused = { code: 'upload_not_found' };
    await expect(uploads.get(other.tenantId, idOf(path))).rejects.toMatchObject(refused);
    await expect(uploads.open(other.tenantId, idOf(path))).rejects.toMatchObject(refused);
    await expect(uploads.discard(other.tenantId, idOf(path))).rejects.toMatchObject(refused);
    await expect(
      uploads.append(other, idOf(path), { offset: 4, source: (async function* () {})() }),
    ).rejects.toMatchObject(refused);
    expect(await client.offset(path)).toBe(4);
  });

  it.each(['x', '..%2f..%2fpostgres', '0'.repeat(32), `${'0'.repeat(31)}%00`])(
    'is not found by the id %s',
    async (id) => {
      expect((await client.send('HEAD', `/api/v1/uploads/${id}`)).status).toBe(404);
      expect((await client.append(`/api/v1/uploads/${id}`, 0, Buffer.from('x'))).status).toBe(404);
      expect((await client.send('DELETE', `/api/v1/uploads/${id}`)).status).toBe(404);
    },
  );
});

describe('uploads that nobody goes on with', () => {
  it('are given up with their files, and files of no upload with them', async () => {
    const path = await uploaded(Buffer.from('idle'), { filename: 'idle.bin' });
    const alive = await client.path(4, { filename: 'alive.bin' });
    await rookery.database.query(
      `UPDATE upload SET touched_at = now() - interval '25 hours' WHERE tenant_id = 1 AND id = $1`,
      [idOf(path)],
    );
    expect((await client.send('HEAD', path)).status).toBe(410);
    const orphan = join(folder(), 'ab'.repeat(16));
    await writeFile(orphan, 'x');
    await utimes(orphan, 1, 1);
    expect(await rookery.app.get(BlobCollectorService).collect()).toMatchObject({ staged: 2 });
    expect((await client.send('HEAD', path)).status).toBe(404);
    const left = await readdir(folder());
    expect(left).not.toContain(idOf(path));
    expect(left).not.toContain('ab'.repeat(16));
    expect(left).toContain(idOf(alive));
  });

  it('are not found when their bytes are on another disk', async () => {
    const path = await uploaded(Buffer.from('elsewhere'), { filename: 'elsewhere.bin' });
    await rm(join(folder(), idOf(path)));
    expect((await client.send('HEAD', path)).status).toBe(404);
  });
});

describe('what a tenant may have under way', () => {
  const end = (): Promise<unknown> => rookery.database.query('DELETE FROM upload WHERE tenant_id = 1');
  const limit = (storedBytes: number): Promise<unknown> =>
    rookery.app.get(TenantSettingsService).change(systemActor('1'), { quotas: { storedBytes } });
  afterEach(async () => {
    await end();
    await limit(0);
  });

  it('is no more than its quota leaves, all uploads together', async () => {
    await end();
    const [row] = await rookery.database.query<{ bytes: string }>(
      'SELECT coalesce(sum(size_bytes), 0) AS bytes FROM blob WHERE tenant_id = 1',
    );
    await limit(Number(row!.bytes) + 1000);
    await client.path(600, { filename: 'one.bin' });
    const refused = await client.begin(600, { filename: 'two.bin' });
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([507, { code: 'storage_quota' }]);
    await client.path(400, { filename: 'three.bin' });
  });

  it('may be as large as what is there already, when it is that', async () => {
    await end();
    const bytes = randomBytes(2000);
    const metadata = { filename: 'there.bin', sha256: sha256Of(bytes) };
    await release(await uploaded(bytes, metadata), { name: 'there', compatibility: 'there' }).expect(201);
    await limit(2000);
    const again = await uploaded(bytes, metadata);
    await release(again, { name: 'there', compatibility: 'there' }).expect(200);
    for (const [size, sha256] of [
      [2001, sha256Of(bytes)],
      [2000, sha256Of(Buffer.from('other'))],
    ] as const)
      expect((await client.begin(size, { filename: 'x', sha256 })).status).toBe(507);
  });

  it('is a hundred uploads, however many are begun at the same time', async () => {
    await end();
    await rookery.database.query(
      `INSERT INTO upload (id, tenant_id, created_by, file_name, size_bytes)
       SELECT md5(n::text), 1, 'test', 'x', 1 FROM generate_series(1, 98) AS n`,
    );
    const begun = await Promise.all(
      Array.from({ length: 6 }, () => client.begin(1, { filename: 'many.bin' })),
    );
    expect(begun.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429, 429, 429]);
  });
});
