import { DEFAULT_TERMS } from '../../src/modules/actions/action/action';
import { TenantSettingsService } from '../../src/modules/tenants/tenant-settings.service';
import { AssignmentsService } from '../../src/modules/updates/orders/assignments.service';
import { type DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** The consent of a device's user (contract E12 to E16). */
describe('confirmation', () => {
  let rookery: TestRookery;
  let fleet: Fleet;
  let next = 0;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  beforeEach(() => asks(true));
  afterAll(() => rookery.close());

  const asks = async (needsConfirmation: boolean): Promise<unknown> =>
    rookery.app.get(TenantSettingsService).change(fleet.actor, { needsConfirmation });

  async function assigned(): Promise<{ device: DdiDevice; actionId: string }> {
    const device = await fleet.registered(`asked-${(next += 1)}`);
    return { device, actionId: await assign(device) };
  }

  async function assign(device: DdiDevice): Promise<string> {
    const outcome = await rookery.app.get(AssignmentsService).assign(fleet.actor, {
      releaseId: await fleet.release(`${(next += 1)}.0`),
      controllerIds: [device.controllerId],
      terms: DEFAULT_TERMS,
      isInstalled: false,
    });
    return outcome.actions[0]?.id ?? '';
  }

  const say = async (device: DdiDevice, actionId: string, body: object): Promise<number> =>
    (await device.request('POST', `/confirmationBase/${actionId}/feedback`, { body: JSON.stringify(body) }))
      .status;
  const links = async (device: DdiDevice): Promise<string[]> =>
    Object.keys((await device.poll())._links ?? {});

  it('F1, F4: an update waits, is shown under its own key and cannot be fetched', async () => {
    const { device, actionId } = await assigned();
    expect(await links(device)).toEqual(['confirmationBase']);
    const answer = await device.request('GET', `/confirmationBase/${actionId}`);
    expect(await answer.json()).toMatchObject({ id: actionId, confirmation: { download: 'forced' } });
    expect((await device.deployment(actionId)).status).toBe(404);
    expect((await device.feedback(actionId, 'proceeding')).status).toBe(404);
    expect((await fleet.actions.get(fleet.actor, actionId)).logCount).toBe(1);
  });

  it('F3: where nobody asks, there is nothing to confirm', async () => {
    await asks(false);
    const { device, actionId } = await assigned();
    expect(await links(device)).toEqual(['deploymentBase']);
    expect((await device.request('GET', `/confirmationBase/${actionId}`)).status).toBe(404);
  });

  it('F5: what waits goes on waiting when the tenant no longer asks', async () => {
    const { device, actionId } = await assigned();
    await asks(false);
    expect(await say(device, actionId, { confirmation: 'denied' })).toBe(200);
    expect(await links(device)).toEqual(['confirmationBase']);
    expect(await say(device, actionId, { confirmation: 'confirmed' })).toBe(200);
    expect(await links(device)).toEqual(['deploymentBase']);
    expect((await device.deployment(actionId)).status).toBe(200);
  });

  it('F11, F12: a refusal leaves it waiting, and consent can be taken back', async () => {
    const { device, actionId } = await assigned();
    expect(await say(device, actionId, { confirmation: 'denied', details: 'not now' })).toBe(200);
    expect(await links(device)).toEqual(['confirmationBase']);
    expect(await say(device, actionId, { confirmation: 'confirmed' })).toBe(200);
    expect((await device.deployment(actionId)).status).toBe(200);
    expect(await say(device, actionId, { confirmation: 'denied' })).toBe(200);
    expect(await links(device)).toEqual(['confirmationBase']);
    expect((await device.deployment(actionId)).status).toBe(404);
    expect(await say(device, actionId, { confirmation: 'confirmed' })).toBe(200);
    await device.update();
    expect(await fleet.stateOf(actionId)).toBe('confirmed');
  });

  it('F13: consent is not taken back from what is being cancelled', async () => {
    const { device, actionId } = await assigned();
    await say(device, actionId, { confirmation: 'confirmed' });
    await fleet.fleet.cancel(fleet.actor, actionId, false);
    expect(await say(device, actionId, { confirmation: 'denied' })).toBe(404);
    expect(await fleet.stateOf(actionId)).toBe('cancelling');
  });

  it('F14: consent is not taken back where nobody asks', async () => {
    await asks(false);
    const { device, actionId } = await assigned();
    expect(await say(device, actionId, { confirmation: 'denied' })).toBe(404);
    expect(await fleet.stateOf(actionId)).toBe('offered');
  });

  it('F15: what the device said is in the history, with its code', async () => {
    const { device, actionId } = await assigned();
    await say(device, actionId, { confirmation: 'confirmed', code: 10, details: ['User agreed.'] });
    expect((await device.request('GET', `/confirmationBase/${actionId}`)).status).toBe(404);
    const answer = await device.request('GET', `/deploymentBase/${actionId}?actionHistory=2`);
    expect(await answer.json()).toMatchObject({
      actionHistory: { messages: ['User agreed.', 'Device reported status code: 10'] },
    });
  });

  it('what the device itself ended is gone', async () => {
    await asks(false);
    const { device, actionId } = await assigned();
    await device.update();
    expect(await say(device, actionId, { confirmation: 'confirmed' })).toBe(410);
  });

  it.each([{}, { confirmation: 'yes' }, { confirmation: 'denied', code: 'x' }, []])(
    'a body of %j is 400',
    async (body) => {
      const { device, actionId } = await assigned();
      expect(await say(device, actionId, body)).toBe(400);
    },
  );

  it('a foreign and an unknown action are 404', async () => {
    const [mine, other] = [await assigned(), await assigned()];
    expect(await say(mine.device, other.actionId, { confirmation: 'confirmed' })).toBe(404);
    expect(await say(mine.device, '999999', { confirmation: 'confirmed' })).toBe(404);
  });

  describe('once and for all', () => {
    const activate = async (device: DdiDevice, body?: object): Promise<number> =>
      (
        await device.request(
          'POST',
          '/confirmationBase/activateAutoConfirm',
          body === undefined ? {} : { body: JSON.stringify(body) },
        )
      ).status;
    const standing = async (device: DdiDevice): Promise<unknown> =>
      (await device.request('GET', '/confirmationBase')).json();

    it('F7: is off at first, and links what waits', async () => {
      const { device, actionId } = await assigned();
      const base = `${device.url}/confirmationBase`;
      expect(await standing(device)).toEqual({
        autoConfirm: { active: false },
        _links: {
          activateAutoConfirm: { href: `${base}/activateAutoConfirm` },
          confirmationBase: { href: `${base}/${actionId}` },
        },
      });
    });

    it.each([
      [undefined],
      [{}],
      [{ initiator: 'me' }],
      [{ initiator: 'me', remark: 'why' }],
      [{ initiator: null }],
    ])('F8, F9: is switched on by %j, and what waits is confirmed', async (body) => {
      const { device } = await assigned();
      expect(await activate(device, body)).toBe(200);
      expect(await links(device)).toEqual(['deploymentBase']);
      const said = Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => value !== null));
      expect(await standing(device)).toEqual({
        autoConfirm: { active: true, ...said, activatedAt: expect.any(Number) as number },
        _links: { deactivateAutoConfirm: { href: `${device.url}/confirmationBase/deactivateAutoConfirm` } },
      });
      expect(await activate(device, body)).toBe(409);
    });

    it('F10: is switched off again, also when it was not on', async () => {
      const { device, actionId } = await assigned();
      await activate(device);
      const deactivate = async (): Promise<number> =>
        (await device.request('POST', '/confirmationBase/deactivateAutoConfirm')).status;
      expect([await deactivate(), await deactivate()]).toEqual([200, 200]);
      expect(await standing(device)).toMatchObject({ autoConfirm: { active: false } });
      await fleet.fleet.cancel(fleet.actor, actionId, true);
      await assign(device);
      expect(await links(device)).toEqual(['confirmationBase']);
    });

    it('keeps later updates from waiting', async () => {
      const device = await fleet.registered(`asked-${(next += 1)}`);
      await activate(device);
      await assign(device);
      expect(await links(device)).toEqual(['deploymentBase']);
    });
  });

  it('E12 makes a device that was never seen', async () => {
    const device = fleet.device(`asked-${(next += 1)}`);
    expect((await device.request('GET', '/confirmationBase')).status).toBe(200);
    expect(await links(device)).toEqual(['configData']);
  });

  it('a rollout asks too', async () => {
    const device = await fleet.registered(`asked-${(next += 1)}`);
    await fleet.rollout(await fleet.release(`${(next += 1)}.0`));
    expect(await links(device)).toEqual(['confirmationBase']);
  });

  it('is counted by the rollout as what it is', async () => {
    const rolloutId = await fleet.rollout(await fleet.release(`${(next += 1)}.0`), {
      name: `counted ${next}`,
    });
    const device = await fleet.registered(`asked-${(next += 1)}`);
    const actionId = /confirmationBase\/(\d+)/.exec(JSON.stringify(await device.poll()))?.[1] ?? '';
    const counted = async (): Promise<unknown> => (await fleet.rollouts.get(fleet.actor, rolloutId)).devices;
    expect(await counted()).toEqual({ 'awaiting-confirmation': 1 });
    expect(await say(device, actionId, { confirmation: 'confirmed' })).toBe(200);
    expect(await counted()).toEqual({ offered: 1 });
    expect(await counted()).toEqual(await fleet.countedFromHistory(rolloutId));
  });

  it('fills no log: past the quota only consent to what waits is taken', async () => {
    const { device, actionId } = await assigned();
    await rookery.app
      .get(TenantSettingsService)
      .change(fleet.actor, { quotas: { logEntries: 10, messages: 5 } });
    const words = Array.from({ length: 6 }, () => 'word');
    expect(await say(device, actionId, { confirmation: 'denied', details: words })).toBe(429);
    const answers: number[] = [];
    for (let n = 0; n < 12; n += 1)
      answers.push(await say(device, actionId, { confirmation: n % 2 === 0 ? 'confirmed' : 'denied' }));
    expect(answers.slice(0, 6)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(answers).toContain(429);
    await rookery.app
      .get(TenantSettingsService)
      .change(fleet.actor, { quotas: { logEntries: 1000, messages: 50 } });
  });
});
