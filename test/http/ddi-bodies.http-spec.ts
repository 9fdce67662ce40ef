import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import cbor from 'cbor';
import { aCancel, aModel, anOffer, anUpdate } from '../support/an-update';
import { expectBare, expectHawkbitError } from '../support/ddi-answer';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const FEEDBACK = { id: '1', status: { execution: 'proceeding', result: { finished: 'none' }, details: [] } };

const feedbackOf = (name: string): string =>
  readFileSync(join(__dirname, '../fixtures/feedback', `${name}.txt`), 'utf8');
const inCbor = (value: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(cbor.encode(value));
const typed = (type: string, more: object = {}): object => ({ 'Content-Type': type, ...more });

describe('what devices write over DDI', () => {
  let rookery: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  it('D1: feedback is taken in CBOR, and answered with nothing', async () => {
    const { device, actionId } = await anUpdate(fleet);
    const path = `/deploymentBase/${actionId}/feedback`;
    const status = { execution: 'closed', result: { finished: 'failure' }, code: 7, details: ['no ä'] };
    const headers = typed('application/cbor', { Accept: 'application/cbor' });
    await expectSuccess(await device.request('POST', path, { body: inCbor(FEEDBACK), headers }));
    expect(await fleet.stateOf(actionId)).toBe('downloading');
    await expectSuccess(await device.request('POST', path, { body: inCbor({ status }), headers }));
    expect(await fleet.stateOf(actionId)).toBe('failed');
    const log = await fleet.actions.log(fleet.actor, actionId, 0, 100);
    expect(log.at(-1)).toMatchObject({ status: 'closed/failure', code: 7 });
    expect(log.at(-1)?.messages).toContain('no ä');
  });

  it('C1: attributes are taken in CBOR and stored', async () => {
    const device = fleet.device(aModel());
    await device.poll();
    const body = inCbor({ mode: 'merge', data: { sw_version: '1.2', Gerät: 'ä🦜', gone: null } });
    await expectSuccess(
      await device.request('PUT', '/configData', { body, headers: typed('application/cbor') }),
    );
    expect(await attributesOf(device)).toEqual({ sw_version: '1.2', Gerät: 'ä🦜' });
    expect((await device.poll())._links).toBeUndefined();
  });

  it('X1: the answer to a cancel is taken in CBOR', async () => {
    const { device, actionId } = await aCancel(fleet);
    const path = `/cancelAction/${actionId}/feedback`;
    const headers = typed('application/cbor');
    await expectSuccess(await device.request('POST', path, { body: inCbor(FEEDBACK), headers }));
    expect(await fleet.stateOf(actionId)).toBe('cancelling');
    const closed = { status: { execution: 'closed', result: { finished: 'success' } } };
    await expectSuccess(await device.request('POST', path, { body: inCbor(closed), headers }));
    expect(await fleet.stateOf(actionId)).toBe('cancelled');
  });

  it('a charset beside application/json is fine', async () => {
    const { device, actionId } = await anUpdate(fleet);
    const headers = typed('application/json;charset=UTF-8');
    const body = JSON.stringify(FEEDBACK);
    const path = `/deploymentBase/${actionId}/feedback`;
    await expectSuccess(await device.request('POST', path, { body, headers }));
  });

  it('C5, X8: any other type is 415 without a body, hal+json and none at all included', async () => {
    const { device, actionId } = await aCancel(fleet);
    for (const [method, path] of writable(actionId))
      for (const type of ['application/hal+json', 'application/atom+xml', 'text/plain', ''])
        await expectBare(await device.request(method, path, { body: '{}', headers: typed(type) }), 415);
  });

  it.each([
    ['JSON cut short', 'application/json', '{"status":'],
    ['nothing', 'application/json', ''],
    ['no CBOR', 'application/cbor', '{}'],
    ['nothing in CBOR', 'application/cbor', ''],
    ['CBOR with a tail', 'application/cbor', Buffer.concat([cbor.encode(FEEDBACK), Buffer.from([0])])],
    ['CBOR with a key twice', 'application/cbor', Buffer.from('a2616101616102', 'hex')],
    ['CBOR with bytes for text', 'application/cbor', cbor.encode({ status: Buffer.from('x') })],
    ['a date', 'application/cbor', cbor.encode(new Date())],
    ['an endless list', 'application/cbor', Buffer.alloc(200_000, 0x81)],
  ])('D16: %s is 400 with hawkBit\u2019s three keys', async (_what, type, body) => {
    const { device, actionId } = await aCancel(fleet);
    for (const [method, path] of writable(actionId)) {
      const sent = typeof body === 'string' ? body : new Uint8Array(body);
      const answer = await device.request(method, path, { body: sent, headers: typed(type) });
      await expectHawkbitError(answer, 400, 'rest.body.notReadable');
    }
    expect(await fleet.stateOf(actionId)).toBe('cancelling');
  });

  it('SWUpdate\u2019s broken JSON is mended in feedback, and nowhere else', async () => {
    const body = feedbackOf('swupdate-INVALID-unescaped-quote');
    const { device, actionId } = await aCancel(fleet);
    for (const path of [`/cancelAction/${actionId}/feedback`, `/deploymentBase/${actionId}/feedback`]) {
      await expectSuccess(await device.request('POST', path, { body }));
      const cborBody = { body, headers: typed('application/cbor') };
      await expectHawkbitError(await device.request('POST', path, cborBody), 400, 'rest.body.notReadable');
    }
    const answer = await device.request('PUT', '/configData', { body });
    await expectHawkbitError(answer, 400, 'rest.body.notReadable');
  });

  it('a body of more than 256 KiB is 413', async () => {
    const { device, actionId } = await aCancel(fleet);
    for (const [method, path] of writable(actionId))
      for (const type of ['application/json', 'application/cbor']) {
        const body = 'x'.repeat(256 * 1024 + 1);
        expect((await device.request(method, path, { body, headers: typed(type) })).status).toBe(413);
      }
  });

  /** A type on a GET without a body is what SWUpdate and RAUC's updater send. */
  it('a type on a request that has no body does no harm', async () => {
    const { device, actionId, list } = await anOffer(fleet);
    const headers = typed('application/json;charset=UTF-8');
    for (const path of ['', `/deploymentBase/${actionId}`, list])
      expect((await device.request('GET', path, { headers })).status).toBe(200);
  });

  async function attributesOf(device: DdiDevice): Promise<unknown> {
    const [row] = await rookery.database.query<{ attributes: unknown }>(
      'SELECT attributes FROM device WHERE tenant_id = 1 AND controller_id = $1',
      [device.controllerId],
    );
    return row?.attributes;
  }
});

const expectSuccess = (answer: Response): Promise<void> => expectBare(answer, 200);

/** What takes a body, for a device that is asked to cancel. */
function writable(actionId: string): [method: string, path: string][] {
  return [
    ['POST', `/deploymentBase/${actionId}/feedback`],
    ['POST', `/cancelAction/${actionId}/feedback`],
    ['PUT', '/configData'],
  ];
}
