import request from 'supertest';
import { newToken } from '../../src/modules/identity/token';
import { PresenceService } from '../../src/modules/devices/presence.service';
import { Clock } from '../../src/platform/clock/clock';
import { startRookery, type TestRookery } from '../support/rookery-app';

const SETTINGS = {
  ROOKERY_DDI_FAILURES_PER_DEVICE: '5',
  ROOKERY_DDI_FAILURES_PER_NETWORK: '20',
  ROOKERY_API_FAILURES_PER_NETWORK: '5',
  ROOKERY_TRUSTED_PROXIES: '127.0.0.1',
};
let network = 0;

/** The tests are a proxy, so that each has networks of its own. Nothing waits for a minute to end. */
describe('failed attempts', () => {
  let rookery: TestRookery;

  beforeAll(async () => {
    rookery = await startRookery({ settings: SETTINGS });
    // No minute ends in the middle of a test, however slow the machine is.
    jest.spyOn(rookery.app.get(Clock), 'monotonicMs').mockReturnValue(1_000_000);
  });
  afterAll(async () => rookery.close());

  const aNetwork = (): string => `192.0.2.${(network += 1)}`;
  const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
  const wrong = (): string => `TargetToken ${newToken('rkt')}`;
  const ask = (from: string, controllerId: string, authorization: string, path = ''): Promise<Response> =>
    fetch(`${rookery.url}/DEFAULT/controller/v1/${controllerId}${path}`, {
      headers: { Authorization: authorization, 'X-Forwarded-For': from },
    });
  const statuses = async (count: number, asking: (n: number) => Promise<Response>): Promise<number[]> => {
    const all: number[] = [];
    for (let n = 0; n < count; n += 1) all.push((await asking(n)).status);
    return all;
  };
  const aDevice = async (controllerId: string): Promise<string> =>
    `TargetToken ${(await api().post('/devices').send({ controllerId }).expect(201)).body.targetToken}`;
  const times = (count: number, status: number): number[] => new Array<number>(count).fill(status);
  const gateway = (): string => `GatewayToken ${rookery.gatewayToken}`;

  describe('of a device', () => {
    it('are 401 up to the limit, then 429 with the time to wait, on every path', async () => {
      const from = aNetwork();
      expect(await statuses(7, () => ask(from, 'guessed', wrong()))).toEqual([...times(5, 401), 429, 429]);
      for (const path of [
        '',
        '/configData',
        '/deploymentBase/1',
        '/softwaremodules/1/artifacts',
        '/nothing',
      ]) {
        const answer = await ask(from, 'guessed', wrong(), path);
        expect([answer.status, await answer.text()]).toEqual([429, '']);
        const seconds = Number(answer.headers.get('retry-after'));
        expect(seconds).toBeGreaterThan(0);
        expect(seconds).toBeLessThanOrEqual(60);
      }
      const report = await fetch(`${rookery.url}/DEFAULT/controller/v1/guessed/deploymentBase/1/feedback`, {
        method: 'POST',
        headers: { Authorization: wrong(), 'X-Forwarded-For': from },
      });
      expect(report.status).toBe(429);
    });

    it('concern that device alone, from that network alone, until the network has too many', async () => {
      const [from, elsewhere] = [aNetwork(), aNetwork()];
      await statuses(6, () => ask(from, 'one', wrong()));
      expect((await ask(from, 'one', wrong())).status).toBe(429);
      expect((await ask(elsewhere, 'one', wrong())).status).toBe(401);
      expect(await statuses(15, (n) => ask(from, `other-${n}`, wrong()))).toEqual(times(15, 401));
      expect((await ask(from, 'another', wrong())).status).toBe(429);
      expect((await ask(elsewhere, 'another', wrong())).status).toBe(401);
    });

    it('are counted for an IPv6 network as a whole', async () => {
      const found = await statuses(22, (n) => ask(`2001:db8:7:7::${n + 1}`, `six-${n}`, wrong()));
      expect(found).toEqual([...times(20, 401), 429, 429]);
      expect((await ask('2001:db8:7:8::1', 'six', wrong())).status).toBe(401);
    });

    it('never shut out a device that was right lately, though it was before they began', async () => {
      const from = aNetwork();
      const [own, late] = [await aDevice('good-1'), await aDevice('good-2')];
      expect((await ask(from, 'good-1', own)).status).toBe(200);
      expect((await ask(aNetwork(), 'good-via', gateway())).status).toBe(200);
      await statuses(30, (n) => ask(from, `noise-${n}`, wrong()));
      await statuses(10, () => ask(from, 'good-1', wrong()));
      expect((await ask(from, 'good-1', own)).status).toBe(200);
      // A gateway's token was right, so it is for its other devices too.
      expect((await ask(from, 'good-new', gateway())).status).toBe(200);
      // This one never came before, so it waits with the others.
      expect((await ask(from, 'good-2', late)).status).toBe(429);
      expect((await ask(aNetwork(), 'good-2', late)).status).toBe(200);
      expect((await ask(from, 'good-2', late)).status).toBe(200);
    });

    it('with a credential that was right once and is no more count like any other', async () => {
      const from = aNetwork();
      const own = await aDevice('revoked');
      expect((await ask(from, 'revoked', own)).status).toBe(200);
      await api().delete('/devices/revoked/token').expect(204);
      expect(await statuses(7, () => ask(from, 'revoked', own))).toEqual([...times(5, 401), 429, 429]);
    });

    it('are those with a credential: without one nothing is read, and nothing counted', async () => {
      const from = aNetwork();
      expect(await statuses(30, () => ask(from, 'silent', ''))).toEqual(times(30, 401));
      expect((await ask(from, 'silent', gateway())).status).toBe(200);
    });

    it('are not those of a gateway whose word does not count for a device, nor do its other devices pay for them', async () => {
      const from = aNetwork();
      await aDevice('holder');
      await api().patch('/tenant/settings').send({ gatewaySpeaksForTokenHolders: false }).expect(200);
      const found: number[] = [];
      for (let n = 0; n < 25; n += 1) {
        found.push((await ask(from, 'holder', gateway())).status);
        found.push((await ask(from, 'no-holder', gateway())).status);
      }
      expect(found).toEqual(new Array(25).fill([401, 200]).flat());
      // Guesses count for such a device as for any other.
      const guess = `GatewayToken ${newToken('rkg')}`;
      expect(await statuses(7, () => ask(from, 'holder', guess))).toEqual([...times(5, 401), 429, 429]);
      await api().patch('/tenant/settings').send({ gatewaySpeaksForTokenHolders: true }).expect(200);
    });

    it('are not those that were right, but not wanted', async () => {
      const from = aNetwork();
      const own = await aDevice('unwanted');
      await api().patch('/devices/unwanted').send({ approval: 'refused' }).expect(200);
      expect(await statuses(30, () => ask(from, 'unwanted', own))).toEqual(times(30, 403));
      await api().patch('/tenant/settings').send({ unknownDevices: 'refuse' }).expect(200);
      expect(await statuses(30, () => ask(from, 'unknown', gateway()))).toEqual(times(30, 401));
      await api().patch('/tenant/settings').send({ unknownDevices: 'admit' }).expect(200);
      expect((await ask(from, 'unknown', gateway())).status).toBe(200);
    });

    it('are refused before the database is asked', async () => {
      const from = aNetwork();
      await statuses(6, () => ask(from, 'unread', wrong()));
      await rookery.app.get(PresenceService).flush();
      const calls = jest.spyOn(rookery.database, 'prepared');
      try {
        expect(await statuses(10, () => ask(from, 'unread', wrong()))).toEqual(times(10, 429));
        expect(calls.mock.calls.filter(([name]) => name === 'sightings')).toEqual([]);
      } finally {
        calls.mockRestore();
      }
    });
  });

  describe('of the management API', () => {
    const call = (from: string, token: string): Promise<Response> =>
      fetch(`${rookery.url}/api/v1/me`, {
        headers: { Authorization: `Bearer ${token}`, 'X-Forwarded-For': from },
      });
    const logIn = (from: string, password: string): Promise<Response> =>
      fetch(`${rookery.url}/api/v1/sessions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': from },
        body: JSON.stringify({ name: 'admin', password }),
      });

    it('with a token are 401 up to the limit, then 429, but not for a token that was right lately', async () => {
      const from = aNetwork();
      expect((await call(from, rookery.token)).status).toBe(200);
      expect(await statuses(7, () => call(from, newToken('rk')))).toEqual([...times(5, 401), 429, 429]);
      expect((await call(from, rookery.token)).status).toBe(200);
      expect((await call(aNetwork(), newToken('rk'))).status).toBe(401);
      const answer = await call(from, newToken('rk'));
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answer.json()).toMatchObject({ status: 429, code: 'too_many_attempts' });
    });

    it('with a password too, together with those with a token', async () => {
      const from = aNetwork();
      expect(await statuses(3, () => logIn(from, 'wrong'))).toEqual(times(3, 401));
      expect(await statuses(2, () => call(from, newToken('rk')))).toEqual(times(2, 401));
      expect((await logIn(from, 'wrong')).status).toBe(429);
      expect((await logIn(aNetwork(), 'wrong')).status).toBe(401);
    });

    it('without a token are just 401', async () => {
      const from = aNetwork();
      const bare = (): Promise<Response> =>
        fetch(`${rookery.url}/api/v1/me`, { headers: { 'X-Forwarded-For': from } });
      expect(await statuses(10, bare)).toEqual(times(10, 401));
    });
  });
});
