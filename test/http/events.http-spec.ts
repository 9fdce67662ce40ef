import { EventStreamService } from '../../src/modules/audit/event-stream.service';
import { recordEvent } from '../../src/platform/events/event-log';
import { EventRelayService } from '../../src/platform/events/event-relay.service';
import { EventReader } from '../support/event-reader';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

let one: TestRookery;
let two: TestRookery;
let fleet: Fleet;
const closing: AbortController[] = [];
beforeAll(async () => {
  one = await startRookery();
  two = await startRookery({ replicaOf: one });
  fleet = new Fleet(one);
});
afterAll(async () => {
  closing.forEach((each) => each.abort());
  await two.close();
  await one.close();
});

interface Events {
  readonly items: readonly { readonly seq: number; readonly subject: string; readonly kind: string }[];
  readonly lastSeq: number;
}

function get(path: string, headers: Record<string, string> = {}, at = one): Promise<Response> {
  const controller = new AbortController();
  closing.push(controller);
  return fetch(`${at.url}/api/v1/events${path}`, {
    headers: { authorization: `Bearer ${one.token}`, ...headers },
    signal: controller.signal,
  });
}

async function list(query: string, at = one): Promise<Events> {
  const response = await get(query, {}, at);
  expect(response.status).toBe(200);
  return (await response.json()) as Events;
}

async function happen(subject: string): Promise<void> {
  await one.database.transaction((tx) => recordEvent(tx, fleet.actor, { kind: 'test.happened', subject }));
}

const relay = (at = one): Promise<number> => at.app.get(EventRelayService).relay();

/** Where the tenant's events end now. */
async function end(): Promise<number> {
  await relay();
  for (let after = 0; ;) {
    const { items, lastSeq } = await list(`?after=${after}&limit=1000`);
    if (items.length === 0) return after;
    after = lastSeq;
  }
}

describe('events for programs', () => {
  it('come in their order, a page at a time', async () => {
    const start = await end();
    for (const subject of ['a:1', 'b:1', 'a:2']) await happen(subject);
    await relay();
    const first = await list(`?after=${start}&limit=2`);
    expect(first.items.map(({ seq, subject }) => [seq, subject])).toEqual([
      [start + 1, 'a:1'],
      [start + 2, 'b:1'],
    ]);
    expect(first.lastSeq).toBe(start + 2);
    const rest = await list(`?after=${first.lastSeq}`, two);
    expect(rest.items.map(({ subject }) => subject)).toEqual(['a:2']);
    expect(await list(`?after=${rest.lastSeq}`)).toEqual({ items: [], lastSeq: start + 3 });
  });

  it('are not passed over when they are committed late', async () => {
    const start = await end();
    let mayCommit = (): void => undefined;
    const held = new Promise<void>((resolve) => (mayCommit = resolve));
    let isWritten = (): void => undefined;
    const written = new Promise<void>((resolve) => (isWritten = resolve));
    const slow = one.database.transaction(async (tx) => {
      await recordEvent(tx, fleet.actor, { kind: 'test.happened', subject: 'slow:1' });
      isWritten();
      await held;
    });
    await written;
    await happen('quick:1');
    await relay();
    const before = await list(`?after=${start}`);
    expect(before.items.map(({ subject }) => subject)).toEqual(['quick:1']);
    mayCommit();
    await slow;
    await relay(two);
    const after = await list(`?after=${before.lastSeq}`);
    expect(after.items.map(({ subject }) => subject)).toEqual(['slow:1']);
  });

  it('have one number each when two replicas relay at once', async () => {
    const start = await end();
    await Promise.all(
      Array.from({ length: 60 }, async (_unused, at) => {
        await happen(`c:${at}`);
        await relay(at % 2 === 0 ? one : two);
      }),
    );
    await relay();
    const { items } = await list(`?after=${start}`);
    expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_unused, at) => start + at + 1));
    expect(new Set(items.map(({ subject }) => subject)).size).toBe(60);
  });

  it('do not wait for a tenant whose events cannot be numbered', async () => {
    const start = await end();
    await one.database.query(
      "INSERT INTO event (tenant_id, kind, subject, actor) VALUES (0, 'lost', 'x:1', 'x')",
    );
    await happen('g:1');
    await relay();
    expect((await list(`?after=${start}`)).items.map(({ subject }) => subject)).toEqual(['g:1']);
    await one.database.query('DELETE FROM event WHERE tenant_id = 0');
  });

  it('are those of the own tenant', async () => {
    const start = await end();
    await one.database.query("INSERT INTO tenant (key) VALUES ('OTHER') ON CONFLICT DO NOTHING");
    await one.database.query(
      `INSERT INTO event (tenant_id, kind, subject, actor) SELECT id, 'test.happened', 'd:1', 'x' FROM tenant WHERE key = 'OTHER'`,
    );
    await relay();
    expect((await list(`?after=${start}`)).items).toEqual([]);
  });
});

describe('the stream of events', () => {
  it('tells what happens from now on, on whichever replica', async () => {
    await end();
    const response = await get('/stream', {}, two);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = new EventReader(response);
    await happen('e:1');
    await relay();
    const event = await events.next();
    expect(event).toMatchObject({ event: 'event', data: { kind: 'test.happened', subject: 'e:1' } });
    expect(event?.id).toBe(String(event?.data.seq));
  });

  it('needs nobody who asks for numbers', async () => {
    await end();
    const events = new EventReader(await get('/stream'));
    two.app.get(EventRelayService).onApplicationBootstrap();
    await happen('e:2');
    expect(await events.next()).toMatchObject({ data: { subject: 'e:2' } });
    await two.app.get(EventRelayService).beforeApplicationShutdown();
  });

  it('goes on where its reader was cut off', async () => {
    const start = await end();
    for (const subject of ['f:1', 'f:2', 'f:3']) await happen(subject);
    await relay();
    const byHeader = new EventReader(await get('/stream?after=0', { 'last-event-id': String(start + 1) }));
    expect(await byHeader.next()).toMatchObject({ id: String(start + 2), data: { subject: 'f:2' } });
    const byQuery = new EventReader(await get(`/stream?after=${start + 2}`));
    expect(await byQuery.next()).toMatchObject({ id: String(start + 3), data: { subject: 'f:3' } });
  });

  it('refuses before it streams', async () => {
    expect((await get('/stream', { 'last-event-id': 'x' })).status).toBe(400);
    expect((await get('/stream?after=-1')).status).toBe(400);
    expect((await get('?limit=0')).status).toBe(400);
    expect((await get('/stream', { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('is for so many readers at once', async () => {
    const streams = one.app.get(EventStreamService);
    const open = await Promise.all(Array.from({ length: 100 }, () => streams.watch(fleet.actor, 0)));
    const subscriptions = open.map((each) => each.subscribe());
    const refused = await get('/stream');
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'too_many_readers' });
    subscriptions.forEach((each) => each.unsubscribe());
    expect((await get('/stream')).status).toBe(200);
  });
});
