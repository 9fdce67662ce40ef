import { createHash, randomBytes } from 'node:crypto';
import { bytesOf } from '../support/an-update';
import { LINKED_SIZE, LinkedFiles, ORIGIN, sha256Of } from '../support/linked-files';
import { OriginServer, serving, type ServedFile } from '../support/origin-server';

describe('files that stay on another server', () => {
  let links: LinkedFiles;

  beforeAll(async () => {
    links = await LinkedFiles.start();
  });
  afterAll(() => links.close());

  it('are not stored', async () => {
    const one = await links.aLink();
    await expect(links.fleet.store.has('1', sha256Of(one.content))).resolves.toBe(false);
  });

  describe('go to devices', () => {
    it('whole, with the headers of any file and without a word of the origin', async () => {
      const one = await links.aLink();
      const answer = await one.device.request('GET', one.path);
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(LINKED_SIZE)]);
      expect(answer.headers.get('etag')).toBe(`"${createHash('sha1').update(one.content).digest('hex')}"`);
      expect((await bytesOf(answer)).equals(one.content)).toBe(true);
      expect(one.origin.requests[0]?.headers['if-match']).toBe('"first"');
      const shown = [
        await (await one.device.deployment(one.actionId)).text(),
        JSON.stringify(await one.device.poll()),
      ];
      const list = await one.device.request('GET', one.path.slice(0, one.path.lastIndexOf('/')));
      expect([...shown, await list.text(), ...answer.headers.values()].join()).not.toContain(ORIGIN);
    });

    it('in parts: each is asked of the origin as it was asked of us', async () => {
      const one = await links.aLink();
      const pieces: Buffer[] = [];
      for (let start = 0; start < LINKED_SIZE; start += 70_000) {
        const part = await one.device.request('GET', one.path, {
          headers: { Range: `bytes=${start}-${start + 69_999}` },
        });
        const end = Math.min(start + 69_999, LINKED_SIZE - 1);
        expect([part.status, part.headers.get('content-range')]).toEqual([
          206,
          `bytes ${start}-${end}/${LINKED_SIZE}`,
        ]);
        pieces.push(await bytesOf(part));
      }
      expect(Buffer.concat(pieces).equals(one.content)).toBe(true);
      expect(one.origin.requests.map(({ headers }) => headers.range)).toContain('bytes=70000-139999');
    });

    it('in several parts at once', async () => {
      const one = await links.aLink();
      const answer = await one.device.request('GET', one.path, { headers: { Range: 'bytes=0-9,1000-1009' } });
      const bytes = await bytesOf(answer);
      expect(answer.status).toBe(206);
      expect(
        bytes.includes(one.content.subarray(0, 10)) && bytes.includes(one.content.subarray(1000, 1010)),
      ).toBe(true);
    });

    it('by HEAD: the headers alone', async () => {
      const one = await links.aLink();
      const answer = await one.device.request('HEAD', one.path);
      expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
        200,
        String(LINKED_SIZE),
        '',
      ]);
    });

    it('with credentials that the device never sees, from an origin that knows only dates', async () => {
      const authorization = 'Bearer hunter2-token';
      const one = await links.aLink(
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
      const one = await links.aLink();
      const answer = await links.api
        .get(`/api/v1/releases/${one.releaseId}/artifacts/fw.bin`)
        .buffer()
        .expect(200);
      expect((answer.body as Buffer).equals(one.content)).toBe(true);
    });
  });

  describe('are linked only where', () => {
    const content = randomBytes(100);
    const refused = async (served: ServedFile): Promise<string> => {
      const origin = await links.origin(() => served);
      const { body } = await links.api
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

    it('parts are as long as they are said to be', async () => {
      const served = { content, etag: '"1"' };
      const origin = await links.origin(() => served);
      const whole = serving(() => served);
      origin.answers((request, response) => {
        if (request.headers.range === undefined) return whole(request, response);
        const headers = { ETag: '"1"', 'Content-Range': 'bytes 0-0/100', 'Content-Length': 0 };
        response.writeHead(206, headers).end();
      });
      const files = [{ url: origin.url(), keep: 'link' }];
      const wish = { files, version: '1', compatibility: '*' };
      const { body } = await links.api.post('/api/v1/releases/from-urls').send(wish).expect(422);
      expect(body.detail).toContain('parts of other lengths');
    });

    it('there is something', async () => {
      expect(await refused({ content: Buffer.alloc(0), etag: '"1"' })).toContain('it is empty');
    });
  });

  describe('whose origin', () => {
    it('is away: 503, no fault, and a later try succeeds', async () => {
      const one = await links.aLink();
      one.origin.answers((_request, response) => response.writeHead(502).end());
      const answer = await one.device.request('GET', one.path);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([
        503,
        expect.stringMatching(/^\d+$/),
      ]);
      expect(await links.faultOf(one)).toBeUndefined();
      one.origin.answers(serving(() => one.served));
      expect((await one.device.request('GET', one.path)).status).toBe(200);
    });

    it('restarts: the device waits and gets the file', async () => {
      const one = await links.aLink();
      const { linked } = links;
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
      const one = await links.aLink();
      one.origin.answers((_request, response) => {
        response.writeHead(200, { ETag: '"first"', 'Content-Length': LINKED_SIZE });
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
      expect(first.length).toBeLessThan(LINKED_SIZE);
      expect(first.equals(one.content.subarray(0, first.length))).toBe(true);
      one.origin.answers(serving(() => one.served));
      const rest = await one.device.request('GET', one.path, {
        headers: { Range: `bytes=${first.length}-` },
      });
      expect(Buffer.concat([first, await bytesOf(rest)]).equals(one.content)).toBe(true);
      expect(await links.faultOf(one)).toBeUndefined();
    });
  });

  describe('and content that is stored', () => {
    const link = (origin: OriginServer, version: string) =>
      links.api.post('/api/v1/releases/from-urls').send({
        files: [{ url: origin.url('/again.bin'), keep: 'link' }],
        name: links.name(),
        version,
        compatibility: '*',
      });

    it('an upload of the same content makes a linked file a stored one', async () => {
      const one = await links.aLink();
      one.origin.answers((_request, response) => response.writeHead(404).end());
      await links.check();
      expect(await links.faultOf(one)).toBe('missing');
      await links.fleet.release('7', { name: links.name(), content: one.content });
      await one.origin.close();
      expect(await links.faultOf(one)).toBeUndefined();
      const { body } = await links.api.get(`/api/v1/releases/${one.releaseId}`).expect(200);
      expect(body.modules[0].artifacts[0]).not.toHaveProperty('source');
      expect((await bytesOf(await one.device.request('GET', one.path))).equals(one.content)).toBe(true);
    });

    it('the same release once more with a copy makes it one, though nothing was wrong with the link', async () => {
      const one = await links.aLink();
      const name = one.device.controllerId.slice(0, -2);
      const { body } = await links.api
        .post('/api/v1/releases/from-urls')
        .send({
          files: [{ url: one.origin.url('/fw.bin'), keep: 'copy' }],
          ...{ name, version: '2.0', compatibility: `${name}:*` },
        })
        .expect(200);
      expect(body.modules[0].artifacts[0]).not.toHaveProperty('source');
      await one.origin.close();
      expect((await bytesOf(await one.device.request('GET', one.path))).equals(one.content)).toBe(true);
    });

    it('a link to what is stored uses what is stored', async () => {
      const content = randomBytes(500);
      await links.fleet.release('8', { name: links.name(), content });
      const origin = await OriginServer.start(
        ORIGIN,
        serving(() => ({ content, etag: '"1"' })),
      );
      const { body } = await link(origin, '1').expect(201);
      await origin.close();
      expect(body.modules[0].artifacts[0]).not.toHaveProperty('source');
      await links.api.get(`/api/v1/releases/${body.id}/artifacts/again.bin`).expect(200);
    });

    it('a second link of the same content is fetched from the newer address', async () => {
      const one = await links.aLink();
      const newer = await OriginServer.start(
        ORIGIN,
        serving(() => ({ content: one.content, etag: '"n"' })),
      );
      await link(newer, '2.77').expect(201);
      await one.origin.close();
      expect((await bytesOf(await one.device.request('GET', one.path))).equals(one.content)).toBe(true);
      await newer.close();
    });

    it('goes with its last release', async () => {
      const content = randomBytes(400);
      const origin = await OriginServer.start(
        ORIGIN,
        serving(() => ({ content, etag: '"1"' })),
      );
      const { body } = await link(origin, '3').expect(201);
      await links.api.delete(`/api/v1/releases/${body.id}`).expect(204);
      const rows = await links.rookery.database.query('SELECT 1 FROM blob WHERE sha256 = $1', [
        sha256Of(content),
      ]);
      expect(rows).toEqual([]);
      await origin.close();
    });
  });
});
