import request from 'supertest';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const QUOTAS = { logEntries: 1000, messages: 50, attributes: 100, openActions: 100 };

/** They are set through one replica, and devices speak to the other. */
describe("a tenant's quotas", () => {
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

  const api = () => request.agent(`${one.url}/api/v1`).auth(one.token, { type: 'bearer' });
  /** These quotas, and the others as they are at first. */
  const set = async (quotas: Partial<typeof QUOTAS>): Promise<request.Response> =>
    api()
      .patch('/tenant/settings')
      .send({ quotas: { ...QUOTAS, ...quotas } })
      .expect(200);
  const atTwo = (controllerId: string): DdiDevice => fleet.device(controllerId).at(two.url);

  const TOO_MANY = {
    exceptionClass: expect.stringMatching(/\.AssignmentQuotaExceededException$/),
    errorCode: 'hawkbit.server.error.quota.tooManyEntries',
  };

  /** A device with an action of its own, offered: one log entry. */
  const anOffer = async (): Promise<{ device: DdiDevice; actionId: string }> => {
    const board = aName();
    const { controllerId } = await fleet.registered(aName(), { board });
    await fleet.rollout(await fleet.release('2.0', { name: board, compatibility: `${board}:*` }));
    const device = atTwo(controllerId);
    return { device, actionId: (await device.offered()) ?? '' };
  };

  it('bound the log of an action, its first entry counted, but not its end (D10)', async () => {
    await set({ logEntries: 10 });
    const { device, actionId } = await anOffer();
    for (let entry = 2; entry <= 10; entry += 1)
      expect((await device.feedback(actionId, 'proceeding')).status).toBe(200);
    const refused = await device.feedback(actionId, 'proceeding');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject(TOO_MANY);
    // Also a step along the way, though it would change the state.
    expect((await device.feedback(actionId, 'downloaded')).status).toBe(429);
    expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('confirmed');
  });

  it('give a log more room as soon as they are raised', async () => {
    await set({ logEntries: 10 });
    const { device, actionId } = await anOffer();
    for (let entry = 2; entry <= 10; entry += 1) await device.feedback(actionId, 'proceeding');
    expect((await device.feedback(actionId, 'proceeding')).status).toBe(429);
    await set({ logEntries: 12 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => device.feedback(actionId, 'proceeding')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429]);
  });

  it('bound the log while the action is being cancelled, but not the answer to it (X7)', async () => {
    await set({ logEntries: 10 });
    const { device, actionId } = await anOffer();
    await fleet.fleet.cancel(fleet.actor, actionId, false);
    for (let entry = 3; entry <= 10; entry += 1)
      expect((await device.cancelFeedback(actionId, 'proceeding', 'success')).status).toBe(200);
    const refused = await device.cancelFeedback(actionId, 'proceeding', 'success');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject(TOO_MANY);
    expect((await device.cancelFeedback(actionId, 'closed', 'success')).status).toBe(200);
    expect(await fleet.stateOf(actionId)).toBe('cancelled');
  });

  it('bound the messages of a report, but not of the last one (D11)', async () => {
    await set({ messages: 3 });
    const { device, actionId } = await anOffer();
    const lines = (count: number): string[] => Array.from({ length: count }, (_unused, n) => `line ${n}`);
    expect((await device.feedback(actionId, 'proceeding', 'none', lines(3))).status).toBe(200);
    const refused = await device.feedback(actionId, 'proceeding', 'none', lines(4));
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject(TOO_MANY);
    expect((await device.feedback(actionId, 'closed', 'failure', lines(48))).status).toBe(200);
    const log = await fleet.actions.log(fleet.actor, actionId, 0, 100);
    expect(log.at(-1)?.messages).toHaveLength(48);
  });

  it('bound the attributes of a device (C4)', async () => {
    await set({ attributes: 10 });
    const device = atTwo(aName());
    await device.poll();
    const some = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_unused, n) => [`key${n}`, 'x']));
    expect((await device.configData(some(10))).status).toBe(200);
    const refused = await device.configData({ another: 'x' });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject(TOO_MANY);
    expect((await api().get(`/devices/${device.controllerId}`)).body.attributes).toEqual(some(10));
  });

  it('do not refuse attributes that a device was allowed to have before they were lowered', async () => {
    const device = atTwo(aName());
    await device.poll();
    const known = { a: '1', b: '2', c: '3' };
    await device.configData(known);
    await set({ attributes: 2 });
    expect((await device.configData({ ...known, c: '4' })).status).toBe(200);
    expect((await device.configData({ d: '5' })).status).toBe(429);
  });
});
