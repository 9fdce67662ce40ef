import { DEFAULT_TERMS } from '../../src/modules/actions/action/action';
import { AssignmentsService } from '../../src/modules/updates/orders/assignments.service';
import { DevicesService } from '../../src/modules/devices/devices.service';
import { FleetService } from '../../src/modules/updates/orders/fleet.service';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** What a device has installed (contract E10, E11). */
describe('installedBase', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());

  async function aDevice(): Promise<DdiDevice> {
    const device = fleet.device(`installed-${(next += 1)}`);
    await device.poll();
    await device.configData({ board: 'my-board' });
    return device;
  }

  async function assign(device: DdiDevice, releaseId: string, isInstalled = false): Promise<string> {
    const outcome = await rookery.app.get(AssignmentsService).assign(fleet.actor, {
      releaseId,
      controllerIds: [device.controllerId],
      terms: DEFAULT_TERMS,
      isInstalled,
    });
    return outcome.actions[0]?.id ?? '';
  }

  const aRelease = (): Promise<string> => fleet.release(`${(next += 1)}.0`);
  const links = async (device: DdiDevice): Promise<Record<string, { href: string }>> =>
    (await device.poll())._links ?? {};
  const past = (device: DdiDevice, actionId: string): Promise<Response> =>
    device.request('GET', `/installedBase/${actionId}`);
  const linkTo = (device: DdiDevice, actionId: string): { href: string } => ({
    href: `${device.url}/installedBase/${actionId}`,
  });

  async function finish(device: DdiDevice, actionId: string, finished = 'success'): Promise<void> {
    await device.deployment(actionId);
    await device.feedback(actionId, 'proceeding');
    await device.feedback(actionId, 'closed', finished);
  }

  it('I4: shows the action that installed, also beside a newer one', async () => {
    const device = await aDevice();
    expect(await links(device)).not.toHaveProperty('installedBase');
    const first = await assign(device, await aRelease());
    const told = (await (await device.deployment(first)).json()) as object;
    await finish(device, first);
    expect(await links(device)).toMatchObject({ installedBase: linkTo(device, first) });
    const second = await assign(device, await aRelease());
    expect(await links(device)).toMatchObject({
      installedBase: linkTo(device, first),
      deploymentBase: { href: expect.stringContaining(`/deploymentBase/${second}`) as string },
    });
    await finish(device, second);
    expect(await links(device)).toMatchObject({ installedBase: linkTo(device, second) });
    expect((await past(device, first)).status).toBe(200);
    expect(await (await past(device, first)).json()).toEqual(told);
  });

  it('I6, I7, I8: hides what is pending, running or cancelled', async () => {
    const device = await aDevice();
    const [one, two] = [await aRelease(), await aRelease()];
    const first = await assign(device, one);
    await finish(device, first);
    const cancelled = await assign(device, two);
    expect((await past(device, cancelled)).status).toBe(404);
    await fleet.fleet.cancel(fleet.actor, cancelled, false);
    expect((await past(device, cancelled)).status).toBe(404);
    await device.cancelFeedback(cancelled, 'closed', 'success');
    expect((await past(device, cancelled)).status).toBe(404);
    const again = await assign(device, one);
    expect((await past(device, again)).status).toBe(404);
    expect(await links(device)).toMatchObject({ installedBase: linkTo(device, first) });
    expect((await device.deployment(again)).status).toBe(200);
  });

  it('I12: has no link to a failure, but its action can be read', async () => {
    const device = await aDevice();
    const action = await assign(device, await aRelease());
    await finish(device, action, 'failure');
    expect(Object.keys(await links(device))).toEqual([]);
    expect((await past(device, action)).status).toBe(200);
  });

  it('I13: tells as much history as is asked for, newest first', async () => {
    const device = await aDevice();
    const action = await assign(device, await aRelease());
    for (const word of ['one', 'two', 'three']) await device.feedback(action, 'proceeding', 'none', [word]);
    await device.feedback(action, 'closed', 'success', ['done']);
    const history = async (query: string): Promise<unknown> =>
      (
        (await (await device.request('GET', `/installedBase/${action}${query}`)).json()) as {
          actionHistory?: unknown;
        }
      ).actionHistory;
    expect(await history('')).toBeUndefined();
    expect(await history('?actionHistory')).toBeUndefined();
    expect(await history('?actionHistory=0')).toBeUndefined();
    expect(await history('?actionHistory=2')).toEqual({ status: 'FINISHED', messages: ['done', 'three'] });
    expect(await history('?actionHistory=-3')).toMatchObject({ messages: ['done', 'three', 'two', 'one'] });
    expect((await device.request('GET', `/installedBase/${action}?actionHistory=many`)).status).toBe(400);
  });

  it('leaves no trace when it is read', async () => {
    const device = await aDevice();
    const action = await assign(device, await aRelease());
    await finish(device, action);
    const before = (await fleet.actions.get(fleet.actor, action)).logCount;
    await past(device, action);
    expect((await fleet.actions.get(fleet.actor, action)).logCount).toBe(before);
  });

  describe('said by the device itself (E11)', () => {
    const say = async (device: DdiDevice, body: object): Promise<number> =>
      (await device.request('PUT', '/installedBase', { body: JSON.stringify(body) })).status;

    it('I2: is 201 when it is news and 200 when it is not', async () => {
      const device = await aDevice();
      const version = `${(next += 1)}.0`;
      const release = await fleet.release(version);
      expect(await say(device, { name: 'firmware', version })).toBe(201);
      expect(await say(device, { name: 'firmware', version })).toBe(200);
      const shown = await rookery.app.get(DevicesService).get(fleet.actor, device.controllerId);
      expect(shown).toMatchObject({
        installedReleaseId: release,
        installedVersion: version,
        updateStatus: 'in-sync',
      });
      expect(await links(device)).toMatchObject({
        installedBase: linkTo(device, shown.installedActionId ?? ''),
      });
    });

    it('I3: is 404 when there is no such release, and changes nothing', async () => {
      const device = await aDevice();
      expect(await say(device, { name: 'nothing', version: '1' })).toBe(404);
      expect(await links(device)).toEqual({});
    });

    it('ends what would install the same once more', async () => {
      const device = await aDevice();
      const version = `${(next += 1)}.0`;
      const action = await assign(device, await fleet.release(version));
      expect(await say(device, { name: 'firmware', version })).toBe(201);
      expect(await fleet.stateOf(action)).toBe('cancelled');
      expect(await device.offered()).toBeUndefined();
    });

    it('does not outlast a late success, also of a device that has said nothing else', async () => {
      const device = fleet.device(`installed-${(next += 1)}`);
      await device.poll();
      const [old, version] = [`${(next += 1)}.0`, `${(next += 1)}.0`];
      await fleet.release(old);
      expect(await say(device, { name: 'firmware', version: old })).toBe(201);
      const action = await assign(device, await fleet.release(version));
      await device.poll();
      await device.deployment(action);
      await device.feedback(action, 'proceeding');
      await rookery.app.get(FleetService).cancel(fleet.actor, action, true);
      await device.feedback(action, 'closed', 'success');
      expect(await fleet.stateOf(action)).toBe('confirmed');
      const shown = await rookery.app.get(DevicesService).get(fleet.actor, device.controllerId);
      expect(shown.installedVersion).toBe(version);
    });

    it.each([{}, { name: 'x' }, { name: 1, version: '1' }, []])('is 400 with %j', async (body) => {
      expect(await say(await aDevice(), body)).toBe(400);
    });
  });

  it('takes an assignment of what is installed already as done', async () => {
    const device = await aDevice();
    const release = await aRelease();
    const action = await assign(device, release, true);
    expect(await fleet.stateOf(action)).toBe('confirmed');
    expect(Object.keys(await links(device))).toEqual(['installedBase']);
  });
});
