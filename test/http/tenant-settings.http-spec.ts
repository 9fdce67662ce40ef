import request from 'supertest';
import { PresenceService } from '../../src/modules/devices/presence.service';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const DEFAULTS = {
  windowPollCount: 3,
  confirmation: false,
  certificateAuthorities: [],
  closesSuperseded: false,
  gatewayTokens: true,
  targetTokens: true,
  keepsAddresses: true,
  guardsArtifacts: true,
  delivery: 'stream',
  quotas: { logEntries: 1000, messages: 50, attributes: 100, openActions: 100, storedBytes: 0 },
  signatures: { demand: 'none', expiry: 'now', opaque: 'allow' },
  rollouts: { requiresApproval: false, demandsPreview: false, freezes: [] },
  deadlines: {
    ...{ offered: '1d', assigned: '90d', consent: '30d', silent: '1d', confirm: '6h', cancel: '1h' },
    ...{ whole: '7d', quiet: '1d' },
  },
  breaker: { failureShare: 20, sample: 20 },
  unknownDevices: 'admit',
  gatewaySpeaksForTokenHolders: true,
};

/** Changes are made through one replica and felt at the other. */
describe("a tenant's settings", () => {
  let one: TestRookery;
  let two: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const aName = (): string => `thing-${(next += 1)}`;

  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
    fleet = new Fleet(one);
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });
  afterEach(async () => change({ ...DEFAULTS, polling: null }));

  const api = (rookery = one) =>
    request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
  const change = async (body: object): Promise<request.Response> =>
    api().patch('/tenant/settings').send(body).expect(200);
  const refusal = async (body: object): Promise<Record<string, string>> => {
    const answer = await api().patch('/tenant/settings').send(body).expect(400);
    return answer.body.errors as Record<string, string>;
  };
  const atTwo = (controllerId: string): DdiDevice => fleet.device(controllerId).at(two.url);
  const sleepOf = async (device: DdiDevice): Promise<string> => (await device.poll()).config.polling.sleep;

  describe('as such', () => {
    it("are hawkBit's to begin with", async () => {
      const { body, headers } = await api(two).get('/tenant/settings').expect(200);
      const { revision, ...settings } = body;
      expect(settings).toEqual(DEFAULTS);
      expect(headers['etag']).toBe(`"${revision}"`);
    });

    it('are changed field by field, and say what they are then', async () => {
      const before = await api().get('/tenant/settings').expect(200);
      const { body, headers } = await change({ windowPollCount: 5, quotas: { messages: 7 } });
      expect(body).toEqual({
        ...before.body,
        windowPollCount: 5,
        quotas: { ...DEFAULTS.quotas, messages: 7 },
        revision: Number(before.body.revision) + 1,
      });
      expect(headers['etag']).toBe(`"${body.revision}"`);
      expect((await api(two).get('/tenant/settings')).body).toEqual(body);
    });

    it('are not changed over a change that the caller has not seen', async () => {
      const { headers } = await api().get('/tenant/settings').expect(200);
      const etag = headers['etag'] ?? '';
      await api().patch('/tenant/settings').set('If-Match', etag).send({ windowPollCount: 6 }).expect(200);
      await api(two).patch('/tenant/settings').set('If-Match', etag).send({ windowPollCount: 7 }).expect(412);
      expect((await api().get('/tenant/settings')).body.windowPollCount).toBe(6);
    });

    it('are one change when two replicas make it at once', async () => {
      const { headers } = await api().get('/tenant/settings').expect(200);
      const answers = await Promise.all(
        [one, two, one, two].map((rookery, index) =>
          api(rookery)
            .patch('/tenant/settings')
            .set('If-Match', headers['etag'] ?? '')
            .send({ windowPollCount: 10 + index }),
        ),
      );
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412]);
    });

    it('leave a record of what was changed, and none when nothing was', async () => {
      const recorded = async () =>
        (await api().get('/audit?subject=tenant').expect(200)).body.items as {
          kind: string;
          detail: object;
        }[];
      const { revision } = (await change({ keepsAddresses: false, polling: '00:07:00' })).body;
      const [latest] = await recorded();
      expect(latest).toMatchObject({
        kind: 'tenant.settings-changed',
        detail: { keepsAddresses: false, polling: '00:07:00' },
      });
      const count = (await recorded()).length;
      expect((await change({ keepsAddresses: false })).body.revision).toBe(revision);
      expect((await change({})).body.revision).toBe(revision);
      expect(await recorded()).toHaveLength(count);
    });

    it('are read by every role and changed by administrators only', async () => {
      const { body } = await api().post('/tokens').send({ name: 'o', role: 'operator' }).expect(201);
      const operator = request.agent(`${one.url}/api/v1`).auth(body.token, { type: 'bearer' });
      await operator.get('/tenant/settings').expect(200);
      const { body: problem } = await operator.patch('/tenant/settings').send({}).expect(403);
      expect(problem.detail).toContain('administrator');
    });

    it.each([
      [{ polling: 7 }, 'polling', 'must be text'],
      [{ polling: '5m' }, 'polling', 'HH:MM:SS'],
      [{ polling: '24:00:00' }, 'polling', 'HH:MM:SS'],
      [{ polling: '00:00:29' }, 'polling', 'below 00:00:30, the shortest allowed'],
      [
        { polling: '00:05:00, name == a -> 00:00:01' },
        'polling',
        'has in override 1 an interval below 00:00:30',
      ],
      [{ polling: '00:05:00, name == a' }, 'polling', 'no "->"'],
      [{ polling: '00:05:00, colour == red -> 00:01:00' }, 'polling', 'there is no field "colour"'],
      [
        { polling: '00:05:00, name = a -> 00:01:00' },
        'polling',
        'in override 1 a filter that is wrong at character',
      ],
      [{ windowPollCount: 0 }, 'windowPollCount', 'must be a whole number from 1 to 100'],
      [{ confirmation: 'yes' }, 'confirmation', 'must be true or false'],
      [{ gatewayTokens: null }, 'gatewayTokens', 'must not be null'],
      [{ quotas: { logEntries: 9 } }, 'quotas.logEntries', 'from 10 to 10000'],
      [{ quotas: { logEntries: 10_001 } }, 'quotas.logEntries', 'from 10 to 10000'],
      [{ quotas: { messages: 201 } }, 'quotas.messages', 'from 1 to 200'],
      [{ quotas: { attributes: 0 } }, 'quotas.attributes', 'from 1 to 1000'],
      [{ quotas: { openActions: 2001 } }, 'quotas.openActions', 'from 1 to 2000'],
      [{ quotas: { openActions: 1.5 } }, 'quotas.openActions', 'must be a whole number'],
      [{ quotas: 7 }, 'quotas', 'must be'],
      [{ colour: 'red' }, 'colour', 'is not known here'],
    ])('do not take %j', async (body, field, why) => {
      expect((await refusal(body))[field]).toContain(why);
    });
  });

  describe('polling', () => {
    it("is the server's while the tenant says nothing", async () => {
      expect(await sleepOf(atTwo(aName()))).toBe('00:05:00');
    });

    it("is the tenant's from the next poll on (R6)", async () => {
      const device = atTwo(aName());
      await device.poll();
      await change({ polling: '00:02:00' });
      expect(await sleepOf(device)).toBe('00:02:00');
      await change({ polling: null });
      expect(await sleepOf(device)).toBe('00:05:00');
    });

    it('is that of the first override that the device fits (R7)', async () => {
      await api().post('/feeds').send({ name: 'Europe' }).expect(201);
      const [inEurope, elsewhere] = [aName(), aName()];
      for (const name of [inEurope, elsewhere, '4711']) await atTwo(name).poll();
      await api().patch(`/devices/${inEurope}`).send({ feed: 'Europe' }).expect(200);
      await change({
        polling: "00:02:00, controllerid == 4711 -> 00:01:00, group == 'Europe' -> 00:05:05",
      });
      expect(await sleepOf(atTwo('4711'))).toBe('00:01:00');
      expect(await sleepOf(atTwo(inEurope))).toBe('00:05:05');
      expect(await sleepOf(atTwo(elsewhere))).toBe('00:02:00');
      await api().patch('/devices/4711').send({ feed: 'Europe' }).expect(200);
      expect(await sleepOf(atTwo('4711'))).toBe('00:01:00');
      await api().patch(`/devices/${inEurope}`).send({ feed: 'default' }).expect(200);
      expect(await sleepOf(atTwo(inEurope))).toBe('00:02:00');
    });

    it('is told by what the device says about itself as soon as it has said it', async () => {
      await change({ polling: '00:02:00, attribute.power == battery -> 06:00:00' });
      const device = atTwo(aName());
      expect(await sleepOf(device)).toBe('00:02:00');
      await device.configData({ power: 'battery' });
      expect(await sleepOf(device)).toBe('06:00:00');
    });

    it('spreads within the jitter, and never below the floor of the server', async () => {
      const device = atTwo(aName());
      await change({ polling: '00:10:00~10%' });
      const seconds = new Set<number>();
      for (let poll = 0; poll < 40; poll += 1) {
        const [hours = 0, minutes = 0, rest = 0] = (await sleepOf(device)).split(':').map(Number);
        seconds.add(hours * 3600 + minutes * 60 + rest);
      }
      expect(seconds.size).toBeGreaterThan(5);
      expect(Math.min(...seconds)).toBeGreaterThanOrEqual(540);
      expect(Math.max(...seconds)).toBeLessThanOrEqual(660);
      await change({ polling: '00:00:30~99%' });
      for (let poll = 0; poll < 20; poll += 1) expect((await sleepOf(device)) >= '00:00:30').toBe(true);
    });
  });

  describe('polling while a maintenance window is ahead', () => {
    /** A device with an action whose window, a quarter of an hour long, opens in so many minutes. */
    const aDeviceBefore = async (minutes: number): Promise<DdiDevice> => {
      const controllerId = aName();
      await fleet.registered(controllerId);
      const opens = new Date(Date.now() + minutes * 60_000);
      const schedule = `${opens.getUTCSeconds()} ${opens.getUTCMinutes()} ${opens.getUTCHours()} * * ?`;
      const window = { schedule, duration: '00:15:00', timezone: '+00:00' };
      const release = await fleet.release(`1.0.${next}`, { name: controllerId });
      await api()
        .post('/assignments')
        .send({ release, devices: [controllerId], window })
        .expect(201);
      return atTwo(controllerId);
    };

    it('brings the device back in time, and is what it always is once the window is open (R17)', async () => {
      expect(await sleepOf(await aDeviceBefore(16))).toBe('00:05:00');
      const tenMinutes = await sleepOf(await aDeviceBefore(10));
      expect(tenMinutes >= '00:03:00' && tenMinutes < '00:05:00').toBe(true);
      expect((await sleepOf(await aDeviceBefore(5))) < '00:02:00').toBe(true);
      expect(await sleepOf(await aDeviceBefore(-5))).toBe('00:05:00');
    });

    it('is as often as the tenant says', async () => {
      await change({ windowPollCount: 10 });
      const device = await aDeviceBefore(20);
      const sleep = await sleepOf(device);
      expect(sleep > '00:01:50' && sleep <= '00:02:00').toBe(true);
      await change({ windowPollCount: 100 });
      expect(await sleepOf(device)).toBe('00:00:30');
    });
  });

  describe('credentials', () => {
    const aToken = async (): Promise<{ controllerId: string; token: string }> => {
      const controllerId = aName();
      const { body } = await api().post('/devices').send({ controllerId }).expect(201);
      return { controllerId, token: body.targetToken };
    };
    const statusOf = async (controllerId: string, authorization?: string): Promise<number> => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      const url = `${two.url}/DEFAULT/controller/v1/${controllerId}`;
      return (await fetch(url, { headers })).status;
    };

    it('of a device let it in by its own token (S1), and nothing else does (S2, S3), or none at all (S4)', async () => {
      const { controllerId, token } = await aToken();
      expect(await statusOf(controllerId, `TargetToken ${token}`)).toBe(200);
      expect(await statusOf(controllerId, `TargetToken ${token}x`)).toBe(401);
      expect(await statusOf(controllerId)).toBe(401);
      await change({ targetTokens: false });
      expect(await statusOf(controllerId, `TargetToken ${token}`)).toBe(401);
      expect(await statusOf(controllerId, `GatewayToken ${one.gatewayToken}`)).toBe(200);
      await change({ targetTokens: true });
      expect(await statusOf(controllerId, `TargetToken ${token}`)).toBe(200);
    });

    it('of a gateway let any device in (S5), and nothing else does (S6, S7), or none at all (S8)', async () => {
      const { controllerId, token } = await aToken();
      expect(await statusOf(controllerId, `GatewayToken ${one.gatewayToken}`)).toBe(200);
      expect(await statusOf(controllerId, `GatewayToken ${one.gatewayToken}x`)).toBe(401);
      expect(await statusOf(controllerId)).toBe(401);
      await change({ gatewayTokens: false });
      expect(await statusOf(controllerId, `GatewayToken ${one.gatewayToken}`)).toBe(401);
      expect(await statusOf(controllerId, `TargetToken ${token}`)).toBe(200);
      const stranger = aName();
      expect(await statusOf(stranger, `GatewayToken ${one.gatewayToken}`)).toBe(401);
      await api().get(`/devices/${stranger}`).expect(404);
    });

    it('are asked for at every address of the device', async () => {
      const device = await fleet.registered(aName());
      await change({ gatewayTokens: false });
      for (const path of ['', '/deploymentBase/1', '/cancelAction/1', '/softwaremodules/1/artifacts/a'])
        expect((await device.at(two.url).request('GET', path)).status).toBe(401);
      expect((await device.at(two.url).configData({ a: 'b' })).status).toBe(401);
      expect((await device.at(two.url).feedback('1', 'proceeding')).status).toBe(401);
    });
  });

  describe('addresses', () => {
    const addressOf = async (device: DdiDevice): Promise<unknown> => {
      await two.app.get(PresenceService).flush();
      return (await api().get(`/devices/${device.controllerId}`).expect(200)).body.address;
    };

    it('are told as hawkBit tells them (R10)', async () => {
      const device = atTwo(aName());
      await device.poll();
      expect(await addressOf(device)).toBe('http://127.0.0.1');
      const { body } = await api()
        .get('/devices')
        .query({ q: `controllerId==${device.controllerId} and address==http://127.0.0.1` });
      expect(body.items).toHaveLength(1);
    });

    it('are neither kept nor shown when the tenant wants none (R11)', async () => {
      const [seen, unseen] = [atTwo(aName()), atTwo(aName())];
      await Promise.all([seen.poll(), unseen.poll()]);
      expect(await addressOf(unseen)).toBe('http://127.0.0.1');
      await change({ keepsAddresses: false });
      await seen.poll();
      expect([await addressOf(seen), await addressOf(unseen)]).toEqual([undefined, undefined]);
      const kept = await one.database.query('SELECT 1 FROM device_presence WHERE address IS NOT NULL');
      expect(kept).toEqual([]);
      await change({ keepsAddresses: true });
      await seen.poll();
      expect([await addressOf(seen), await addressOf(unseen)]).toEqual(['http://127.0.0.1', undefined]);
    });
  });
});

