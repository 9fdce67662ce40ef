import { EventReader } from '../support/event-reader';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
let fleet: Fleet;
const closing: AbortController[] = [];
beforeAll(async () => {
  rookery = await startRookery();
  fleet = new Fleet(rookery);
});
afterAll(async () => {
  closing.forEach((one) => one.abort());
  await rookery.close();
});

function open(actionId: string, headers: Record<string, string> = {}, query = ''): Promise<Response> {
  const controller = new AbortController();
  closing.push(controller);
  return fetch(`${rookery.url}/api/v1/actions/${actionId}/log/stream${query}`, {
    headers: { authorization: `Bearer ${rookery.token}`, ...headers },
    signal: controller.signal,
  });
}

let made = 0;
async function anAction(): Promise<{ actionId: string; fetchDeployment: () => Promise<unknown> }> {
  const id = `streamer-${(made += 1)}`;
  const device = await fleet.registered(id);
  const releaseId = await fleet.release(`1.${made}`, { name: id });
  await fleet.fleet.change(fleet.actor, id, { force: releaseId });
  await device.poll();
  const { items } = await fleet.actions.list(fleet.actor, id, { after: undefined, limit: 1 });
  const actionId = items[0]!.id;
  return { actionId, fetchDeployment: () => device.deployment(actionId) };
}

describe('the live log', () => {
  it('tells what there is, and then each entry as it comes', async () => {
    const { actionId, fetchDeployment } = await anAction();
    const response = await open(actionId);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const events = new EventReader(response);
    expect(await events.next()).toMatchObject({ id: '1', event: 'log', data: { seq: 1, status: 'offered' } });
    await fetchDeployment();
    expect(await events.next()).toMatchObject({ id: '2', data: { seq: 2, status: 'retrieved' } });
    await fleet.fleet.cancel(fleet.actor, actionId, true);
    expect(await events.next()).toMatchObject({ id: '3', data: { status: 'cancelled' } });
  });

  it('goes on where the client was cut off', async () => {
    const { actionId, fetchDeployment } = await anAction();
    await fetchDeployment();
    const byHeader = new EventReader(await open(actionId, { 'last-event-id': '1' }, '?after=0'));
    expect(await byHeader.next()).toMatchObject({ id: '2' });
    const byQuery = new EventReader(await open(actionId, {}, '?after=1'));
    expect(await byQuery.next()).toMatchObject({ id: '2' });
  });

  it('shows what a device reported to another replica', async () => {
    const { actionId } = await anAction();
    const replica = await startRookery({ replicaOf: rookery });
    try {
      const events = new EventReader(await open(actionId, {}, '?after=1'));
      await new Fleet(replica).fleet.cancel(fleet.actor, actionId, true);
      expect(await events.next()).toMatchObject({ id: '2', data: { status: 'cancelled' } });
    } finally {
      await replica.close();
    }
  });

  it('refuses before it streams', async () => {
    const { actionId } = await anAction();
    expect((await open('4711')).status).toBe(404);
    expect((await open(actionId, { 'last-event-id': 'x' })).status).toBe(400);
    expect((await open(actionId, {}, '?after=x')).status).toBe(400);
    expect((await open(actionId, { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('answers HEAD without holding on', async () => {
    const { actionId } = await anAction();
    const response = await fetch(`${rookery.url}/api/v1/actions/${actionId}/log/stream`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${rookery.token}` },
    });
    expect(response.status).toBe(200);
  });

  it('ends cleanly when the server stops, which does not wait for it', async () => {
    const { actionId } = await anAction();
    const replica = await startRookery({ replicaOf: rookery });
    const response = await fetch(`${replica.url}/api/v1/actions/${actionId}/log/stream`, {
      headers: { authorization: `Bearer ${rookery.token}` },
    });
    const events = new EventReader(response);
    expect(await events.next()).toMatchObject({ id: '1' });
    await replica.app.close();
    expect(await events.next()).toBeUndefined();
  });
});
