import { get, type IncomingMessage } from 'node:http';
import { aCancel, aModel, anOffer, anUpdate, type Update } from '../support/an-update';
import { expectBare, expectHawkbitError, treeIn } from '../support/ddi-answer';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const ATOM = 'application/atom+xml';
const FORMS = ['application/hal+json', 'application/json', 'application/cbor'];

describe('how DDI is spoken', () => {
  let rookery: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  const read = (device: DdiDevice, path: string, headers: object): Promise<Response> =>
    device.request('GET', path, { headers });

  describe('reading', () => {
    it('R1: a poll is answered in CBOR to who accepts that', async () => {
      const { device } = await anOffer(fleet);
      const answer = await read(device, '', { Accept: 'application/cbor' });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/cbor']);
      expect(await treeIn(answer)).toEqual(await device.poll());
    });

    it('R2: hal+json is sent to who does not say what he accepts', async () => {
      const one = await anOffer(fleet);
      for (const path of readable(one)) {
        const answer = await bare(one.device, path);
        expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/hal+json']);
        expect(answer.headers['content-length']).toBeDefined();
      }
    });

    it('D1: every resource is the same tree in all three forms, named as it was asked for', async () => {
      const one = await anOffer(fleet);
      for (const path of readable(one)) {
        const answers = await Promise.all(FORMS.map((form) => read(one.device, path, { Accept: form })));
        expect(answers.map((answer) => answer.headers.get('content-type'))).toEqual(FORMS);
        const [hal, json, binary] = await Promise.all(answers.map(treeIn));
        expect(json).toEqual(hal);
        expect(binary).toEqual(hal);
        expect(hal).toBeInstanceOf(Object);
      }
    });

    it('X1: so is a cancel, with the id of the action twice', async () => {
      const { device, actionId } = await aCancel(fleet);
      for (const form of FORMS) {
        const answer = await read(device, `/cancelAction/${actionId}`, { Accept: form });
        expect(answer.headers.get('content-type')).toBe(form);
        expect(await treeIn(answer)).toEqual({ id: actionId, cancelAction: { stopId: actionId } });
      }
    });

    it('I1: the list of what is installed is there in CBOR too', async () => {
      const { device, list } = await anOffer(fleet);
      await device.update();
      const answer = await read(device, list, { Accept: 'application/cbor' });
      expect(await treeIn(answer)).toMatchObject([{ filename: expect.any(String) }]);
    });

    it('D9, X4: what is not spoken is 406 without a body, before anything happens', async () => {
      const one = await anOffer(fleet);
      for (const accept of [ATOM, 'application/json;q=0', '*/*;q=0', 'text/html'])
        for (const path of readable(one))
          await expectBare(await read(one.device, path, { Accept: accept }), 406);
      expect(await fleet.stateOf(one.actionId)).toBe('offered');
      const other = await aCancel(fleet);
      await expectBare(await read(other.device, `/cancelAction/${other.actionId}`, { Accept: ATOM }), 406);
    });

    it('quality decides between forms', async () => {
      const one = await anOffer(fleet);
      for (const path of readable(one)) {
        const accept = 'application/json;q=0.3, application/cbor;q=0.8, */*;q=0.1';
        const answer = await read(one.device, path, { Accept: accept });
        expect(answer.headers.get('content-type')).toBe('application/cbor');
      }
    });

    it('HEAD is answered like GET, without the body', async () => {
      const one = await anOffer(fleet);
      for (const path of readable(one)) {
        const [whole, head] = [await read(one.device, path, {}), await one.device.request('HEAD', path)];
        expect([head.status, await head.text()]).toEqual([200, '']);
        for (const name of ['content-type', 'content-length', 'etag'])
          expect([name, head.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
      }
    });
  });

  describe('ETag', () => {
    it('R8: (a) an idle poll has one, (b) with it the next is 304, (c) a link makes a new one, (d) which is 304 then', async () => {
      const model = aModel();
      const device = await fleet.registered(`${model}-a`, { board: model });
      const idle = await read(device, '', {});
      const first = idle.headers.get('etag') ?? '';
      expect(first).toMatch(/^"[0-9a-f]+"$/);
      expect(await treeIn(idle)).toEqual({ config: { polling: { sleep: '00:05:00' } } });

      const same = await read(device, '', { 'If-None-Match': first });
      expect([same.status, same.headers.get('etag'), await same.text()]).toEqual([304, first, '']);
      expect(same.headers.get('content-type')).toBeNull();

      const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*` });
      await fleet.rollout(releaseId, { name: model });
      const offered = await read(device, '', { 'If-None-Match': first });
      const second = offered.headers.get('etag') ?? '';
      expect([offered.status, second === first]).toEqual([200, false]);
      const { _links } = (await treeIn(offered)) as { _links: object };
      expect(Object.keys(_links)).toEqual(['deploymentBase']);

      expect((await read(device, '', { 'If-None-Match': second })).status).toBe(304);
      expect((await read(device, '', { 'If-None-Match': first })).status).toBe(200);
    });

    it('U4: every JSON resource has one, and is 304 to who has it: in a list, as a weak one, or by the star', async () => {
      const one = await anOffer(fleet);
      for (const path of readable(one)) {
        const etag = (await read(one.device, path, {})).headers.get('etag') ?? '';
        for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
          const answer = await read(one.device, path, { 'If-None-Match': value });
          expect([path, answer.status, await answer.text()]).toEqual([path, 304, '']);
          expect(
            (await one.device.request('HEAD', path, { headers: { 'If-None-Match': value } })).status,
          ).toBe(304);
        }
        for (const value of ['"other"', etag.slice(1, -1)])
          expect((await read(one.device, path, { 'If-None-Match': value })).status).toBe(200);
      }
    });

    it('U3: a file has its sha1 for one, and knows no If-None-Match; a checksum has none', async () => {
      const { device, path, sha1 } = await anUpdate(fleet);
      const answer = await read(device, path, { 'If-None-Match': '*' });
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, `"${sha1}"`]);
      const md5 = await read(device, `${path}.MD5SUM`, { 'If-None-Match': '*' });
      expect([md5.status, md5.headers.get('etag')]).toEqual([200, null]);
    });

    it('the forms of one tree have their own: CBOR is not taken for JSON', async () => {
      const { device } = await anOffer(fleet);
      const etags = await Promise.all(
        FORMS.map(async (form) => (await read(device, '', { Accept: form })).headers.get('etag') ?? ''),
      );
      expect(etags[2]).not.toBe(etags[0]);
      const headers = { Accept: 'application/cbor', 'If-None-Match': etags[0] };
      expect((await read(device, '', headers)).status).toBe(200);
    });

    it('a 304 is work all the same: the device was heard of, the deployment fetched', async () => {
      const { device, actionId } = await anOffer(fleet);
      const answer = await read(device, `/deploymentBase/${actionId}`, { 'If-None-Match': '*' });
      expect(answer.status).toBe(304);
      expect(await fleet.stateOf(actionId)).toBe('retrieved');
      const seenAt = async (): Promise<number> => {
        const [row] = await rookery.database.query<{ at: Date }>(
          `SELECT p.last_seen_at AS at FROM device_presence p JOIN device d ON d.id = p.device_id
            WHERE d.controller_id = $1`,
          [device.controllerId],
        );
        return row?.at.getTime() ?? 0;
      };
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const before = await seenAt();
      expect((await read(device, '', { 'If-None-Match': '*' })).status).toBe(304);
      for (let tries = 0; tries < 50 && (await seenAt()) <= before; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await seenAt()).toBeGreaterThan(before);
    });

    it('errors stay errors', async () => {
      const { device } = await anOffer(fleet);
      const headers = { 'If-None-Match': '*' };
      expect((await read(device, '/deploymentBase/999999', headers)).status).toBe(404);
      expect((await read(device, '', { ...headers, Accept: ATOM })).status).toBe(406);
      expect((await read(device, '', { ...headers, Authorization: 'GatewayToken no' })).status).toBe(401);
    });
  });

  describe('errors', () => {
    it('R5, C5, D9, D15, X4, X8: another method on a known path is 405 without a body', async () => {
      const { device, actionId, list, path: file } = await anOffer(fleet);
      const wrong: [methods: string[], path: string][] = [
        [['POST', 'PUT', 'DELETE', 'PATCH'], ''],
        [['POST', 'PUT', 'DELETE'], `/deploymentBase/${actionId}`],
        [['GET', 'PUT', 'DELETE'], `/deploymentBase/${actionId}/feedback`],
        [['POST', 'PUT', 'DELETE'], `/cancelAction/${actionId}`],
        [['GET', 'PUT', 'DELETE'], `/cancelAction/${actionId}/feedback`],
        [['GET', 'POST', 'DELETE'], '/configData'],
        [['POST', 'PUT', 'DELETE'], list],
        [['POST', 'PUT', 'DELETE'], file],
      ];
      for (const [methods, path] of wrong)
        for (const method of methods) {
          const answer = await device.request(method, path);
          expect([method, path, answer.status, await answer.text()]).toEqual([method, path, 405, '']);
        }
    });

    it('a stranger gets 401 without a body, whatever he asks', async () => {
      const one = await anOffer(fleet);
      const headers = { Authorization: 'GatewayToken wrong' };
      for (const path of [...readable(one), one.path])
        await expectBare(await read(one.device, path, headers), 401);
      for (const path of [
        `/deploymentBase/${one.actionId}/feedback`,
        `/cancelAction/${one.actionId}/feedback`,
      ])
        await expectBare(await one.device.request('POST', path, { body: '{}', headers }), 401);
    });

    it('D9, D15, X4, C5: a device that is not there gets 404 with hawkBit\u2019s body', async () => {
      const { actionId, list, path: file } = await anOffer(fleet);
      const stranger = fleet.device(aModel());
      for (const [method, path] of [
        ['GET', `/deploymentBase/${actionId}`],
        ['GET', `/cancelAction/${actionId}`],
        ['GET', list],
        ['GET', file],
        ['POST', `/deploymentBase/${actionId}/feedback`],
        ['POST', `/cancelAction/${actionId}/feedback`],
        ['PUT', '/configData'],
      ] as const) {
        const body = method === 'GET' ? {} : { body: '{}' };
        await expectHawkbitError(await stranger.request(method, path, body), 404, 'repo.entityNotFound');
      }
    });

    it('R20: an id of more than 256 characters is 400, and makes no device', async () => {
      const device = fleet.device('x'.repeat(257));
      for (const path of ['', '/deploymentBase/1'])
        await expectHawkbitError(await read(device, path, {}), 400, 'repo.constraintViolation');
      const answer = await device.request('POST', '/deploymentBase/1/feedback', { body: '{}' });
      await expectHawkbitError(answer, 400, 'repo.constraintViolation');
    });

    it('R4: a path without an id is 404', async () => {
      const headers = { Authorization: `GatewayToken ${rookery.gatewayToken}` };
      for (const path of ['/DEFAULT/controller/v1/', '/controller/v1/'])
        expect((await fetch(`${rookery.url}${path}`, { headers })).status).toBe(404);
    });

    it('R12: a report that comes too late is 410, an answer to no cancel 405, both with hawkBit\u2019s body', async () => {
      const { device, actionId } = await anOffer(fleet);
      await device.update('failure');
      expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(410);
      const cancel = await device.cancelFeedback(actionId, 'closed', 'success');
      await expectHawkbitError(cancel, 405, 'action.notCancelable');
    });
  });

  /** A GET with nothing but the credential: `fetch` adds an Accept header of its own. */
  function bare(device: DdiDevice, path: string): Promise<IncomingMessage> {
    const headers = { Authorization: `GatewayToken ${rookery.gatewayToken}` };
    return new Promise((resolve, reject) => {
      get(`${device.url}${path}`, { headers, agent: false }, (answer) => {
        answer.resume();
        resolve(answer);
      }).on('error', reject);
    });
  }
});

/** The paths of the JSON resources that a device with an offer may read. */
function readable({ actionId, list }: Update): string[] {
  return ['', `/deploymentBase/${actionId}`, list];
}