describe('a device that is asked for its attributes', () => {
  let one: TestRookery;
  let two: TestRookery;
  beforeAll(async () => {
    one = await startRookery();
    two = await startRookery({ replicaOf: one });
  });
  afterAll(async () => {
    await two.close();
    await one.close();
  });

  it('is told so at its next poll, at whichever replica, until it has answered', async () => {
    const api = request.agent(`${one.url}/api/v1`).auth(one.token, { type: 'bearer' });
    const device = (await new Fleet(one).registered('sensor-7')).at(two.url);
    expect((await device.poll())._links).toBeUndefined();
    const { body: before } = await api.get('/devices/sensor-7').expect(200);
    expect(before.wantsAttributes).toBe(false);
    await api.post('/devices/sensor-7/request-attributes').expect(204);
    expect((await device.poll())._links).toEqual({ configData: { href: `${device.url}/configData` } });
    const { body: after } = await api.get('/devices/sensor-7').expect(200);
    expect(after).toMatchObject({ wantsAttributes: true, revision: before.revision });
    const { body: audit } = await api.get('/audit?subject=device:sensor-7').expect(200);
    expect(audit.items[0]).toMatchObject({ kind: 'device.attributes-requested' });
    await device.configData({ sw_version: '1.0' });
    expect((await device.poll())._links).toBeUndefined();
  });

  it('has to be there', async () => {
    const api = request.agent(`${one.url}/api/v1`).auth(one.token, { type: 'bearer' });
    await api.post('/devices/nobody/request-attributes').expect(404);
  });
});
