import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import request from 'supertest';
import { NameResolver } from '../../src/platform/outbound/name-resolver';
import { OriginServer, serving } from '../support/origin-server';
import { startRookery, type TestRookery } from '../support/rookery-app';

const SWU = join(__dirname, '../fixtures/swu/basic-1.0.swu');
const ALLOWED = '127.0.0.2';
const FORBIDDEN = '127.0.0.3';
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('releases of files on other servers', () => {
  let rookery: TestRookery;
  let origin: OriginServer;
  let canary: OriginServer;

  beforeAll(async () => {
    rookery = await startRookery({
      settings: {
        ROOKERY_UPLOAD_MAX: '1MiB',
        ROOKERY_OUTBOUND_ALLOW: `${ALLOWED}/32`,
        ROOKERY_LOG_LEVEL: 'trace',
      },
    });
    origin = await OriginServer.start(ALLOWED);
    canary = await OriginServer.start(FORBIDDEN, (_request, response) => response.end('secret'));
  });
  afterAll(() => Promise.all([rookery.close(), origin.close(), canary.close()]));
  beforeEach(() => origin.requests.splice(0));
  afterEach(() => {
    jest.restoreAllMocks();
    expect(canary.connections).toBe(0);
  });

  const api = () => request.agent(rookery.url).auth(rookery.token, { type: 'bearer' });
  const make = (file: object, more: object = {}): request.Test =>
    api()
      .post('/api/v1/releases/from-urls')
      .send({ files: [file], version: `1.${(version += 1)}`, compatibility: '*', ...more });
  let version = 0;

  async function filesKept(): Promise<string[]> {
    const folder = join(rookery.dataDir, 'artifacts');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  it('are read once, understood and stored like an upload', async () => {
    const content = await readFile(SWU);
    origin.answers(serving(() => ({ content, etag: '"1"' })));
    const answer = await api()
      .post('/api/v1/releases/from-urls')
      .send({ files: [{ url: origin.url('/builds/basic-1.0.swu?sig=hunter2') }] })
      .expect(201);
    expect(answer.headers['location']).toBe(`/api/v1/releases/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      version: '1.0',
      modules: [{ format: 'swu', artifacts: [{ fileName: 'basic-1.0.swu', sha256: sha256Of(content) }] }],
    });
    expect(answer.body.modules[0].artifacts[0]).not.toHaveProperty('source');
    expect(origin.requests).toHaveLength(1);
    expect(await filesKept()).toContain(sha256Of(content));
    const read = await api()
      .get(`/api/v1/releases/${answer.body.id}/artifacts/basic-1.0.swu`)
      .buffer()
      .expect(200);
    expect(sha256Of(read.body as Buffer)).toBe(sha256Of(content));
  });

  it('may hold several files, grouped into modules, with all that the upload form can say', async () => {
    const [kernel, root] = [randomBytes(100), randomBytes(200)];
    origin.answers((incoming, response) => response.end(incoming.url === '/kernel.img' ? kernel : root));
    const answer = await api()
      .post('/api/v1/releases/from-urls')
      .send({
        files: [
          { url: origin.url('/kernel.img') },
          { url: origin.url('/x'), fileName: 'root.img', sha256: sha256Of(root).toUpperCase() },
        ],
        ...{ name: 'grouped', version: '3', compatibility: 'b:1', notes: 'two\nlines', requiredStep: true },
        modules: [{ type: 'os', files: ['kernel.img', 'root.img'] }],
      })
      .expect(201);
    expect(answer.body).toMatchObject({ name: 'grouped', notes: 'two\nlines', isRequiredStep: true });
    expect(answer.body.modules).toHaveLength(1);
    expect(answer.body.modules).toMatchObject([
      { artifacts: [{ fileName: 'kernel.img' }, { fileName: 'root.img' }] },
    ]);
  });

  it('that are not what was said are refused, and nothing of them stays', async () => {
    const before = await filesKept();
    origin.answers((_request, response) => response.end('content'));
    for (const keep of ['copy', 'link']) {
      origin.answers(serving(() => ({ content: Buffer.from('content'), etag: '"1"' })));
      const wrong = await make({ url: origin.url(), keep, sha256: 'a'.repeat(64) }).expect(422);
      expect(wrong.body).toMatchObject({
        code: 'unfit_remote_file',
        errors: { 'files[0].url': expect.stringContaining('sha256') },
      });
    }
    origin.answers((_request, response) => response.end('no archive'));
    await make({ url: origin.url('/broken.swu') })
      .expect(422)
      .expect(({ body }) => expect(body.code).toBe('bad_bundle'));
    for (const keep of ['copy', 'link']) {
      origin.answers((_request, response) => response.end(Buffer.alloc(2 ** 20 + 1)));
      await make({ url: origin.url(), keep }).expect(413);
      origin.answers(
        (_request, response) => void response.writeHead(200, { ETag: '"1"' }).end(Buffer.alloc(2 ** 20 + 1)),
      );
      await make({ url: origin.url(), keep }).expect(413);
    }
    const second = await api()
      .post('/api/v1/releases/from-urls')
      .send({ files: [{ url: origin.url() }, { url: canary.url() }], version: '9', compatibility: '*' })
      .expect(413);
    expect(second.body.detail).toContain('larger');
    expect(await filesKept()).toEqual(before);
  });

  it('are given up together when the second one fails', async () => {
    const before = await filesKept();
    origin.answers((_request, response) => response.end('one'));
    const answer = await api()
      .post('/api/v1/releases/from-urls')
      .send({
        files: [{ url: origin.url() }, { url: canary.url('/two.bin') }],
        version: '9',
        compatibility: '*',
      })
      .expect(422);
    expect(answer.body).toMatchObject({
      code: 'outbound_forbidden',
      detail: expect.stringContaining('two.bin'),
      errors: { 'files[1].url': expect.stringContaining('may not go') },
    });
    expect(await filesKept()).toEqual(before);
  });

  it.each([
    ['no files', { files: [] }, 'files'],
    ['files that are none', { files: ['http://x/'] }, 'files[0]'],
    ['a url that is no text', { files: [{ url: 5 }] }, 'files[0].url'],
    ['an unknown field', { files: [{ url: 'http://x/a', cookie: 'x' }] }, 'files[0].cookie'],
    ['a path for a name', { files: [{ url: 'http://x/a', fileName: '../a' }] }, 'files[0].fileName'],
    [
      'half a password',
      { files: [{ url: 'http://x/a', credentials: { username: 'x' } }] },
      'files[0].credentials',
    ],
    [
      'two kinds of credentials',
      { files: [{ url: 'http://x/a', credentials: { username: 'x', password: 'y', bearer: 'z' } }] },
      'files[0].credentials',
    ],
    [
      'a token with a line break',
      { files: [{ url: 'http://x/a', credentials: { bearer: 'a\r\nX: y' } }] },
      'files[0].credentials.bearer',
    ],
    ['an unknown way to keep it', { files: [{ url: 'http://x/a', keep: 'burn' }] }, 'files[0].keep'],
    ['modules that are no list', { files: [{ url: 'http://x/a' }], modules: 'os' }, 'modules'],
  ])('%s: 400, and says where', async (_what, body, field) => {
    const answer = await api().post('/api/v1/releases/from-urls').send(body).expect(400);
    expect(Object.keys(answer.body.errors as object)).toEqual([field]);
  });

  it('need a name: an address that ends in none asks for one', async () => {
    await make({ url: origin.url('/') })
      .expect(422)
      .expect(({ body }) => expect(body.errors).toHaveProperty(['files[0].fileName']));
  });

  it('are for publishers', async () => {
    await request(rookery.url).post('/api/v1/releases/from-urls').send({}).expect(401);
  });

  describe('never make this server go where only it may', () => {
    const forbidden = async (url: string, code = 'outbound_forbidden'): Promise<void> => {
      for (const keep of ['copy', 'link'])
        await make({ url, keep, fileName: 'x.bin' })
          .expect(422)
          .expect(({ body }) => expect([url, body.code]).toEqual([url, code]));
    };

    it('in whatever form an address is written', async () => {
      for (const host of [
        ...[
          '127.0.0.3',
          '2130706435',
          '0x7f000003',
          '0177.0.0.3',
          '017700000003',
          '127.3',
          '127.0.3',
          '127.0.0.3.',
        ],
        ...[
          '[::ffff:127.0.0.3]',
          '[::ffff:7f00:3]',
          '[::127.0.0.3]',
          '[64:ff9b::7f00:3]',
          '[2002:7f00:3::]',
          '[::1]',
          '[::]',
        ],
        ...[
          '0',
          'localhost',
          'LocalHost',
          '\uff11\uff12\uff17.0.0.3',
          '169.254.169.254',
          '10.0.0.1',
          '192.168.0.1',
        ],
        ...['[fd00:ec2::254]', '[fe80::1]', '[2001:0:7f00:3::1]', '[::ffff:0:127.0.0.3]'],
      ])
        await forbidden(`http://${host}:${canary.port}/x.bin`);
      for (const url of [
        'file:///etc/passwd',
        'ftp://127.0.0.2/x',
        'http://u:p@127.0.0.2/x',
        'http://127.0.0.2:22/x',
        'http://[fe80::1%25lo]/x',
      ])
        await forbidden(url, 'outbound_bad_url');
    });

    it('by redirects', async () => {
      for (const to of [
        canary.url(),
        `http://127.3:${canary.port}/`,
        `http://[::ffff:7f00:3]:${canary.port}/`,
        'http://169.254.169.254/latest/meta-data/',
      ]) {
        origin.answers((_request, response) => response.writeHead(302, { Location: to }).end());
        await forbidden(origin.url());
      }
      origin.answers((_request, response) => response.writeHead(302, { Location: '/file.bin' }).end());
      await forbidden(origin.url(), 'outbound_too_many_redirects');
    });

    it('by names, nor by names that change', async () => {
      const resolver = rookery.app.get(NameResolver);
      const answers = [[ALLOWED], [FORBIDDEN]];
      const asked = jest
        .spyOn(resolver, 'addressesOf')
        .mockImplementation(() => Promise.resolve(answers.shift() ?? [FORBIDDEN]));
      origin.answers((_request, response) => response.end('right'));
      await make({ url: `http://rebinding.example:${origin.port}/x.bin` }).expect(201);
      expect(asked).toHaveBeenCalledTimes(1);
      await make({ url: `http://rebinding.example:${canary.port}/x.bin` }).expect(422);
      asked.mockImplementation(() => Promise.resolve([ALLOWED, FORBIDDEN]));
      await make({ url: `http://mixed.example:${canary.port}/x.bin` }).expect(422);
    });
  });

  describe('with credentials', () => {
    const credentials = { username: 'ci', password: 'hunter2-password' };
    const authorization = `Basic ${Buffer.from('ci:hunter2-password').toString('base64')}`;
    const SECRETS = /hunter2|Y2k6aHVudGVyMi1wYXNzd29yZA/;

    it('show them to their own origin alone', async () => {
      const other = await OriginServer.start(ALLOWED, (_request, response) => response.end('x'));
      origin.answers((_request, response) => response.writeHead(307, { Location: other.url() }).end());
      await make({ url: origin.url(), credentials }).expect(201);
      expect(origin.requests[0]?.headers.authorization).toBe(authorization);
      expect(other.requests[0]?.headers.authorization).toBeUndefined();
      await other.close();
    });

    it('without which the origin refuses: 422 that says so', async () => {
      origin.answers(serving(() => ({ content: Buffer.from('x'), authorization })));
      const answer = await make({ url: origin.url() }).expect(422);
      expect(answer.body).toMatchObject({ code: 'outbound_refused', detail: expect.stringContaining('401') });
    });

    it('keep them from answers, logs, the audit and the database', async () => {
      const written: string[] = [];
      jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
      const content = randomBytes(1000);
      origin.answers(serving(() => ({ content, etag: '"1"', authorization })));
      const url = origin.url('/secret.bin?X-Signature=hunter2-signature');
      const made = await make({ url, credentials, keep: 'link' }).expect(201);
      expect(made.body.modules[0].artifacts[0].source).toEqual({
        url: origin.url('/secret.bin'),
        hasCredentials: true,
      });
      origin.answers((_request, response) => response.writeHead(500).end());
      const refused = await make({ url, credentials }).expect(422);
      const malformed = await make({ url: 'http://ci:hunter2-password@x/?hunter2', credentials }).expect(422);
      const list = await api().get('/api/v1/releases').expect(200);
      const audit = await api().get('/api/v1/audit').expect(200);
      for (const { text } of [made, refused, malformed, list, audit]) expect(text).not.toMatch(SECRETS);
      new Logger('Test').log('the log is watched');
      expect(written.join('')).toContain('the log is watched');
      expect(written.join('')).not.toMatch(SECRETS);
      const tables = await rookery.database.query<{ name: string }>(
        `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
      );
      for (const { name } of tables) {
        const rows = await rookery.database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
        expect(rows.map(({ row }) => row + Buffer.from(row).toString('latin1')).join('\n')).not.toMatch(
          SECRETS,
        );
        const hex = Buffer.from('hunter2').toString('hex');
        expect(rows.map(({ row }) => row).join('\n')).not.toContain(hex);
      }
    });
  });
});
