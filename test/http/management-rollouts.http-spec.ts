import request from 'supertest';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
let fleet: Fleet;
beforeAll(async () => {
  rookery = await startRookery();
  fleet = new Fleet(rookery);
});
afterAll(() => rookery.close());

const api = () => request.agent(`${rookery.url}/api/v1`).auth(rookery.token, { type: 'bearer' });
const itemsOf = <T>(answer: request.Response): T[] => answer.body.items as T[];
let made = 0;
const aName = (): string => `thing-${(made += 1)}`;
const draft = async (wish: object = {}): Promise<request.Response> => {
  const body = {
    name: aName(),
    feed: await aFeed(),
    releaseId: await fleet.release(`1.0.${made}`, { name: aName() }),
    ...wish,
  };
  return api().post('/rollouts').send(body).expect(201);
};
async function aFeed(): Promise<string> {
  const name = aName();
  await api().post('/feeds').send({ name }).expect(201);
  return name;
}

/** A device of its own feed that has been offered a release of its own. */
async function anAction(): Promise<{ device: DdiDevice; actionId: string; rolloutId: string }> {
  const rollout = await draft();
  const device = await fleet.registered(aName());
  await api().patch(`/devices/${device.controllerId}`).send({ feed: rollout.body.feed }).expect(200);
  await api().post(`/rollouts/${rollout.body.id}/start`).expect(200);
  await device.poll();
  const { body } = await api().get(`/devices/${device.controllerId}/actions`).expect(200);
  expect(body.items).toHaveLength(1);
  return { device, actionId: body.items[0].id, rolloutId: rollout.body.id };
}

describe('a rollout', () => {
  it('begins as a draft', async () => {
    const created = await draft({ priority: 5, inFlightCap: 10, attempts: 3, allowsDowngrade: true });
    expect(created.headers).toMatchObject({ location: `/api/v1/rollouts/${created.body.id}`, etag: '"1"' });
    expect(created.body).toMatchObject({
      state: 'draft',
      priority: 5,
      inFlightCap: 10,
      attempts: 3,
      allowsDowngrade: true,
      devices: {},
      admitted: 0,
    });
    expect((await api().get(`/rollouts/${created.body.id}`).expect(200)).body).toEqual(created.body);
  });

  it('obeys each verb, and says it twice without harm', async () => {
    const { id } = (await draft()).body;
    for (const [verb, state] of [
      ['start', 'running'],
      ['pause', 'paused'],
      ['resume', 'running'],
      ['close', 'closed'],
    ]) {
      expect((await api().post(`/rollouts/${id}/${verb}`).expect(200)).body.state).toBe(state);
      expect((await api().post(`/rollouts/${id}/${verb}`).send({}).expect(200)).body.state).toBe(state);
    }
    const refused = await api().post(`/rollouts/${id}/resume`).expect(409);
    expect(refused.body).toMatchObject({ code: 'rollout_state' });
    await api().post(`/rollouts/${id}/explode`).expect(404);
  });

  it('is told nothing by who read an older revision', async () => {
    const { id } = (await draft()).body;
    const pause = (tag: string): request.Test => api().post(`/rollouts/${id}/start`).set('if-match', tag);
    await pause('"1"').expect(200).expect('etag', '"2"');
    await pause('"1"').expect(412);
    await pause('1').expect(400);
  });

  it.each([
    [{ feed: 'nowhere' }, 'feed'],
    [{ releaseId: '4711' }, 'releaseId'],
  ])('cannot be made of %j: 422', async (wish, field) => {
    const whole = {
      name: aName(),
      feed: 'default',
      releaseId: await fleet.release(`2.0.${made}`, { name: aName() }),
      ...wish,
    };
    const answer = await api().post('/rollouts').send(whole).expect(422);
    expect(answer.body.errors).toHaveProperty(field);
  });

  it('keeps its name to itself', async () => {
    const { name, feed, releaseId } = (await draft()).body;
    expect((await api().post('/rollouts').send({ name, feed, releaseId }).expect(409)).body.code).toBe(
      'rollout_exists',
    );
  });

  it.each(['0', 'abc', '99999999999'])('is not found by the id %s', async (id) => {
    await api().get(`/rollouts/${id}`).expect(404);
    await api().post(`/rollouts/${id}/start`).expect(404);
  });

  it('counts its devices by state, exactly', async () => {
    const { device, actionId, rolloutId } = await anAction();
    const counts = async (): Promise<unknown> => {
      const { devices, admitted } = (await api().get(`/rollouts/${rolloutId}`).expect(200)).body;
      return { devices, admitted };
    };
    expect(await counts()).toEqual({ devices: { offered: 1 }, admitted: 1 });
    await device.deployment(actionId);
    expect(await counts()).toEqual({ devices: { retrieved: 1 }, admitted: 1 });
    const listed = await api().get('/rollouts').expect(200);
    expect(listed.body.items).toContainEqual(
      expect.objectContaining({ id: rolloutId, devices: { retrieved: 1 } }),
    );
  });
});

