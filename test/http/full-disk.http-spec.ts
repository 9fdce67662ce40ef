import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { OriginServer, serving } from '../support/origin-server';
import { startRookery, type TestRookery } from '../support/rookery-app';
import { TusClient } from '../support/tus-client';

const ORIGIN = '127.0.0.2';

/** Whatever brings bytes is told that the disk is full, and what was there before stays as it was. */
describe('on a full disk', () => {
  let rookery: TestRookery;
  let client: TusClient;
  let origin: OriginServer;
  let isFull = false;

  beforeAll(async () => {
    rookery = await startRookery({
      settings: { ROOKERY_SCRUB_RATE: '0', ROOKERY_OUTBOUND_ALLOW: `${ORIGIN}/32` },
    });
    client = new TusClient(rookery.url, rookery.token);
    origin = await OriginServer.start(
      ORIGIN,
      serving(() => ({ content: Buffer.from('remote'), etag: '"1"' })),
    );
    const any = await open(join(rookery.dataDir, 'any'), 'w');
    const files = Object.getPrototypeOf(any) as { write: (...args: unknown[]) => Promise<unknown> };
    await any.close();
    const write = files.write;
    // As a disk that becomes full does it: some of the bytes are taken, then none.
    jest.spyOn(files, 'write').mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      const [chunk, offset, length] = args as [Buffer, number, number];
      if (!isFull) return write.apply(this, args);
      if (offset > 0 || length < 2)
        return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      return write.call(this, chunk, offset, 1, args[3]);
    });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await Promise.all([rookery.close(), origin.close()]);
  });
  beforeEach(() => (isFull = true));

  const api = () => request.agent(rookery.url).auth(rookery.token, { type: 'bearer' });
  const idOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const full = { status: 507, code: 'storage_full' };
  const release = (id: string): request.Test =>
    api()
      .post('/api/v1/releases/from-uploads')
      .send({ uploads: [id], name: 'resumed', version: '1', compatibility: 'resumed' });

  async function filesKept(): Promise<string[]> {
    const entries = await readdir(rookery.dataDir, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
  }

  it('an upload by form is refused and leaves nothing', async () => {
    const before = await filesKept();
    const send = (): request.Test =>
      api()
        .post('/api/v1/releases')
        .attach('file', Buffer.from('form'), 'form.bin')
        .field('version', '1')
        .field('compatibility', 'form');
    expect((await send().expect(507)).body).toMatchObject(full);
    expect(await filesKept()).toEqual(before);
    isFull = false;
    await send().expect(201);
  });

  it('a file from an address is refused and leaves nothing', async () => {
    const before = await filesKept();
    const send = (): request.Test =>
      api()
        .post('/api/v1/releases/from-urls')
        .send({ files: [{ url: origin.url('/remote.bin') }], version: '1', compatibility: 'remote' });
    expect((await send().expect(507)).body).toMatchObject(full);
    expect(await filesKept()).toEqual(before);
    isFull = false;
    await send().expect(201);
  });

  it('a resumable upload is refused, and goes on from what was taken when there is room again', async () => {
    isFull = false;
    const path = await client.path(8, { filename: 'resumed.bin' });
    expect((await client.append(path, 0, Buffer.from('abcd'))).status).toBe(204);
    isFull = true;
    const refused = await client.append(path, 4, Buffer.from('efgh'));
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([507, full]);
    expect(await client.offset(path)).toBe(4);
    isFull = false;
    expect((await client.append(path, 4, Buffer.from('efgh'))).status).toBe(204);
    isFull = true;
    const before = await filesKept();
    expect((await release(idOf(path)).expect(507)).body).toMatchObject(full);
    expect(await filesKept()).toEqual(before);
    isFull = false;
    const made = await release(idOf(path)).expect(201);
    const got = await api().get(`/api/v1/releases/${made.body.id}/artifacts/resumed.bin`).buffer(true);
    expect(String(got.body)).toBe('abcdefgh');
  });

  it('an upload that is begun with its first bytes leaves nothing', async () => {
    const before = await filesKept();
    const refused = await client.begin(8, { filename: 'begun.bin' }, Buffer.from('abcd'));
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([507, full]);
    expect(await filesKept()).toEqual(before);
  });

  it('a database that has no room either says so', async () => {
    isFull = false;
    const query = jest
      .spyOn(rookery.database, 'transaction')
      .mockRejectedValueOnce(Object.assign(new Error('could not extend file'), { code: '53100' }));
    const answer = await api()
      .post('/api/v1/uploads')
      .set({ 'Tus-Resumable': '1.0.0', 'Upload-Length': '1', 'Upload-Metadata': 'filename YQ==' });
    query.mockRestore();
    expect([answer.status, answer.body]).toMatchObject([507, full]);
  });
});
