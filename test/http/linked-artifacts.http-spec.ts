import { createHash, randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import request from 'supertest';
import { LinkedBytesService } from '../../src/modules/artifacts/linked-bytes.service';
import { SourceChecksService } from '../../src/modules/artifacts/source-checks.service';
import type { DdiDevice } from '../support/ddi-device';
import { bytesOf } from '../support/an-update';
import { Fleet } from '../support/fleet';
import { OriginServer, serving, type ServedFile } from '../support/origin-server';
import { startRookery, type TestRookery } from '../support/rookery-app';

const ALLOWED = '127.0.0.2';
const SIZE = 300_000;
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A linked file, a device that fetched the deployment with it, and what the origin says now. */
interface Linked {
  readonly origin: OriginServer;
  readonly device: DdiDevice;
  readonly releaseId: string;
  readonly actionId: string;
  readonly path: string;
  readonly content: Buffer;
  served: ServedFile;
}

describe('files that stay on another server', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  const origins: OriginServer[] = [];
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery({ settings: { ROOKERY_OUTBOUND_ALLOW: ALLOWED } });
    fleet = new Fleet(rookery);
    rookery.app.get(LinkedBytesService, { strict: false }).patienceMs = 0;
  });
  afterAll(() => Promise.all([rookery.close(), ...origins.map((origin) => origin.close())]));

  const api = () => request.agent(rookery.url).auth(rookery.token, { type: 'bearer' });
  const checks = (): SourceChecksService => rookery.app.get(SourceChecksService, { strict: false });
  const makeDue = () => rookery.database.query('UPDATE blob SET checked_at = NULL');
  async function check(): Promise<void> {
    await makeDue();
    await checks().checkDue();
  }

  async function faultOf({ releaseId }: Linked): Promise<string | undefined> {
    const { body } = await api().get(`/api/v1/releases/${releaseId}`).expect(200);
    return body.modules[0].artifacts[0].fault as string | undefined;
  }

  async function eventsOf({ content }: Linked): Promise<string[]> {
    const rows = await rookery.database.query<{ kind: string }>(
      'SELECT kind FROM event WHERE tenant_id = 1 AND subject = $1 ORDER BY id',
      [`artifact:${sha256Of(content)}`],
    );
    return rows.map((row) => row.kind);
  }

  async function aLink(more: Partial<ServedFile> = {}, file: object = {}): Promise<Linked> {
    const model = `linked-${(next += 1)}`;
    const content = randomBytes(SIZE);
    const state: { served: ServedFile } = { served: { content, etag: '"first"', ...more } };
    const origin = await OriginServer.start(
      ALLOWED,
      serving(() => state.served),
    );
    origins.push(origin);
    const { body } = await api()
      .post('/api/v1/releases/from-urls')
      .send({
        files: [{ url: origin.url('/fw.bin'), keep: 'link', ...file }],
        ...{ name: model, version: '2.0', compatibility: `${model}:*` },
      })
      .expect(201);
    const releaseId = body.id as string;
    const device = await fleet.registered(`${model}-a`, { board: model });
    await fleet.rollout(releaseId, { name: model });
    const actionId = (await device.offered()) ?? '';
    await device.deployment(actionId);
    origin.requests.splice(0);
    const path = `/softwaremodules/${body.modules[0].id}/artifacts/fw.bin`;
    return Object.assign(state, { origin, device, releaseId, actionId, path, content });
  }

  it('are not stored', async () => {
    const one = await aLink();
    await expect(fleet.store.has('1', sha256Of(one.content))).resolves.toBe(false);
  });

  describe('go to devices', () => {
    it('whole, with the headers of any file and without a word of the origin', async () => {
      const one = await aLink();
      const answer = await one.device.request('GET', one.path);
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(SIZE)]);
      expect(answer.headers.get('etag')).toBe(`"${createHash('sha1').update(one.content).digest('hex')}"`);
      expect((await bytesOf(answer)).equals(one.content)).toBe(true);
      expect(one.origin.requests[0]?.headers['if-match']).toBe('"first"');
      const shown = [
        await (await one.device.deployment(one.actionId)).text(),
        JSON.stringify(await one.device.poll()),
      ];
      const list = await one.device.request('GET', one.path.slice(0, one.path.lastIndexOf('/')));
      expect([...shown, await list.text(), ...answer.headers.values()].join()).not.toContain(ALLOWED);
    });

    it('in parts: each is asked of the origin as it was asked of us', async () => {
      const one = await aLink();
      const pieces: Buffer[] = [];
      for (let start = 0; start < SIZE; start += 70_000) {
        const part = await one.device.request('GET', one.path, {
          headers: { Range: `bytes=${start}-${start + 69_999}` },
        });
        const end = Math.min(start + 69_999, SIZE - 1);
        expect([part.status, part.headers.get('content-range')]).toEqual([
          206,
          `bytes ${start}-${end}/${SIZE}`,
        ]);
        pieces.push(await bytesOf(part));
      }
      expect(Buffer.concat(pieces).equals(one.content)).toBe(true);
      expect(one.origin.requests.map(({ headers }) => headers.range)).toContain('bytes=70000-139999');
    });

    it('in several parts at once', async () => {
      const one = await aLink();
      const answer = await one.device.request('GET', one.path, { headers: { Range: 'bytes=0-9,1000-1009' } });
      const bytes = await bytesOf(answer);
      expect(answer.status).toBe(206);
      expect(
        bytes.includes(one.content.subarray(0, 10)) && bytes.includes(one.content.subarray(1000, 1010)),
      ).toBe(true);
    });

    it('by HEAD: the headers alone', async () => {
      const one = await aLink();
      const answer = await one.device.request('HEAD', one.path);
      expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
        200,
        String(SIZE),
        '',
      ]);
    });

    it('with credentials that the device never sees, from an origin that knows only dates', async () => {
      const authorization = 'Bearer hunter2-token';
      const one = await aLink(
        { etag: undefined, lastModified: 'Sat, 21 Nov 2026 12:00:00 GMT', authorization },
        { credentials: { bearer: 'hunter2-token' } },
      );
      const answer = await one.device.request('GET', one.path);
      expect((await bytesOf(answer)).equals(one.content)).toBe(true);
      expect(one.origin.requests[0]?.headers).toMatchObject({
        authorization,
        'if-unmodified-since': 'Sat, 21 Nov 2026 12:00:00 GMT',
      });
    });

    it('and to people', async () => {
      const one = await aLink();
      const answer = await api()
        .get(`/api/v1/releases/${one.releaseId}/artifacts/fw.bin`)
        .buffer()
        .expect(200);
      expect((answer.body as Buffer).equals(one.content)).toBe(true);
    });
  });

  describe('are linked only where', () => {
    const content = randomBytes(100);
    const refused = async (served: ServedFile): Promise<string> => {
      const origin = await OriginServer.start(
        ALLOWED,
        serving(() => served),
      );
      origins.push(origin);
      const { body } = await api()
        .post('/api/v1/releases/from-urls')
        .send({ files: [{ url: origin.url(), keep: 'link' }], version: '1', compatibility: '*' })
        .expect(422);
      return body.detail as string;
    };

    it('changes can be noticed', async () => {
      expect(await refused({ content })).toContain('neither ETag nor Last-Modified');
    });

    it('parts can be had', async () => {
      expect(await refused({ content, etag: '"1"', hasNoRanges: true })).toContain('no ranges');
    });

    it('there is something', async () => {
      expect(await refused({ content: Buffer.alloc(0), etag: '"1"' })).toContain('it is empty');
    });
  });

  describe('whose content changed', () => {
    const CHANGES: readonly [string, (one: Linked) => ServedFile][] = [
      ['under another tag', () => ({ content: randomBytes(SIZE), etag: '"second"' })],
      [
        'in size',
        ({ content }) => ({ content: Buffer.concat([content, Buffer.from('x')]), etag: '"first"' }),
      ],
    ];

    it.each(CHANGES)(
      '%s give a device no byte; it is noticed, told, and the release not offered',
      async (_how, changed) => {
        const one = await aLink();
        one.served = changed(one);
        const other = await fleet.registered(`${one.device.controllerId}-b`, {
          board: one.device.controllerId.slice(0, -2),
        });
        const actionId = (await other.offered()) ?? '';
        expect(actionId).not.toBe('');
        for (const headers of [{}, { Range: 'bytes=0-9' }, { Range: 'bytes=0-9,20-29' }]) {
          const answer = await one.device.request('GET', one.path, { headers });
          expect([
            answer.status,
            (await bytesOf(answer)).includes(one.served.content.subarray(0, 10)),
          ]).toEqual([410, false]);
        }
        expect((await one.device.request('HEAD', one.path)).status).toBe(410);
        expect(await faultOf(one)).toBe('changed');
        expect(await eventsOf(one)).toEqual(['artifact.changed']);
        expect(await other.offered()).toBeUndefined();
        const { body } = await api().get(`/api/v1/devices/${other.controllerId}/explain`).expect(200);
        expect(JSON.stringify(body)).toContain('missing, damaged or changed');
        await check();
        expect(await eventsOf(one)).toEqual(['artifact.changed']);
        one.served = { content: one.content, etag: '"first"' };
        await check();
        expect(await faultOf(one)).toBeUndefined();
        expect(await eventsOf(one)).toEqual(['artifact.changed', 'artifact.healed']);
        expect(await other.offered()).toBeDefined();
      },
    );

    it('under the same tag break off before the last byte, and never heal by their tag', async () => {
      const one = await aLink();
      one.served = { content: randomBytes(SIZE), etag: '"first"' };
      const answer = await one.device.request('GET', one.path);
      expect(answer.status).toBe(200);
      await expect(answer.arrayBuffer()).rejects.toThrow();
      expect(await faultOf(one)).toBe('damaged');
      expect((await one.device.request('GET', one.path, { headers: { Range: 'bytes=0-9' } })).status).toBe(
        410,
      );
      await check();
      expect(await faultOf(one)).toBe('damaged');
      one.served = { content: one.content, etag: '"first"' };
      await check();
      expect(await faultOf(one)).toBeUndefined();
    });
  });

  describe('are looked after', () => {
    it('at most once an hour each, with one question that costs nothing', async () => {
      const one = await aLink();
      await checks().checkDue();
      expect(one.origin.requests).toEqual([]);
      await check();
      expect(one.origin.requests.map(({ headers }) => headers['if-none-match'])).toEqual(['"first"']);
      await checks().checkDue();
      expect(one.origin.requests).toHaveLength(1);
    });

    it('by one of several replicas', async () => {
      const one = await aLink();
      const replica = await startRookery({
        replicaOf: rookery,
        settings: { ROOKERY_OUTBOUND_ALLOW: ALLOWED },
      });
      await makeDue();
      await Promise.all([
        checks().checkDue(),
        replica.app.get(SourceChecksService, { strict: false }).checkDue(),
      ]);
      await replica.close();
      expect(one.origin.requests).toHaveLength(1);
    });

    it('so that a change is found before a device asks', async () => {
      const one = await aLink();
      one.served = { content: randomBytes(SIZE), etag: '"second"' };
      await check();
      expect(await faultOf(one)).toBe('changed');
      const reads = one.origin.requests.length;
      await check();
      expect(one.origin.requests).toHaveLength(reads + 1);
      expect(await faultOf(one)).toBe('changed');
    });

    it.each([401, 403, 404, 410])(
      'one that is answered %i is missing until it comes back',
      async (status) => {
        const one = await aLink();
        one.origin.answers((_request, response) => response.writeHead(status).end());
        await check();
        expect(await faultOf(one)).toBe('missing');
        one.origin.answers(serving(() => one.served));
        await check();
        expect(await faultOf(one)).toBeUndefined();
      },
    );

    it('the same bytes under a new tag are still the file', async () => {
      const one = await aLink();
      one.served = { content: one.content, etag: '"moved"' };
      await check();
      expect(await faultOf(one)).toBeUndefined();
      expect((await bytesOf(await one.device.request('GET', one.path))).equals(one.content)).toBe(true);
    });

    it('an origin in trouble is no change', async () => {
      const one = await aLink();
      one.origin.answers((_request, response) => response.writeHead(503).end());
      await check();
      await one.origin.close();
      await check();
      expect(await faultOf(one)).toBeUndefined();
      expect(await eventsOf(one)).toEqual([]);
    });

    it('a redirect into a private network is followed by nobody', async () => {
      const canary = await OriginServer.start('127.0.0.3');
      const one = await aLink();
      const to = canary.url();
      one.origin.answers((_request, response) => response.writeHead(302, { Location: to }).end());
      expect((await one.device.request('GET', one.path)).status).toBe(410);
      await check();
      expect(await faultOf(one)).toBe('missing');
      expect(canary.connections).toBe(0);
      await canary.close();
    });
  });

  describe('whose origin', () => {
    it('is away: 503, no fault, and a later try succeeds', async () => {
      const one = await aLink();
      one.origin.answers((_request, response) => response.writeHead(502).end());
      const answer = await one.device.request('GET', one.path);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([
        503,
        expect.stringMatching(/^\d+$/),
      ]);
      expect(await faultOf(one)).toBeUndefined();
      one.origin.answers(serving(() => one.served));
      expect((await one.device.request('GET', one.path)).status).toBe(200);
    });

    it('restarts: the device waits and gets the file', async () => {
      const one = await aLink();
      const linked = rookery.app.get(LinkedBytesService, { strict: false });
      linked.patienceMs = 20_000;
      let refusals = 1;
      const serve = serving(() => one.served);
      one.origin.answers((incoming, response) =>
        refusals-- > 0 ? incoming.socket.destroy() : serve(incoming, response),
      );
      const answer = await one.device.request('GET', one.path);
      linked.patienceMs = 0;
      expect((await bytesOf(answer)).equals(one.content)).toBe(true);
    });

    it('dies in the middle: the device sees a cut, and goes on from there', async () => {
      const one = await aLink();
      one.origin.answers((_request, response) => {
        response.writeHead(200, { ETag: '"first"', 'Content-Length': SIZE });
        response.write(one.content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      });
      const answer = await one.device.request('GET', one.path);
      const got: Uint8Array[] = [];
      await expect(
        (async () => {
          for await (const chunk of answer.body!) got.push(chunk as Uint8Array);
        })(),
      ).rejects.toThrow();
      const first = Buffer.concat(got);
      expect(first.length).toBeLessThan(SIZE);
      expect(first.equals(one.content.subarray(0, first.length))).toBe(true);
      one.origin.answers(serving(() => one.served));
      const rest = await one.device.request('GET', one.path, {
        headers: { Range: `bytes=${first.length}-` },
      });
      expect(Buffer.concat([first, await bytesOf(rest)]).equals(one.content)).toBe(true);
      expect(await faultOf(one)).toBeUndefined();
    });
  });

  describe('and content that is stored', () => {
    const link = (origin: OriginServer, version: string) =>
      api()
        .post('/api/v1/releases/from-urls')
        .send({
          files: [{ url: origin.url('/again.bin'), keep: 'link' }],
          name: `again-${next}`,
          version,
          compatibility: '*',
        });

    it('an upload of the same content makes a linked file a stored one', async () => {
      const one = await aLink();
      one.origin.answers((_request, response) => response.writeHead(404).end());
      await check();
      expect(await faultOf(one)).toBe('missing');
      await fleet.release('7', { name: `upload-${next}`, content: one.content });
      await one.origin.close();
      expect(await faultOf(one)).toBeUndefined();
      const { body } = await api().get(`/api/v1/releases/${one.releaseId}`).expect(200);
      expect(body.modules[0].artifacts[0]).not.toHaveProperty('source');
      expect((await bytesOf(await one.device.request('GET', one.path))).equals(one.content)).toBe(true);
    });

    it('a link to what is stored uses what is stored', async () => {
      const content = randomBytes(500);
      await fleet.release('8', { name: `stored-${(next += 1)}`, content });
      const origin = await OriginServer.start(
        ALLOWED,
        serving(() => ({ content, etag: '"1"' })),
      );
      const { body } = await link(origin, '1').expect(201);
      await origin.close();
      expect(body.modules[0].artifacts[0]).not.toHaveProperty('source');
      await api().get(`/api/v1/releases/${body.id}/artifacts/again.bin`).expect(200);
    });

    it('a second link of the same content is fetched from the newer address', async () => {
      const one = await aLink();
      const newer = await OriginServer.start(
        ALLOWED,
        serving(() => ({ content: one.content, etag: '"n"' })),
      );
      await link(newer, '2').expect(201);
      await one.origin.close();
      expect((await bytesOf(await one.device.request('GET', one.path))).equals(one.content)).toBe(true);
      await newer.close();
    });

    it('goes with its last release', async () => {
      const content = randomBytes(400);
      const origin = await OriginServer.start(
        ALLOWED,
        serving(() => ({ content, etag: '"1"' })),
      );
      next += 1;
      const { body } = await link(origin, '3').expect(201);
      await api().delete(`/api/v1/releases/${body.id}`).expect(204);
      const rows = await rookery.database.query('SELECT 1 FROM blob WHERE sha256 = $1', [sha256Of(content)]);
      expect(rows).toEqual([]);
      await origin.close();
    });
  });

  it('whose credentials need another key cannot be fetched, are no change, and the log says why at the start', async () => {
    const one = await aLink({ authorization: 'Bearer t0ken' }, { credentials: { bearer: 't0ken' } });
    const [errors, warnings] = [jest.spyOn(Logger.prototype, 'error'), jest.spyOn(Logger.prototype, 'warn')];
    const replica = await startRookery({
      replicaOf: rookery,
      settings: {
        ROOKERY_OUTBOUND_ALLOW: ALLOWED,
        ROOKERY_SECRET_KEY: Buffer.alloc(32, 9).toString('base64'),
      },
    });
    const answer = await one.device.at(replica.url).request('GET', one.path);
    await makeDue();
    await replica.app.get(SourceChecksService, { strict: false }).checkDue();
    await replica.close();
    const said = [...errors.mock.calls, ...warnings.mock.calls].join('\n');
    jest.restoreAllMocks();
    expect(answer.status).toBe(503);
    expect(await faultOf(one)).toBeUndefined();
    expect(said).toMatch(/credentials that were sealed with another key/);
    expect(said).toMatch(/was sealed with key [0-9a-f]{8}, but this server's key is [0-9a-f]{8}/);
    expect(said).not.toContain('t0ken');
    expect((await one.device.request('GET', one.path)).status).toBe(200);
  });
});