describe('an action', () => {
  it('is shown with its state and its log', async () => {
    const { device, actionId, rolloutId } = await anAction();
    const { body } = await api().get(`/actions/${actionId}`).expect(200);
    expect(body).toMatchObject({
      id: actionId,
      controllerId: device.controllerId,
      state: 'offered',
      rolloutId,
      origin: `rollout:${rolloutId}`,
      logCount: 1,
    });
    for (const field of ['tenantId', 'deviceId', 'lane', 'endedAt']) expect(body).not.toHaveProperty(field);
    await device.deployment(actionId);
    const log = await api().get(`/actions/${actionId}/log`).expect(200);
    expect(itemsOf<{ seq: number; status: string }>(log).map((entry) => [entry.seq, entry.status])).toEqual([
      [1, 'offered'],
      [2, 'retrieved'],
    ]);
    const first = await api().get(`/actions/${actionId}/log?limit=1`).expect(200);
    const second = await api()
      .get(`/actions/${actionId}/log`)
      .query({ cursor: first.body.nextCursor })
      .expect(200);
    expect(itemsOf<{ seq: number }>(second).map((entry) => entry.seq)).toEqual([2]);
    expect((await api().get(`/actions/${actionId}/log?after=2`).expect(200)).body).toEqual({ items: [] });
    await api().get(`/actions/${actionId}/log?after=-1`).expect(400);
  });

  it('is cancelled by asking the device, or by force', async () => {
    const { device, actionId } = await anAction();
    await device.deployment(actionId);
    const asked = await api().post(`/actions/${actionId}/cancel`).expect(200);
    expect(asked.body.state).toBe('cancelling');
    await api().post(`/actions/${actionId}/cancel`).send({ force: 'yes' }).expect(400);
    const forced = await api().post(`/actions/${actionId}/cancel`).send({ force: true }).expect(200);
    expect(forced.body).toMatchObject({ state: 'cancelled', endedBy: 'server' });
    const again = await api().post(`/actions/${actionId}/cancel`).expect(200);
    expect(again.body.state).toBe('cancelled');
  });

  it('is not cancelled once it ended otherwise', async () => {
    const { device, actionId } = await anAction();
    await device.deployment(actionId);
    await device.feedback(actionId, 'closed', 'failure');
    const refused = await api().post(`/actions/${actionId}/cancel`).expect(409);
    expect(refused.body.code).toBe('action_state');
  });

  it.each(['0', 'abc', '99999999999999999999'])('is not found by the id %s', async (id) => {
    for (const path of ['', '/log', '/log/stream']) await api().get(`/actions/${id}${path}`).expect(404);
    await api().post(`/actions/${id}/cancel`).expect(404);
  });

  it('explains itself on its device', async () => {
    const { device, actionId } = await anAction();
    const { body } = await api().get(`/devices/${device.controllerId}/explain`).expect(200);
    expect(body.decision).toEqual({ kind: 'continue', actionId });
  });
});

describe('the audit', () => {
  it('tells who did what, newest first, page by page', async () => {
    const { id } = (await draft()).body;
    await api().post(`/rollouts/${id}/start`).expect(200);
    await api().post(`/rollouts/${id}/abort`).expect(200);
    const subject = `rollout:${id}`;
    const all = await api().get('/audit').query({ subject }).expect(200);
    expect(itemsOf<{ kind: string }>(all).map((entry) => entry.kind)).toEqual([
      'rollout.abort',
      'rollout.start',
      'rollout.created',
    ]);
    expect(all.body.items[0]).toMatchObject({
      subject,
      actor: 'token:first-start',
      detail: { to: 'aborted' },
    });
    const first = await api().get('/audit').query({ subject, limit: 2 }).expect(200);
    const rest = await api()
      .get('/audit')
      .query({ subject, limit: 2, cursor: first.body.nextCursor })
      .expect(200);
    expect([...first.body.items, ...rest.body.items]).toEqual(all.body.items);
    expect(rest.body).not.toHaveProperty('nextCursor');
  });
});
