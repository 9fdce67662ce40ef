import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { aModel, anUpdate } from '../support/an-update';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

describe('what is no sound request', () => {
  let rookery: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  /** Everything that comes back until the server ends the connection. */
  const told = async (...pieces: string[]): Promise<string> => {
    const socket = connect(Number(new URL(rookery.url).port), '127.0.0.1');
    for (const piece of pieces) socket.write(piece, 'latin1');
    return text(socket);
  };
  const head = (line: string, ...more: string[]): string =>
    [
      `${line} HTTP/1.1`,
      'Host: a',
      `Authorization: GatewayToken ${rookery.gatewayToken}`,
      ...more,
      '',
      '',
    ].join('\r\n');
  const statuses = (answers: string): string[] =>
    [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, one]) => one ?? '');
  const logOf = async (actionId: string): Promise<number> =>
    (await fleet.actions.log(fleet.actor, actionId, 0, 100)).length;

  it('is refused, and the connection ends', async () => {
    expect(await told('nonsense\r\n\r\n')).toBe(
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    );
  });

  it('is refused as too large when its head is', async () => {
    expect(statuses(await told(head('GET /', `X-Long: ${'x'.repeat(20_000)}`)))).toEqual(['431']);
  });

  it('does not take the place of the answer to the request before it', async () => {
    const { device, path, content } = await anUpdate(fleet, 700);
    const { pathname } = new URL(`${device.url}${path}`);
    const answers = await told(`${head(`GET ${pathname}`)}nonsense\r\n\r\n`);
    expect(statuses(answers)).toEqual(['200', '400']);
    expect(Buffer.from(answers).includes('Content-Length: 700') && content.length).toBe(700);
  });

  it('gets no answer when it is the rest of a request that is being worked on already', async () => {
    const { device, path, actionId } = await anUpdate(fleet);
    const before = await logOf(actionId);
    const { pathname } = new URL(`${device.url}${path}`);
    expect(
      statuses(await told(head(`GET ${pathname}`, 'Transfer-Encoding: chunked'), 'no chunk\r\n')),
    ).not.toContain('400');
    expect(await logOf(actionId)).toBeGreaterThanOrEqual(before);
  });

  it('changes nothing when it is a report whose rest is broken', async () => {
    const { device, actionId } = await anUpdate(fleet);
    const before = await logOf(actionId);
    const { pathname } = new URL(`${device.url}/deploymentBase/${actionId}/feedback`);
    const report = JSON.stringify({ status: { execution: 'proceeding', result: { finished: 'none' } } });
    const type = 'Content-Type: application/json';
    const chunks = `${report.length.toString(16)}\r\n${report}\r\nno chunk\r\n`;
    expect(
      statuses(await told(head(`POST ${pathname}`, type, 'Transfer-Encoding: chunked'), chunks)),
    ).not.toContain('200');
    expect(await logOf(actionId)).toBe(before);
  });

  it('may name a whole URL, and gets the answer of its path', async () => {
    const { pathname } = new URL(fleet.device('whole-url').url);
    const close = 'Connection: close';
    expect(statuses(await told(head(`GET http://any.example:99999${pathname}`, close)))).toEqual(['200']);
    expect(statuses(await told(head(`GET https://any.example${pathname}/configData`, close)))).toEqual([
      '405',
    ]);
    expect(statuses(await told(head('GET any.example/healthz', close)))).toEqual(['400']);
  });

  it('makes no device when its answer could not be understood', async () => {
    const device = fleet.device(aModel());
    for (const path of ['', '/confirmationBase']) {
      const answer = await device.request('GET', path, { headers: { Accept: 'application/atom+xml' } });
      expect([answer.status, await answer.text()]).toEqual([406, '']);
    }
    const find = `SELECT 1 FROM device WHERE controller_id = '${device.controllerId}'`;
    expect(await rookery.database.query(find)).toEqual([]);
    await device.poll();
    expect(await rookery.database.query(find)).toHaveLength(1);
  });

  it('still says 401 rather than 406 to strangers', async () => {
    const headers = { Accept: 'application/atom+xml', Authorization: 'GatewayToken wrong' };
    for (const path of ['', '/confirmationBase'])
      expect((await fleet.device('stranger').request('GET', path, { headers })).status).toBe(401);
  });

  it('is read by the device API in a tenant that is called api', async () => {
    const url = `${rookery.url}/api/controller/v1/a/configData`;
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(url, { method: 'PUT', headers, body: '{"broken' });
    expect([answer.status, await answer.text()]).toEqual([401, '']);
  });
});
