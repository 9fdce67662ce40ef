import { Fleet } from '../support/fleet';
import { GatedRollout } from '../support/gated-rollout';
import { startRookery, type TestRookery } from '../support/rookery-app';

let rookery: TestRookery;
let fleet: Fleet;
let rollout: GatedRollout;
let names: string[];

interface Listed {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor?: string;
}

async function list(query: string, id = rollout.id): Promise<Listed> {
  const response = await get(query, id);
  expect(response.status).toBe(200);
  return (await response.json()) as Listed;
}

function get(query: string, id = rollout.id): Promise<Response> {
  return fetch(`${rookery.url}/api/v1/rollouts/${id}/devices${query}`, {
    headers: { authorization: `Bearer ${rookery.token}` },
  });
}

const namesOf = ({ items }: Listed): unknown[] => items.map(({ controllerId }) => controllerId);

beforeAll(async () => {
  rookery = await startRookery();
  fleet = new Fleet(rookery);
  rollout = await GatedRollout.made(fleet, 'listed');
  const devices = await rollout.devices(5);
  names = devices.map(({ controllerId }) => controllerId);
  await devices[0]!.update('success');
  await devices[1]!.update('failure');
  await devices[2]!.offered();
  await devices[3]!.update('failure');
});
afterAll(() => rookery.close());

describe('the devices of a rollout', () => {
  it('are those that it admitted, each with its latest action', async () => {
    const all = await list('');
    expect(namesOf(all)).toEqual(names.slice(0, 4));
    const [updated, failed, waiting] = all.items;
    expect(updated).toMatchObject({ wave: 1, state: 'confirmed', settledAt: expect.any(String) as string });
    expect(failed).toMatchObject({ state: 'failed', failureKind: 'device' });
    expect(waiting).not.toHaveProperty('settledAt');
    const action = await fleet.actions.get(fleet.actor, String(failed?.['actionId']));
    expect(action).toMatchObject({ controllerId: names[1], state: 'failed' });
  });

  it('are chosen by state, wave and failure', async () => {
    expect(namesOf(await list('?failure=any'))).toEqual([names[1], names[3]]);
    expect(namesOf(await list('?failure=device&state=failed&wave=1'))).toEqual([names[1], names[3]]);
    expect(namesOf(await list('?failure=lost'))).toEqual([]);
    expect(namesOf(await list('?state=offered'))).toEqual([names[2]]);
    expect(namesOf(await list('?wave=2'))).toEqual([]);
  });

  it('come by the page', async () => {
    const first = await list('?limit=3');
    expect(namesOf(first)).toEqual(names.slice(0, 3));
    const rest = await list(`?limit=3&cursor=${first.nextCursor ?? ''}`);
    expect(namesOf(rest)).toEqual([names[3]]);
    expect(rest).not.toHaveProperty('nextCursor');
  });

  it('keep their names when they are deleted', async () => {
    await fleet.fleet.remove(fleet.actor, names[3]!);
    expect(namesOf(await list('?failure=any'))).toEqual([names[1], names[3]]);
  });

  it('are refused to who asks for what there is not', async () => {
    expect((await get('?state=nowhere')).status).toBe(400);
    expect((await get('?failure=bad')).status).toBe(400);
    expect((await get('?wave=0')).status).toBe(400);
    expect((await get('', '4711')).status).toBe(404);
  });
});
