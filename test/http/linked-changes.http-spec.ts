import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import request from 'supertest';
import { SourceChecksService } from '../../src/modules/artifacts/sources/source-checks.service';
import { bytesOf } from '../support/an-update';
import { LINKED_SIZE, LinkedFiles, ORIGIN, sha256Of, type Linked } from '../support/linked-files';
import { OriginServer, serving, type ServedFile } from '../support/origin-server';
import { startRookery } from '../support/rookery-app';

describe('files on another server', () => {
  let links: LinkedFiles;

  beforeAll(async () => {
    links = await LinkedFiles.start();
  });
  afterAll(() => links.close());

  describe('whose content changed', () => {
    const CHANGES: readonly [string, (one: Linked) => ServedFile][] = [
      ['under another tag', () => ({ content: randomBytes(LINKED_SIZE), etag: '"second"' })],
      [
        'in size',
        ({ content }) => ({ content: Buffer.concat([content, Buffer.from('x')]), etag: '"first"' }),
      ],
    ];

    it.each(CHANGES)(
      '%s give a device no byte; it is noticed, told, and the release not offered',
      async (_how, changed) => {
        const one = await links.aLink();
        one.served = changed(one);
        const other = await links.fleet.registered(`${one.device.controllerId}-b`, {
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
        expect(await links.faultOf(one)).toBe('changed');
        expect(await links.eventsOf(one)).toEqual(['blob.changed']);
        expect(await other.offered()).toBeUndefined();
        const { body } = await links.api.get(`/api/v1/devices/${other.controllerId}/explain`).expect(200);
        expect(JSON.stringify(body)).toContain('missing, damaged or changed');
        await links.check();
        expect(await links.eventsOf(one)).toEqual(['blob.changed']);
        one.served = { content: one.content, etag: '"first"' };
        await links.check();
        expect(await links.faultOf(one)).toBeUndefined();
        expect(await links.eventsOf(one)).toEqual(['blob.changed', 'blob.healed']);
        expect(await other.offered()).toBeDefined();
      },
    );

    it('under the same tag break off before the last byte, and never heal by their tag', async () => {
      const one = await links.aLink();
      one.served = { content: randomBytes(LINKED_SIZE), etag: '"first"' };
      const answer = await one.device.request('GET', one.path);
      expect(answer.status).toBe(200);
      await expect(answer.arrayBuffer()).rejects.toThrow();
      expect(await links.faultOf(one)).toBe('damaged');
      expect((await one.device.request('GET', one.path, { headers: { Range: 'bytes=0-9' } })).status).toBe(
        410,
      );
      await links.check();
      expect(await links.faultOf(one)).toBe('damaged');
      one.served = { content: one.content, etag: '"first"' };
      await links.check();
      expect(await links.faultOf(one)).toBeUndefined();
    });
  });

  it('are offered again at once when the same release is made of them anew', async () => {
    const one = await links.aLink();
    const model = one.device.controllerId.slice(0, -2);
    one.served = { content: randomBytes(LINKED_SIZE), etag: '"second"' };
    await links.check();
    const other = await links.fleet.registered(`${model}-b`, { board: model });
    expect(await other.offered()).toBeUndefined();
    one.served = { content: one.content, etag: '"third"' };
    const files = [{ url: one.origin.url('/fw.bin'), keep: 'link' }];
    await links.api
      .post('/api/v1/releases/from-urls')
      .send({ files, name: model, version: '2.0', compatibility: `${model}:*` })
      .expect(200);
    expect(await links.faultOf(one)).toBeUndefined();
    expect(await other.offered()).toBeDefined();
  });

  describe('are looked after', () => {
    it('at most once an hour each, with one question that costs nothing', async () => {
      const one = await links.aLink();
      await links.checks.checkDue();
      expect(one.origin.requests).toEqual([]);
      await links.check();
      expect(one.origin.requests.map(({ headers }) => headers['if-none-match'])).toEqual(['"first"']);
      await links.checks.checkDue();
      expect(one.origin.requests).toHaveLength(1);
    });

    it('by one of several replicas', async () => {
      const one = await links.aLink();
      const replica = await startRookery({
        replicaOf: links.rookery,
        settings: { ROOKERY_OUTBOUND_ALLOW: ORIGIN },
      });
      await links.makeDue();
      await Promise.all([
        links.checks.checkDue(),
        replica.app.get(SourceChecksService, { strict: false }).checkDue(),
      ]);
      await replica.close();
      expect(one.origin.requests).toHaveLength(1);
    });

    it('so that a change is found before a device asks', async () => {
      const one = await links.aLink();
      one.served = { content: randomBytes(LINKED_SIZE), etag: '"second"' };
      await links.check();
      expect(await links.faultOf(one)).toBe('changed');
      const reads = one.origin.requests.length;
      await links.check();
      expect(one.origin.requests).toHaveLength(reads + 1);
      expect(await links.faultOf(one)).toBe('changed');
    });

    it.each([401, 403, 404, 410])(
      'one that is answered %i is missing until it comes back',
      async (status) => {
        const one = await links.aLink();
        one.origin.answers((_request, response) => response.writeHead(status).end());
        await links.check();
        expect(await links.faultOf(one)).toBe('missing');
        one.origin.answers(serving(() => one.served));
        await links.check();
        expect(await links.faultOf(one)).toBeUndefined();
      },
    );

    it('while the server of another one takes its time', async () => {
      const [slow, one] = [await links.aLink(), await links.aLink()];
      slow.origin.answers((_request, response) => {
        response.writeHead(200, { ETag: '"second"', 'Content-Length': LINKED_SIZE }).write('x');
      });
      const first = links.check();
      while (slow.origin.requests.length + one.origin.requests.length < 2)
        await new Promise((resolve) => setTimeout(resolve, 20));
      one.served = { content: randomBytes(LINKED_SIZE), etag: '"second"' };
      await links.rookery.database.query(
        'UPDATE blob SET checked_at = NULL WHERE tenant_id = 1 AND sha256 = $1',
        [sha256Of(one.content)],
      );
      const others: Promise<void>[] = [];
      while ((await links.faultOf(one)) !== 'changed') {
        others.push(links.checks.checkDue());
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await slow.origin.close();
      await Promise.all([first, ...others]);
    });

    it('the same bytes under a new tag are still the file', async () => {
      const one = await links.aLink();
      one.served = { content: one.content, etag: '"moved"' };
      await links.check();
      expect(await links.faultOf(one)).toBeUndefined();
      expect((await bytesOf(await one.device.request('GET', one.path))).equals(one.content)).toBe(true);
    });

    it('an origin in trouble is no change', async () => {
      const one = await links.aLink();
      one.origin.answers((_request, response) => response.writeHead(503).end());
      await links.check();
      await one.origin.close();
      await links.check();
      expect(await links.faultOf(one)).toBeUndefined();
      expect(await links.eventsOf(one)).toEqual([]);
    });

    it('a redirect into a private network is followed by nobody', async () => {
      const canary = await OriginServer.start('127.0.0.3');
      const one = await links.aLink();
      const to = canary.url();
      one.origin.answers((_request, response) => response.writeHead(302, { Location: to }).end());
      expect((await one.device.request('GET', one.path)).status).toBe(410);
      await links.check();
      expect(await links.faultOf(one)).toBe('missing');
      expect(canary.connections).toBe(0);
      await canary.close();
    });
  });

  it('whose credentials need another key cannot be fetched, are no change, and the log says why at the start', async () => {
    const one = await links.aLink({ authorization: 'Bearer t0ken' }, { credentials: { bearer: 't0ken' } });
    const [errors, warnings] = [jest.spyOn(Logger.prototype, 'error'), jest.spyOn(Logger.prototype, 'warn')];
    const replica = await startRookery({
      replicaOf: links.rookery,
      settings: {
        ROOKERY_OUTBOUND_ALLOW: ORIGIN,
        ROOKERY_SECRET_KEY: Buffer.alloc(32, 9).toString('base64'),
      },
    });
    const answer = await one.device.at(replica.url).request('GET', one.path);
    await links.makeDue();
    await replica.app.get(SourceChecksService, { strict: false }).checkDue();
    await replica.close();
    const said = [...errors.mock.calls, ...warnings.mock.calls].join('\n');
    jest.restoreAllMocks();
    expect(answer.status).toBe(503);
    expect(await links.faultOf(one)).toBeUndefined();
    expect(said).toMatch(/credentials that were sealed with another key/);
    expect(said).toMatch(/was sealed with key [0-9a-f]{8}, but this server's key is [0-9a-f]{8}/);
    expect(said).not.toContain('t0ken');
    expect((await one.device.request('GET', one.path)).status).toBe(200);
  });

  it('whose credentials need another key, or are others now, are registered again as they were', async () => {
    const one = await links.aLink({ authorization: 'Bearer t0ken' }, { credentials: { bearer: 't0ken' } });
    const replica = await startRookery({
      replicaOf: links.rookery,
      settings: {
        ROOKERY_OUTBOUND_ALLOW: ORIGIN,
        ROOKERY_SECRET_KEY: Buffer.alloc(32, 9).toString('base64'),
      },
    });
    const again = async (bearer: string): Promise<void> => {
      const name = one.device.controllerId.slice(0, -2);
      await request(replica.url)
        .post('/api/v1/releases/from-urls')
        .auth(replica.token, { type: 'bearer' })
        .send({
          files: [{ url: one.origin.url('/fw.bin'), keep: 'link', credentials: { bearer } }],
          ...{ name, version: '2.0', compatibility: `${name}:*` },
        })
        .expect(200);
    };
    const device = one.device.at(replica.url);
    expect((await device.request('GET', one.path)).status).toBe(503);
    await again('t0ken');
    expect((await bytesOf(await device.request('GET', one.path))).equals(one.content)).toBe(true);
    one.served = { ...one.served, authorization: 'Bearer next' };
    await again('next');
    expect((await bytesOf(await device.request('GET', one.path))).equals(one.content)).toBe(true);
    await replica.close();
  });
});
