import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DevicesService } from '../../src/modules/devices/devices.service';
import { newToken, tokenHash } from '../../src/modules/identity/token';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const feedbackOf = (name: string): string =>
  readFileSync(join(__dirname, '../fixtures/feedback', `${name}.txt`), 'utf8');

describe('an update over DDI', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;
  const anId = (): string => `device-${(next += 1)}`;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  describe('polling', () => {
    it('registers an unknown device that comes through the gateway and asks for its attributes', async () => {
      const device = fleet.device(anId());
      const answer = await device.poll();
      expect(answer.config.polling.sleep).toBe('00:05:00');
      expect(answer._links).toEqual({ configData: { href: `${device.url}/configData` } });
    });

    it('drops the configData link as soon as the attributes arrived', async () => {
      const device = fleet.device(anId());
      await device.poll();
      expect((await device.configData({ sw_version: '1' })).status).toBe(200);
      expect((await device.poll())._links).toBeUndefined();
    });

    it.each(['Bearer x', 'GatewayToken wrong', 'TargetToken wrong', 'gatewaytoken x'])(
      'answers 401 without a body to %s and makes no device',
      async (authorization) => {
        const id = anId();
        const answer = await fleet
          .device(id)
          .request('GET', '', { headers: { Authorization: authorization } });
        expect(answer.status).toBe(401);
        expect(await answer.text()).toBe('');
        const rows = await rookery.database.query('SELECT 1 FROM device WHERE controller_id = $1', [id]);
        expect(rows).toEqual([]);
      },
    );

    it('matches the tenant without regard to case and echoes it as written', async () => {
      const url = `${rookery.url}/default/controller/v1/${anId()}`;
      const answer = await fleet.device('x').request('GET', url);
      expect(await answer.json()).toMatchObject({ _links: { configData: { href: `${url}/configData` } } });
    });

    it('answers 400 to an id of more than 256 characters', async () => {
      expect((await fleet.device('x'.repeat(257)).request('GET', '')).status).toBe(400);
    });

    it('answers 405 to other methods and 406 to what it cannot speak', async () => {
      const device = await fleet.registered(anId());
      for (const method of ['POST', 'PUT', 'DELETE'])
        expect((await device.request(method, '')).status).toBe(405);
      const headers = { Accept: 'application/atom+xml' };
      expect((await device.request('GET', '', { headers })).status).toBe(406);
    });

    it('notes when a device was last heard of', async () => {
      const device = await fleet.registered(anId());
      const read = (): Promise<{ last_seen_at: Date | null }[]> =>
        rookery.database.query(
          `SELECT p.last_seen_at FROM device_presence p JOIN device d ON d.id = p.device_id WHERE d.controller_id = $1`,
          [device.controllerId],
        );
      await eventually(async () => expect((await read())[0]?.last_seen_at).toBeInstanceOf(Date));
    });
  });

  describe('with a rollout', () => {
    let rolloutId: string;
    let releaseId: string;
    const content = Buffer.from('0123456789'.repeat(100));

    beforeAll(async () => {
      releaseId = await fleet.release('2.0', { content });
      rolloutId = await fleet.rollout(releaseId);
    });

    it('offers, is fetched, is installed, is counted, and is offered no more', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      expect(await fleet.stateOf(actionId)).toBe('offered');
      const deployment = (await (await device.deployment(actionId)).json()) as object;
      expect(deployment).toMatchObject({
        id: actionId,
        deployment: { download: 'forced', update: 'forced' },
      });
      expect(await fleet.stateOf(actionId)).toBe('retrieved');
      expect((await device.feedback(actionId, 'proceeding')).status).toBe(200);
      const closed = await device.feedback(actionId, 'closed', 'success', ['Update Installed.']);
      expect([closed.status, closed.headers.get('content-length')]).toEqual([200, '0']);
      expect(await fleet.stateOf(actionId)).toBe('confirmed');
      expect((await device.poll())._links).toEqual({
        installedBase: { href: `${device.url}/installedBase/${actionId}` },
        configData: { href: `${device.url}/configData` },
      });
      const rollout = await fleet.rollouts.get(fleet.actor, rolloutId);
      expect(rollout.devices).toEqual(await fleet.countedFromHistory(rolloutId));
      expect(await fleet.slots(rolloutId)).toEqual({ taken: 0, open: 0 });
    });

    it('serves the file whole, by ranges, to HEAD and as MD5SUM, and only to devices on the way to it', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      const deployment = (await (await device.deployment(actionId)).json()) as Deployment;
      const artifact = deployment.deployment.chunks[0]?.artifacts[0];
      const href = artifact?._links['download-http'].href ?? '';
      const part = await device.request('GET', href, { headers: { Range: 'bytes=990-' } });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 990-999/1000']);
      expect(await part.text()).toBe('0123456789');
      const atEnd = await device.request('GET', href, { headers: { Range: 'bytes=1000-' } });
      expect([atEnd.status, atEnd.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
      expect(await fleet.stateOf(actionId)).toBe('retrieved');
      const head = await device.request('HEAD', href);
      expect([head.status, head.headers.get('content-length')]).toEqual([200, '1000']);
      const whole = await device.request('GET', href);
      expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
      expect(whole.headers.get('etag')).toBe(`"${artifact?.hashes.sha1}"`);
      expect(await fleet.stateOf(actionId)).toBe('downloading');
      const md5 = await device.request('GET', artifact?._links['md5sum-http'].href ?? '');
      expect(await md5.text()).toBe(`${artifact?.hashes.md5}  firmware.bin`);
      const stranger = await fleet.registered(anId(), { board: 'other' });
      expect(
        (await stranger.request('GET', href.replace(device.controllerId, stranger.controllerId))).status,
      ).toBe(404);
      await device.feedback(actionId, 'closed', 'failure');
      expect((await device.request('GET', href)).status).toBe(404);
    });

    it.each(['swupdate-INVALID-unescaped-quote', 'swupdate-INVALID-raw-newline'])(
      'does not lose the failure that %s reports in broken JSON',
      async (name) => {
        const device = await fleet.registered(anId());
        const actionId = (await device.offered()) ?? '';
        await device.deployment(actionId);
        const answer = await device.request('POST', `/deploymentBase/${actionId}/feedback`, {
          body: feedbackOf(name),
        });
        expect(answer.status).toBe(200);
        expect(await fleet.stateOf(actionId)).toBe('failed');
        const log = await fleet.actions.log(fleet.actor, actionId, 0, 100);
        expect(log.at(-1)?.messages).toContain('No suitable .swu image found');
        expect(await device.offered()).toBeUndefined();
      },
    );

    it('keeps what really broken bodies say out, with 400 and hawkBit\u2019s three keys', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      const path = `/deploymentBase/${actionId}/feedback`;
      for (const body of [
        '{',
        '{"status":{"execution":"closed","result":null}}',
        '[]',
        '{"status":{"execution":"x"}}',
      ]) {
        const answer = await device.request('POST', path, { body });
        expect(answer.status).toBe(400);
        const keys = Object.keys((await answer.json()) as object).sort();
        expect(keys).toEqual(['errorCode', 'exceptionClass', 'message']);
      }
      const headers = { 'Content-Type': 'application/hal+json' };
      expect((await device.request('POST', path, { body: '{}', headers })).status).toBe(415);
      expect(await fleet.stateOf(actionId)).toBe('offered');
    });

    it('takes a repeat of the last word, refuses its contradiction with 410, and counts once', async () => {
      const device = await fleet.registered(anId());
      const actionId = await device.update('failure');
      expect((await device.feedback(actionId, 'closed', 'failure')).status).toBe(200);
      expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(410);
      expect(await fleet.stateOf(actionId)).toBe('failed');
      const rollout = await fleet.rollouts.get(fleet.actor, rolloutId);
      expect(rollout.devices).toEqual(await fleet.countedFromHistory(rolloutId));
    });

    it('hides the actions of other devices and unknown ones', async () => {
      const [mine, other] = [await fleet.registered(anId()), await fleet.registered(anId())];
      const actionId = (await mine.offered()) ?? '';
      expect((await other.deployment(actionId)).status).toBe(404);
      expect((await other.feedback(actionId, 'proceeding')).status).toBe(404);
      expect((await mine.deployment('999999')).status).toBe(404);
      expect((await mine.deployment('9'.repeat(30))).status).toBe(404);
      expect((await mine.deployment('abc')).status).toBe(404);
    });

    it('gives a pinned device nothing and takes back what it was only offered', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      await fleet.fleet.change(fleet.actor, device.controllerId, { pinned: true });
      expect((await device.deployment(actionId)).status).toBe(404);
      expect(await device.offered()).toBeUndefined();
      expect(await fleet.stateOf(actionId)).toBe('withdrawn');
      await fleet.fleet.change(fleet.actor, device.controllerId, { pinned: false });
      expect(await device.offered()).not.toBe(actionId);
    });

    it('asks to cancel, is answered, and offers the same no more', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      await device.deployment(actionId);
      await fleet.fleet.cancel(fleet.actor, actionId, false);
      const links = (await device.poll())._links;
      expect(links?.cancelAction?.href).toBe(`${device.url}/cancelAction/${actionId}`);
      expect(links?.deploymentBase).toBeUndefined();
      expect((await device.deployment(actionId)).status).toBe(404);
      const cancel = await device.request('GET', `/cancelAction/${actionId}`);
      expect(await cancel.json()).toEqual({ id: actionId, cancelAction: { stopId: actionId } });
      expect((await device.feedback(actionId, 'proceeding')).status).toBe(200);
      expect((await device.cancelFeedback(actionId, 'closed', 'success')).status).toBe(200);
      expect(await fleet.stateOf(actionId)).toBe('cancelled');
      expect((await device.poll())._links?.cancelAction).toBeUndefined();
      expect((await device.cancelFeedback(actionId, 'closed', 'success')).status).toBe(200);
      expect(await fleet.slots(rolloutId)).toMatchObject(await openSlots());
    });

    it('goes on when the device refuses the cancel, and 405s a cancel that nobody asked for', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      await device.deployment(actionId);
      expect((await device.cancelFeedback(actionId, 'closed', 'success')).status).toBe(405);
      await fleet.fleet.cancel(fleet.actor, actionId, false);
      await device.cancelFeedback(actionId, 'rejected', 'success');
      expect(await fleet.stateOf(actionId)).toBe('retrieved');
      expect((await device.deployment(actionId)).status).toBe(200);
    });

    it('does not take a success without any sign of work for one, until the version proves it', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      expect((await device.feedback(actionId, 'closed', 'success', ['Update Installed.'])).status).toBe(200);
      expect(await fleet.stateOf(actionId)).toBe('lapsed');
      await device.configData({ sw_version: '2.0' });
      expect(await fleet.stateOf(actionId)).toBe('confirmed');
      const rollout = await fleet.rollouts.get(fleet.actor, rolloutId);
      expect(rollout.devices).toEqual(await fleet.countedFromHistory(rolloutId));
    });

    it('takes late reports of what the server ended, and corrects the outcome once', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      await device.deployment(actionId);
      await device.feedback(actionId, 'proceeding');
      await fleet.fleet.cancel(fleet.actor, actionId, true);
      expect(await fleet.stateOf(actionId)).toBe('cancelled');
      expect((await device.feedback(actionId, 'proceeding')).status).toBe(200);
      expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
      expect((await device.feedback(actionId, 'closed', 'failure')).status).toBe(200);
      expect(await fleet.stateOf(actionId)).toBe('confirmed');
      const rollout = await fleet.rollouts.get(fleet.actor, rolloutId);
      expect(rollout.devices).toEqual(await fleet.countedFromHistory(rolloutId));
    });

    it('frees the name of a removed device and keeps its history counted', async () => {
      const device = await fleet.registered(anId());
      const actionId = (await device.offered()) ?? '';
      await fleet.fleet.remove(fleet.actor, device.controllerId);
      expect(await fleet.stateOf(actionId)).toBe('cancelled');
      const rollout = await fleet.rollouts.get(fleet.actor, rolloutId);
      expect(rollout.devices).toEqual(await fleet.countedFromHistory(rolloutId));
      expect((await device.poll())._links?.configData).toBeDefined();
    });

    async function openSlots(): Promise<{ taken: number }> {
      return { taken: (await fleet.slots(rolloutId)).open };
    }
  });

  it('installs a forced release over a higher one, once', async () => {
    const old = await fleet.release('0.1', { name: 'old' });
    const device = await fleet.registered(anId());
    await fleet.fleet.change(fleet.actor, device.controllerId, { mode: 'assigned', assignedReleaseId: old });
    expect(await device.offered()).toBeUndefined();
    await fleet.fleet.change(fleet.actor, device.controllerId, { force: old });
    const actionId = (await device.offered()) ?? '';
    expect(await device.offered()).toBe(actionId);
    await device.update();
    await device.configData({ sw_version: '0.1' });
    expect(await device.offered()).toBeUndefined();
  });

  it('keeps a force through a pin that came between offer and fetch', async () => {
    const old = await fleet.release('0.2', { name: 'old' });
    const device = await fleet.registered(anId());
    await fleet.fleet.change(fleet.actor, device.controllerId, { mode: 'assigned', force: old });
    const first = await device.offered();
    await fleet.fleet.change(fleet.actor, device.controllerId, { pinned: true });
    expect(await device.offered()).toBeUndefined();
    await fleet.fleet.change(fleet.actor, device.controllerId, { pinned: false });
    const second = await device.offered();
    expect([first, second]).toEqual([expect.any(String), expect.any(String)]);
    expect(second).not.toBe(first);
  });

  it('puts a newer force in the place of one that was not fetched', async () => {
    const [one, two] = [
      await fleet.release('0.3', { name: 'old' }),
      await fleet.release('0.4', { name: 'old' }),
    ];
    const device = await fleet.registered(anId());
    await fleet.fleet.change(fleet.actor, device.controllerId, { mode: 'assigned', force: one });
    await device.offered();
    await fleet.fleet.change(fleet.actor, device.controllerId, { force: two });
    const actionId = (await device.offered()) ?? '';
    expect((await fleet.actions.get(fleet.actor, actionId)).releaseId).toBe(two);
    await device.update();
    expect(await device.offered()).toBeUndefined();
  });

  it('lets a device with a token of its own in, but for no other name', async () => {
    const token = newToken('rkt');
    const controllerId = anId();
    await rookery.app.get(DevicesService).create(fleet.actor, { controllerId, tokenHash: tokenHash(token) });
    const headers = { Authorization: `TargetToken ${token}` };
    expect((await fleet.device(controllerId).request('GET', '', { headers })).status).toBe(200);
    expect((await fleet.device(anId()).request('GET', '', { headers })).status).toBe(401);
    const [row] = await rookery.database.query<{ target_token_hash: Buffer }>(
      'SELECT target_token_hash FROM device WHERE controller_id = $1',
      [controllerId],
    );
    expect(row?.target_token_hash.toString('utf8')).not.toContain(token);
  });
});

interface Deployment {
  readonly deployment: {
    readonly chunks: readonly {
      readonly artifacts: readonly {
        readonly hashes: Record<'sha1' | 'md5' | 'sha256', string>;
        readonly _links: Record<'download' | 'download-http' | 'md5sum-http', { href: string }>;
      }[];
    }[];
  };
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      await check();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await check();
}
